"""A careless verifier, on purpose: see README.md. It knows no rule for any value, so all its safety is the signer's."""

import hashlib
import hmac
import sys
from urllib.parse import parse_qsl, urlsplit


def accepts(url, secret, expected_state, now):
    # As web frameworks do: the first of a repeated parameter, and an error for a missing one.
    query = dict(reversed(parse_qsl(urlsplit(url).query, keep_blank_values=True)))
    if query["state"] != expected_state:
        return False
    if int(query["expires"]) < now:
        return False
    base = "platform={platform}&platform_id={platform_id}&handle={handle}&state={state}&expires={expires}"
    message = base.format(**query).encode()
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(query["sig"], expected)


def main():
    url, secret, expected_state, now = sys.argv[1:5] if len(sys.argv) > 1 else sys.stdin.read().split("\n")[:4]
    try:
        accepted = accepts(url, secret, expected_state, int(now))
    except (KeyError, TypeError, ValueError):
        accepted = False  # An error page in a real application, and no login.
    print("accept" if accepted else "reject")


if __name__ == "__main__":
    main()
