"""Answers cases, a line of JSON each, as verifier/examples/oracle.rs does, with the verifier for Python."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "verifiers/python/src"))
sys.dont_write_bytecode = True

from handleproof_verify import CallbackError, SecretError, Verifier, VerifyError  # noqa: E402


def answer(case):
    try:
        first, *others = case["secrets"]
        verifier = Verifier(first)
        for secret in others:
            verifier = verifier.with_secret(secret)
        if case["expected_platform"] is not None:
            verifier = verifier.expect_platform(case["expected_platform"])
        proof = verifier.verify_query(case["query"], case["expected_state"], case["now"])
    except SecretError:
        return {"refused": "short_secret"}
    except CallbackError as error:
        return {
            "callback_error": error.code,
            "description": error.description,
            "state_matches": error.state_matches,
        }
    except VerifyError as error:
        refused = {"refused": error.kind}
        return refused if error.parameter is None else {**refused, "parameter": error.parameter}
    names = ("platform", "platform_id", "handle", "handle_decoded", "state", "expires")
    return {"accepted": {name: getattr(proof, name) for name in names}}


for line in sys.stdin.buffer:
    print(json.dumps(answer(json.loads(line))))
