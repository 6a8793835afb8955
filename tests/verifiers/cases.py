"""Cases for verifiers: every vector, and as many mutations of genuine callbacks as asked for, the same for the same seed.

What a person at the browser can do to a callback: bytes changed, encoded, decoded, doubled, dropped, swapped, cut. And
what only the service could do, signing texts that it never signs, so that the rules for the values decide and not the
signature alone.
"""

import hashlib
import hmac
import json
import pathlib
from urllib.parse import quote, unquote

VECTORS = json.loads((pathlib.Path(__file__).parents[2] / "verifier/vectors.json").read_text("utf-8"))
FIELDS = ("query", "secrets", "expected_state", "expected_platform", "now")
SIGNED = ("platform", "platform_id", "handle", "state", "expires")
NAMES = SIGNED + ("sig", "error", "error_description")
OTHER_SECRET = "pss_test_another_0123456789abcdefghijklmn"

# Texts that mean something to some parser.
PIECES = [
    "&", "=", "%", "+", "%26", "%25", "%2526", "%20", "%00", "%0A", "%0D%0A", "%C3%A9", "%C3", "%FF", "%ED%A0%80",
    "%F0%9F%91%A9", "%C0%AF", "%e2%80%a8", "%E2%80%A9", "%C2%85", "%7F", "%zz", "%4", "?", "#", ";", ",", " ", "\t", "\n",
    "\r\n", "\x00", "\x7f", "\x85", "\u2028", "\u2029", "\u200d", "é", "é", "👩‍💻", "％", "１", "\ufeff", "\ufffd", "undefined",
    "null", "None", "NaN", "0", "-1", "1e9", "0x1", "platform", "&platform=youtube", "&state=", "&sig=", "&error=", "[]",
    "&error=access_denied", "&platform%5Fid=1", "&Platform=x", "&handle[]=x", "&platform.id=1", "sandbox", "%2B", "a" * 300,
    "é" * 200, "%26" * 300, "%2526" * 300, "%2525" * 300,
]  # fmt: skip
HANDLES = ["", "jane", "Ben %26 Jerry's", "100%2526 real", "a+b=c#d?e/f;g,h'i\"j", "👩‍💻", "José", "%", "%2", "é" * 256, "é" * 257]
STATES = ["a1b2c3d4", "undefined", "null", "None", "NaN", "", "qL8R4QIcQ/ZsRqOAbeRf==", "s" * 512, "s" * 513, "a b", "a%b", "!~"]
PLATFORMS = ["tiktok", "youtube", "sandbox", "x", "TikTok", "a" * 32, "a" * 33, "1a", "_a", "a-b", ""]
IDS = ["_000abc", "17841400008460056", "did:plc:z72i7", "1,2", "a b", "9" * 255, "9" * 256, "", "é", "a/b@c~d"]


def vectors():
    """Each vector with its outcome."""
    for vector in VECTORS["verify"]:
        yield {name: vector[name] for name in FIELDS}, vector["outcome"]
    p1 = next(vector for vector in VECTORS["verify"] if vector["id"] == "P1")
    for vector in VECTORS["secrets"]:
        if vector["outcome"] == "refused":
            yield {**{name: p1[name] for name in FIELDS}, "secrets": [vector["secret"]]}, {"refused": "short_secret"}


def mutations(random, count):
    """Cases without an outcome: whatever comes of them, all verifiers must say the same."""
    plain = [case for case, _ in vectors()]
    for _ in range(count):
        case = signed(random) if random.random() < 0.5 else dict(random.choice(plain))
        for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
            case["query"] = random.choice(QUERY_CHANGES)(random, case["query"])
        if random.random() < 0.3:
            random.choice(EXPECTATION_CHANGES)(random, case)
        yield case


def signed(random):
    """A callback whose signature is right, whatever its values are."""
    now = 1_900_000_000
    values = {
        "platform": random.choice(PLATFORMS[:4]),
        "platform_id": random.choice(IDS[:3]),
        "handle": random.choice(HANDLES[:6]),
        "state": "a1b2c3d4",
        "expires": str(now + 300),
    }
    if random.random() < 0.6:
        name = random.choice(SIGNED)
        lists = {"platform": PLATFORMS, "platform_id": IDS, "handle": HANDLES, "state": STATES}
        near = [str(now + ahead) for ahead in (-1, 0, 1, 359, 360, 361)] + ["01900000300", "+1900000300", "999999999999"]
        values[name] = random.choice(lists.get(name, near))
        if random.random() < 0.4:
            values[name] = spliced(random, values[name], unquoted(random.choice(PIECES)))
    base = "&".join(f"{name}={values[name]}" for name in SIGNED)
    secret = random.choice([VECTORS["verify"][0]["secrets"][0], OTHER_SECRET])
    sig = hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest()
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**values, "sig": sig}.items())
    return {
        "query": query,
        "secrets": [secret],
        "expected_state": random.choice([values["state"], values["state"], "a1b2c3d4"]),
        "expected_platform": random.choice([None, None, "tiktok", "sandbox"]),
        "now": now,
    }


def unquoted(text):
    """Decoded where that gives text."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def spliced(random, text, piece):
    at = random.randint(0, len(text))
    return text[:at] + piece + text[at + random.choice([0, 0, 1]) :]


def changed_pair(random, query, change):
    pairs = query.split("&")
    at = random.randrange(len(pairs))
    pairs[at : at + 1] = change(pairs[at], pairs)
    return "&".join(pairs)


def encoded_char(random, query):
    at = random.randrange(len(query) or 1)
    if query[at : at + 1] in ("", "&", "="):
        return query
    hex_digits = "".join(f"%{byte:02X}" for byte in query[at].encode())
    return query[:at] + random.choice([hex_digits, hex_digits.lower()]) + query[at + 1 :]


def swapped(random, query):
    pairs = query.split("&")
    random.shuffle(pairs)
    return "&".join(pairs)


def inserted_name(random, query):
    name, value = random.choice(NAMES), random.choice(["", "x", "access_denied", "a1b2c3d4", "The%20user%20said%20no.", "%0A"])
    name = random.choice([name, quote(name, safe="").replace("_", "%5F"), name.upper(), f"{name}[]", f" {name}", f"{name}%00"])
    return random.choice([f"{query}&{name}={value}", f"{name}={value}&{query}", f"{query}&{name}"])


def random_char(random, query):
    return spliced(random, query, chr(random.choice([random.randrange(128), random.randrange(0xD800), random.randrange(0x10000, 0x11000)])))


QUERY_CHANGES = [
    lambda random, query: spliced(random, query, random.choice(PIECES)),
    random_char,
    encoded_char,
    swapped,
    inserted_name,
    lambda random, query: changed_pair(random, query, lambda pair, _: [pair, pair]),
    lambda random, query: changed_pair(random, query, lambda pair, _: []),
    lambda random, query: changed_pair(random, query, lambda pair, pairs: [pair.partition("=")[0] + "=" + random.choice(pairs).partition("=")[2]]),
    lambda random, query: changed_pair(random, query, lambda pair, _: [unquoted(pair)]),
    lambda random, query: changed_pair(random, query, lambda pair, _: [quote(pair, safe="=")]),
    lambda random, query: changed_pair(random, query, lambda pair, _: [pair.replace("=", "", 1)]),
    lambda random, query: changed_pair(random, query, lambda pair, _: [pair.upper()]),
    lambda random, query: f"?{query}",
    lambda random, query: query.replace("%20", "+"),
    lambda random, query: query[: random.randint(0, len(query))],
    lambda random, query: f"error={random.choice(['access_denied', 'x' * 65, 'A', '', '%FF'])}&state=a1b2c3d4&error_description={random.choice(PIECES)}",
]


def with_state(random, case):
    case["expected_state"] = random.choice([None, "", "undefined", "null", "a1b2c3d4", "abcDEF123", "a1b2c3d", "A1B2C3D4", "é"])


def with_platform(random, case):
    case["expected_platform"] = random.choice([None, "tiktok", "youtube", "sandbox", "TikTok"])


def with_now(random, case):
    case["now"] = 1_900_000_300 + random.choice([-1000, -361, -360, -359, -1, 0, 1, 2, 1000])


def with_secrets(random, case):
    case["secrets"] = random.choice([case["secrets"] + [OTHER_SECRET], [OTHER_SECRET] + case["secrets"], [OTHER_SECRET], ["short"], [*case["secrets"], ""]])


EXPECTATION_CHANGES = [with_state, with_platform, with_now, with_secrets]
