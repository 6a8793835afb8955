"""Verifies the proofs that a handleproof service sends to your callback. Standard library only.

    def callback(request):
        # From this browser's own session, never looked up by ?state=. Popped: a proof is good for one time.
        expected_state = request.session.pop("proof_state", "")
        query = request.META["QUERY_STRING"]
        proof = verify_query(query, [SIGNING_SECRET], expected_state)
        # The account is proof.platform together with proof.platform_id. proof.handle_decoded is for display.
"""

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence
from urllib.parse import unquote_to_bytes

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


class ProofError(Exception):
    """Why there is no proof. `kind` is for your log; to the user all kinds but `callback_error` should look alike."""

    def __init__(self, kind: str, parameter: Optional[str] = None):
        super().__init__(kind if parameter is None else f"{kind}: {parameter}")
        self.kind = kind
        self.parameter = parameter


class CallbackError(ProofError):
    """The user came back with `error=…`. It is not signed: a hint, no fact, and none unless `state_matches`."""

    def __init__(self, code: str, description: Optional[str], state_matches: bool):
        super().__init__("callback_error", code)
        self.code = code
        self.description = description
        self.state_matches = state_matches


@dataclass(frozen=True)
class Proof:
    """A verified proof. An account is `platform` and `platform_id` together."""

    platform: str
    platform_id: str
    handle: str
    state: str
    expires: int

    @property
    def handle_decoded(self) -> str:
        """The user name as the platform shows it, for display."""
        return decode_handle(self.handle)


def verify_query(
    query: str,
    secrets: Sequence[str],
    expected_state: Optional[str],
    expected_platform: Optional[str] = None,
    now: Optional[int] = None,
    max_age: int = 300,
    leeway: int = 60,
) -> Proof:
    """Verifies the raw query of a callback: what follows the `?`, as it came over the wire.

    `secrets` are your signing secrets, as the text shown (two during a change), `expected_state` is what this
    browser's session holds, `now` is Unix time in seconds.
    """
    if not secrets or any(len(secret.encode()) < 32 for secret in secrets):
        raise ProofError("short_secret")
    now = int(time.time()) if now is None else now
    expected_state = expected_state or ""
    received = read_query(query)
    state = (received["state"] or [None])[0] or ""
    state_matches = expected_state not in NOTHING and hmac.compare_digest(state.encode(), expected_state.encode())
    refuse_callback_error(received, state_matches)
    values = read_values(received)
    proof = Proof(
        values["platform"], values["platform_id"], values["handle"], values["state"], int(values["expires"])
    )

    if not signed_by_one_of(secrets, values):
        raise ProofError("bad_signature")
    if expected_platform is None and proof.platform == "sandbox":
        raise ProofError("sandbox_platform")
    if expected_platform is not None and proof.platform != expected_platform:
        raise ProofError("platform_mismatch")
    if expected_state in NOTHING:
        raise ProofError("no_expected_state")
    if not state_matches:
        raise ProofError("state_mismatch")
    if now > proof.expires:
        raise ProofError("expired")
    if proof.expires > now + max_age + leeway:
        raise ProofError("too_far_ahead")
    return proof


def read_query(query: str) -> Dict[str, List[Optional[str]]]:
    """Every value that each of our names came with. One that is no percent-encoded UTF-8 is `None`."""
    received: Dict[str, List[Optional[str]]] = {name: [] for name in NAMES}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = decode(name)
        if name in received:
            received[name].append(decode(value))
    return received


def decode(text: str) -> Optional[str]:
    if BROKEN_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeError:
        return None


def refuse_callback_error(received: Dict[str, List[Optional[str]]], state_matches: bool) -> None:
    codes, descriptions = received["error"], received["error_description"]
    if not codes:
        return
    if len(codes) > 1:
        raise ProofError("duplicate", "error")
    if not re.fullmatch(r"[a-z_]{1,64}", codes[0] or ""):
        raise ProofError("malformed", "error")
    raise CallbackError(codes[0], descriptions[0] if len(descriptions) == 1 else None, state_matches)


def read_values(received: Dict[str, List[Optional[str]]]) -> Dict[str, str]:
    for name in EXPECTED:
        if len(received[name]) > 1:
            raise ProofError("duplicate", name)
    for name in EXPECTED:
        if not received[name]:
            raise ProofError("missing", name)
    values = {name: received[name][0] for name in EXPECTED}
    for name, value in values.items():
        if value is None or not well_formed(name, value):
            raise ProofError("malformed", name)
    return values


def well_formed(name: str, value: str) -> bool:
    # fullmatch, since `$` also matches before a line break at the end.
    if not PATTERNS[name].fullmatch(value):
        return False
    if name == "handle":
        return len(decode_handle(value).encode()) <= 512
    return name != "state" or value not in NOTHING


def signed_by_one_of(secrets: Sequence[str], values: Dict[str, str]) -> bool:
    base = "&".join(f"{name}={values[name]}" for name in SIGNED).encode()
    # Tries them all, so that the time does not tell which one fits.
    fits = [
        hmac.compare_digest(hmac.new(secret.encode(), base, hashlib.sha256).hexdigest(), values["sig"])
        for secret in secrets
    ]
    return any(fits)


def decode_handle(handle: str) -> str:
    # In this order: the other one would turn the %2526 of a genuine %26 into &.
    return handle.replace("%26", "&").replace("%25", "%")
