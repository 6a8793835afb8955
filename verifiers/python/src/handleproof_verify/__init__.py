"""Verifies the proofs that a handleproof service sends to your callback. Standard library only, one file.

    verifier = Verifier(os.environ["HANDLEPROOF_SIGNING_SECRET"])

    def callback(request):
        # From this browser's own session, never looked up by ?state=. Popped: a proof is good for one time.
        expected_state = request.session.pop("proof_state", "")
        proof = verifier.verify_query(request.META["QUERY_STRING"], expected_state)
        # The account is proof.platform together with proof.platform_id. proof.handle_decoded is for display.
"""

import hashlib
import hmac
import re
import time
from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Optional, Tuple
from urllib.parse import quote, unquote_to_bytes

__all__ = [
    "DEFAULT_LEEWAY",
    "DEFAULT_MAX_AGE",
    "MIN_SECRET_LEN",
    "CallbackError",
    "Proof",
    "SecretError",
    "Verifier",
    "VerifyError",
    "encode_handle",
    "signed_query",
]

DEFAULT_MAX_AGE = 300
"""How long a proof is fresh after it was made, in seconds."""
DEFAULT_LEEWAY = 60
"""How far this machine's clock may lag behind the service's, in seconds."""
MIN_SECRET_LEN = 32
"""Bytes that a signing secret has at least."""

SIGNED = ("platform", "platform_id", "handle", "state", "expires")
EXPECTED = SIGNED + ("sig",)
NAMES = EXPECTED + ("error", "error_description")
# What is printed for a variable that holds nothing. It would match every session that lost its state.
NOTHING = ("", "undefined", "null", "None", "NaN")

PATTERNS = {
    "platform": re.compile(r"[a-z][a-z0-9_]{0,31}"),
    "platform_id": re.compile(r"[A-Za-z0-9._~:@/-]{1,255}"),
    "handle": re.compile("[^&\x00-\x1f\x7f-\x9f\u2028\u2029]*"),
    "state": re.compile(r"[!-%'-~]{1,512}"),
    "expires": re.compile(r"[1-9][0-9]{9,11}"),
    "sig": re.compile(r"[0-9a-f]{64}"),
}
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

Received = Dict[str, List[Optional[str]]]


class SecretError(ValueError):
    """The signing secret is no text of 32 bytes or more. Most often the variable that should hold it is empty."""

    def __init__(self) -> None:
        super().__init__(
            f"the signing secret has fewer than {MIN_SECRET_LEN} bytes; "
            "set the one that was shown with the API key, whole"
        )


class VerifyError(Exception):
    """Why there is no proof. `kind` is for your log; to the user all kinds but `callback_error` should look alike."""

    def __init__(self, kind: str, parameter: Optional[str] = None) -> None:
        super().__init__(kind if parameter is None else f"{kind}: {parameter}")
        self.kind = kind
        self.parameter = parameter


class CallbackError(VerifyError):
    """The user came back with `error=…`. It is not signed: a hint, no fact, and none unless `state_matches`."""

    def __init__(self, code: str, description: Optional[str], state_matches: bool) -> None:
        super().__init__("callback_error")
        self.code = code
        self.description = description
        self.state_matches = state_matches


@dataclass(frozen=True)
class Proof:
    """A verified proof. An account is `platform` and `platform_id` together."""

    platform: str
    platform_id: str
    handle: str
    """As signed: `%26` stands for `&`, `%25` for `%`. Empty where the platform has no unique user name."""
    state: str
    expires: int
    """Unix seconds; the last one in which the proof is fresh."""

    @property
    def handle_decoded(self) -> str:
        """The user name as the platform shows it: for display, and to be escaped like any text of a stranger."""
        return _decode_handle(self.handle)


@dataclass(frozen=True)
class _Rules:
    secrets: Tuple[bytes, ...]
    max_age: int = DEFAULT_MAX_AGE
    leeway: int = DEFAULT_LEEWAY
    platform: Optional[str] = None


class Verifier:
    """Verifies the proofs made for one API key. The methods that configure give a new verifier.

    Each way in takes `expected_state`: the state that **this browser's own session** holds since the flow began. Never
    look it up by the `state` that came back: an attacker begins a flow, sends the link to a victim, and the victim's
    account is proven to be the attacker's. `now` is Unix time in seconds.
    """

    def __init__(self, secret: str) -> None:
        """Takes the signing secret as the text that was shown, prefix included, and decodes nothing."""
        self._rules = _Rules((_checked_secret(secret),))

    def with_secret(self, secret: str) -> "Verifier":
        """Accepts proofs made with this secret too: for the minutes around a change of secrets."""
        return self._changed(replace(self._rules, secrets=self._rules.secrets + (_checked_secret(secret),)))

    def expect_platform(self, platform: str) -> "Verifier":
        """Refuses proofs for another platform. Where the user picked the platform, expect the one they picked."""
        if not isinstance(platform, str):
            raise TypeError("the platform to expect is no text")
        return self._changed(replace(self._rules, platform=platform))

    def max_age(self, seconds: int) -> "Verifier":
        """How far ahead of now `expires` may lie, leeway not counted, in whole seconds."""
        return self._changed(replace(self._rules, max_age=_checked_seconds(seconds)))

    def leeway(self, seconds: int) -> "Verifier":
        """How far this machine's clock may lag behind the service's, in whole seconds."""
        return self._changed(replace(self._rules, leeway=_checked_seconds(seconds)))

    def verify_url(self, url: str, expected_state: Optional[str], now: Optional[int] = None) -> Proof:
        """Verifies the URL that the browser opened, absolute or from the path on."""
        return self.verify_query(url.partition("#")[0].partition("?")[2], expected_state, now)

    def verify_query(self, query: str, expected_state: Optional[str], now: Optional[int] = None) -> Proof:
        """Verifies a query as it came over the wire, still percent-encoded: it sees what a framework hides."""
        return self._verify(_read_query(query), expected_state, now)

    def verify_params(
        self, params: Iterable[Tuple[str, str]], expected_state: Optional[str], now: Optional[int] = None
    ) -> Proof:
        """Verifies pairs that are already decoded, once. Pass all that came; a map has dropped repeated ones."""
        return self._verify(_read_params(params), expected_state, now)

    def _verify(self, received: Received, expected_state: Optional[str], now: Optional[int]) -> Proof:
        rules = self._rules
        now = int(time.time()) if now is None else now
        expected = "" if expected_state in NOTHING else expected_state or ""
        # A repeated state counts for nothing: which one it is would depend on who reads it.
        state = received["state"][0] if len(received["state"]) == 1 else None
        state_matches = bool(expected) and state is not None and _same_text(state, expected)
        _refuse_callback_error(received, state_matches)
        values = _read_values(received)
        proof = Proof(
            values["platform"], values["platform_id"], values["handle"], values["state"], int(values["expires"])
        )

        if not _signed_by_one_of(rules.secrets, values):
            raise VerifyError("bad_signature")
        if rules.platform is None and proof.platform == "sandbox":
            raise VerifyError("sandbox_platform")
        if rules.platform is not None and proof.platform != rules.platform:
            raise VerifyError("platform_mismatch")
        if not expected:
            raise VerifyError("no_expected_state")
        if not state_matches:
            raise VerifyError("state_mismatch")
        # Written so that a `now` that is no number refuses.
        if not now <= proof.expires:
            raise VerifyError("expired")
        if not proof.expires <= now + rules.max_age + rules.leeway:
            raise VerifyError("too_far_ahead")
        return proof

    @staticmethod
    def _changed(rules: _Rules) -> "Verifier":
        copy = Verifier.__new__(Verifier)
        copy._rules = rules
        return copy

    def __repr__(self) -> str:
        return "Verifier(…)"


def signed_query(platform: str, platform_id: str, handle: str, state: str, expires: int, secret: str) -> str:
    """A proof's query, signed, for your own tests. The values are checked as the service does."""
    values = {
        "platform": platform,
        "platform_id": platform_id,
        "handle": encode_handle(handle),
        "state": state,
        "expires": str(expires),
    }
    for name in SIGNED:
        if not _well_formed(name, values[name]):
            raise VerifyError("malformed", name)
    values["sig"] = _mac(_checked_secret(secret), values)
    return "&".join(f"{name}={quote(values[name], safe='')}" for name in EXPECTED)


def encode_handle(handle: str) -> str:
    """Escapes a handle as the service does before it signs: `Ben & Jerry's` is `Ben %26 Jerry's`."""
    return handle.replace("%", "%25").replace("&", "%26")


def _decode_handle(handle: str) -> str:
    # In this order: the other one would turn the %2526 of a genuine %26 into &.
    return handle.replace("%26", "&").replace("%25", "%")


def _checked_secret(secret: str) -> bytes:
    if not isinstance(secret, str) or len(secret.encode()) < MIN_SECRET_LEN:
        raise SecretError()
    return secret.encode()


def _checked_seconds(seconds: int) -> int:
    if not isinstance(seconds, int) or seconds < 0:
        raise ValueError("whole seconds, 0 or more")
    return seconds


def _read_query(query: str) -> Received:
    """Every value that each of our names came with. One that is no percent-encoded UTF-8 is `None`."""
    received: Received = {name: [] for name in NAMES}
    for pair in (query[1:] if query.startswith("?") else query).split("&"):
        raw_name, _, value = pair.partition("=")
        name = _decode(raw_name)
        if name in received:
            received[name].append(_decode(value))
    return received


def _read_params(params: Iterable[Tuple[str, str]]) -> Received:
    received: Received = {name: [] for name in NAMES}
    for name, value in params:
        if name in received:
            received[name].append(value if isinstance(value, str) and _is_unicode(value) else None)
    return received


def _is_unicode(text: str) -> bool:
    """Whether it holds no half of a surrogate pair, which no UTF-8 can say."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _decode(text: str) -> Optional[str]:
    if BROKEN_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeError:
        return None


def _refuse_callback_error(received: Received, state_matches: bool) -> None:
    codes, descriptions = received["error"], received["error_description"]
    if not codes:
        return
    if len(codes) > 1:
        raise VerifyError("duplicate", "error")
    code = codes[0] or ""
    if not re.fullmatch(r"[a-z_]{1,64}", code):
        raise VerifyError("malformed", "error")
    raise CallbackError(code, _readable(descriptions[0]) if len(descriptions) == 1 else None, state_matches)


def _readable(text: Optional[str]) -> Optional[str]:
    """Text for a log or a page: short, and without control characters that would forge a line."""
    return text if text and len(text.encode()) <= 512 and not CONTROL.search(text) else None


def _read_values(received: Received) -> Dict[str, str]:
    for name in EXPECTED:
        if len(received[name]) > 1:
            raise VerifyError("duplicate", name)
    for name in EXPECTED:
        if not received[name]:
            raise VerifyError("missing", name)
    values: Dict[str, str] = {}
    for name in EXPECTED:
        value = received[name][0]
        if value is None or not _well_formed(name, value):
            raise VerifyError("malformed", name)
        values[name] = value
    return values


def _well_formed(name: str, value: str) -> bool:
    # fullmatch, since `$` also matches before a line break at the end.
    if not PATTERNS[name].fullmatch(value):
        return False
    if name == "handle":
        return len(_decode_handle(value).encode()) <= 512
    return name != "state" or value not in NOTHING


def _signed_by_one_of(secrets: Tuple[bytes, ...], values: Dict[str, str]) -> bool:
    # Tries them all, so that the time does not tell which one fits.
    return any([hmac.compare_digest(_mac(secret, values), values["sig"]) for secret in secrets])


def _mac(secret: bytes, values: Dict[str, str]) -> str:
    base = "&".join(f"{name}={values[name]}" for name in SIGNED)
    return hmac.new(secret, base.encode(), hashlib.sha256).hexdigest()


def _same_text(left: str, right: str) -> bool:
    # Half a surrogate pair in a session must not raise.
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
