"""What the careless verifier does with genuine, tampered and re-split proofs."""

import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys
import unittest
from urllib.parse import quote

import naive

HERE = pathlib.Path(__file__).parent
VECTORS = {
    vector["id"]: vector
    for vector in json.loads((HERE.parents[1] / "verifier" / "vectors.json").read_text("utf-8"))["verify"]
}
GENUINE = [vector for name, vector in VECTORS.items() if re.fullmatch(r"P[0-9]+", name)]
SECRET = VECTORS["P1"]["secrets"][0]
NOW = VECTORS["P1"]["now"]
NAMES = ("platform", "platform_id", "handle", "state", "expires")


def url(query):
    return f"https://app.example.com/callback?{query}"


def query_of(values, sig):
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in zip(NAMES + ("sig",), [*values, sig]))


def base_of(values):
    return "&".join(f"{name}={value}" for name, value in zip(NAMES, values))


def accepted_or_raised(*given):
    try:
        return naive.accepts(*given)
    except (KeyError, TypeError, ValueError):
        return False


def readings(base):
    """All ways to cut `base` into five values from which the template builds `base` again."""

    def cut(rest, later):
        if not later:
            return [[rest]]
        delimiter = f"&{later[0]}="
        return [
            [rest[: match.start()], *tail]
            for match in re.finditer(re.escape(delimiter), rest)
            for tail in cut(rest[match.end() :], later[1:])
        ]

    return cut(base[len("platform=") :], NAMES[1:])


class Naive(unittest.TestCase):
    def test_p1_to_p16_are_accepted(self):
        self.assertEqual(len(GENUINE), 16)
        for vector in GENUINE:
            with self.subTest(vector["id"]):
                self.assertTrue(naive.accepts(url(vector["query"]), SECRET, vector["expected_state"], NOW))
                own = url("own=1&" + vector["query"])
                self.assertTrue(naive.accepts(own, SECRET, vector["expected_state"], NOW))

    def test_expired_foreign_and_tampered_proofs_are_rejected(self):
        for vector in GENUINE:
            state, query = vector["expected_state"], url(vector["query"])
            with self.subTest(vector["id"]):
                self.assertFalse(naive.accepts(query, SECRET, state, 1900000301))
                self.assertFalse(naive.accepts(query, SECRET, state + "x", NOW))
                self.assertFalse(naive.accepts(query, SECRET + "x", state, NOW))
                values = [value for _, value in vector["params"]]
                for at, name in enumerate(NAMES):
                    tampered = [value + "1" if i == at else value for i, value in enumerate(values[:5])]
                    self.assertFalse(naive.accepts(url(query_of(tampered, values[5])), SECRET, tampered[3], NOW), name)

    def test_t61_p5_and_p6_have_one_reading_and_no_other_split_is_accepted(self):
        for name in ("P5", "P6"):
            *values, sig = [value for _, value in VECTORS[name]["params"]]
            self.assertEqual(readings(base_of(values)), [values])
            # What the attacker hoped for: the escapes read as the `&` they stand for, split in every possible way.
            hoped = readings(base_of(values).replace("%26", "&"))
            self.assertGreater(len(hoped), 1)
            for split in hoped:
                self.assertFalse(accepted_or_raised(url(query_of(split, sig)), SECRET, split[3], NOW), split)
            # The wire form, decoded once or twice too often on the way.
            wire = VECTORS[name]["query"]
            for wrong in (wire.replace("%25", "%"), wire.replace("%2526", "&")):
                self.assertFalse(accepted_or_raised(url(wrong), SECRET, values[3], NOW), wrong)

    def test_t61_had_the_signer_not_escaped_the_handle_the_forged_reading_would_pass(self):
        vector = VECTORS["N1"]
        self.assertTrue(naive.accepts(url(vector["query"]), SECRET, vector["expected_state"], NOW))
        values = ["youtube", "UCattacker", "x&platform_id=UCvictim&handle=victim", "abcDEF123", "1900000300"]
        sig = hmac.new(SECRET.encode(), base_of(values).encode(), hashlib.sha256).hexdigest()
        splits = readings(base_of(values))
        self.assertEqual(len(splits), 3)
        for split in splits:
            self.assertTrue(naive.accepts(url(query_of(split, sig)), SECRET, "abcDEF123", NOW), split)

    def test_as_a_program_it_prints_its_answer(self):
        vector = VECTORS["P3"]
        given = [url(vector["query"]), SECRET, vector["expected_state"], str(NOW)]

        def run(arguments, text=""):
            command = [sys.executable, str(HERE / "naive.py"), *arguments]
            return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

        self.assertEqual(run(given), "accept\n")
        self.assertEqual(run([], "\n".join(given)), "accept\n")
        self.assertEqual(run([given[0], SECRET, "another", str(NOW)]), "reject\n")
        self.assertEqual(run([given[0][:-1], SECRET, *given[2:]]), "reject\n")


if __name__ == "__main__":
    unittest.main()
