"""Runs the verifier against verifier/vectors.json: python3 -m unittest discover examples/verify/python"""

import json
import pathlib
import unittest
from urllib.parse import quote

from handleproof import CallbackError, ProofError, verify_query

VECTORS = json.loads((pathlib.Path(__file__).parents[3] / "verifier" / "vectors.json").read_text("utf-8"))
P1 = next(vector for vector in VECTORS["verify"] if vector["id"] == "P1")


def outcome(query, vector):
    try:
        proof = verify_query(
            query, vector["secrets"], vector["expected_state"], vector["expected_platform"], vector["now"]
        )
    except CallbackError as error:
        return {
            "callback_error": error.code,
            "description": error.description,
            "state_matches": error.state_matches,
        }
    except ProofError as error:
        refused = {"refused": error.kind}
        return refused if error.parameter is None else {**refused, "parameter": error.parameter}
    names = ("platform", "platform_id", "handle", "handle_decoded", "state", "expires")
    return {"accepted": {name: getattr(proof, name) for name in names}}


class Vectors(unittest.TestCase):
    def test_every_vector_has_its_outcome(self):
        for vector in VECTORS["verify"]:
            with self.subTest(vector["id"], about=vector["about"]):
                self.assertEqual(outcome(vector["query"], vector), vector["outcome"])

    def test_n28_a_short_secret_is_refused(self):
        for vector in VECTORS["secrets"]:
            with self.subTest(vector["id"]):
                result = outcome(P1["query"], {**P1, "secrets": [vector["secret"]]})
                refused = result == {"refused": "short_secret"}
                self.assertEqual("refused" if refused else "accepted", vector["outcome"])

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
