"""Runs the verifier against verifier/vectors.json."""

import json
import pathlib
import re
import sys
import unicodedata
import unittest
from urllib.parse import quote

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "src"))

from handleproof_verify import (  # noqa: E402
    CallbackError,
    SecretError,
    Verifier,
    VerifyError,
    encode_handle,
    signed_query,
)

VECTORS = json.loads((pathlib.Path(__file__).parents[3] / "verifier" / "vectors.json").read_text("utf-8"))
P1 = next(vector for vector in VECTORS["verify"] if vector["id"] == "P1")


def verifier_of(vector):
    first, *others = vector["secrets"]
    verifier = Verifier(first)
    for secret in others:
        verifier = verifier.with_secret(secret)
    platform = vector["expected_platform"]
    return verifier if platform is None else verifier.expect_platform(platform)


def outcome_of(verify, given, vector):
    try:
        proof = verify(given, vector["expected_state"], vector["now"])
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


def outcome(query, vector):
    return outcome_of(verifier_of(vector).verify_query, query, vector)


class Vectors(unittest.TestCase):
    def test_every_vector_has_its_outcome_by_query_url_and_params(self):
        for vector in VECTORS["verify"]:
            with self.subTest(vector["id"], about=vector["about"]):
                verifier, query = verifier_of(vector), vector["query"]
                ways = [(verifier.verify_query, query), (verifier.verify_url, f"/callback?{query}")]
                ways.append((verifier.verify_url, f"https://app.example.com/callback?{query}#top"))
                if vector.get("params"):
                    ways.append((verifier.verify_params, [tuple(pair) for pair in vector["params"]]))
                for verify, given in ways:
                    self.assertEqual(outcome_of(verify, given, vector), vector["outcome"])

    def test_n28_a_short_secret_is_refused(self):
        for vector in VECTORS["secrets"]:
            for make in (Verifier, verifier_of(P1).with_secret):
                with self.subTest(vector["id"]):
                    if vector["outcome"] == "refused":
                        self.assertRaises(SecretError, make, vector["secret"])
                    else:
                        make(vector["secret"])

    def test_handles_are_escaped_as_the_service_does(self):
        compared = 0
        for vector in VECTORS["handles"]:
            plain = vector["from_platform"]
            # Cleaning is the service's task; of the others the escape is all there is.
            odd = any(unicodedata.category(char) in ("Cc", "Cf") for char in plain)
            if odd or unicodedata.normalize("NFC", plain) != plain or re.search(r"^\s|\s$|\s\s|^@", plain):
                continue
            if len(plain) <= 256:
                self.assertEqual(encode_handle(plain), vector["signed"])
                compared += 1
        self.assertGreater(compared, 5)

    def test_a_proof_for_ones_own_tests_is_the_one_that_the_service_would_make(self):
        for vector in VECTORS["verify"]:
            if re.fullmatch(r"P\d+", vector["id"]):
                values = vector["outcome"]["accepted"]
                names = ("platform", "platform_id", "handle_decoded", "state", "expires")
                made = signed_query(*(values[name] for name in names), vector["secrets"][0])
                self.assertEqual(made, vector["query"])
        with self.assertRaises(VerifyError) as refused:
            signed_query("tiktok", "a&b", "", "s", 1900000300, P1["secrets"][0])
        self.assertEqual((refused.exception.kind, refused.exception.parameter), ("malformed", "platform_id"))

    def test_max_age_and_leeway_move_the_horizon_and_configuring_changes_no_other_verifier(self):
        verifier = Verifier(P1["secrets"][0])
        narrow = verifier.max_age(200).leeway(99)
        self.assertEqual(outcome_of(narrow.verify_query, P1["query"], P1), {"refused": "too_far_ahead"})
        self.assertIn("accepted", outcome_of(narrow.leeway(100).verify_query, P1["query"], P1))
        verifier.expect_platform("youtube")
        self.assertIn("accepted", outcome_of(verifier.verify_query, P1["query"], P1))
        self.assertRaises(ValueError, verifier.leeway, -1)
        self.assertRaises(TypeError, verifier.expect_platform, None)

    def test_without_a_time_there_is_no_proof(self):
        verify = verifier_of(P1).verify_query
        self.assertEqual(outcome_of(verify, P1["query"], {**P1, "now": float("nan")}), {"refused": "expired"})
        self.assertRaises(VerifyError, verify, P1["query"], P1["expected_state"])

    def test_half_a_surrogate_pair_is_refused_and_raises_nothing_else(self):
        lone = {**P1, "expected_state": "\ud800"}
        self.assertEqual(outcome(P1["query"], lone), {"refused": "state_mismatch"})
        spoilt = P1["query"].replace("handle=jane", "handle=\ud800")
        self.assertEqual(outcome(spoilt, P1), {"refused": "malformed", "parameter": "handle"})
        params = [("handle", "\ud800") if name == "handle" else (name, value) for name, value in P1["params"]]
        result = outcome_of(verifier_of(P1).verify_params, params, P1)
        self.assertEqual(result, {"refused": "malformed", "parameter": "handle"})

    def test_n32_every_bit_of_the_signature_counts(self):
        sig = P1["query"][-64:]
        for bit in range(256):
            flipped = f"{int(sig, 16) ^ (1 << bit):064x}"
            self.assertEqual(outcome(P1["query"].replace(sig, flipped), P1), {"refused": "bad_signature"})

    def test_n32_every_byte_of_every_value_counts(self):
        for which, (name, value) in enumerate(P1["params"]):
            for at in range(len(value)):
                for code in set(range(128)) - {ord(value[at])}:
                    changed = [list(pair) for pair in P1["params"]]
                    changed[which][1] = value[:at] + chr(code) + value[at + 1 :]
                    query = "&".join(f"{key}={quote(text, safe='')}" for key, text in changed)
                    # The state that was sent is expected, so that the comparison alone does not refuse it.
                    result = outcome(query, {**P1, "expected_state": changed[3][1]})
                    self.assertIn("refused", result, f"{name}={changed[which][1]!r}")


if __name__ == "__main__":
    unittest.main()
