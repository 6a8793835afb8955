"""What joserfc makes of a public proof: KEY_SET_URL JWS ISSUER AUDIENCE NOW."""

import json
import sys
import urllib.request

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

key_set, jws, issuer, audience, now = sys.argv[1:]
with urllib.request.urlopen(key_set) as answer:
    keys = KeySet.import_key_set(json.load(answer))
expected = jwt.JWTClaimsRegistry(
    now=lambda: int(now),
    iss={"essential": True, "value": issuer},
    aud={"essential": True, "value": audience},
    exp={"essential": True},
    jti={"essential": True},
)
try:
    token = jwt.decode(jws, keys, algorithms=["EdDSA"])
    if token.header.get("typ") != "ownership-proof+jwt":
        raise JoseError("another type of token")
    expected.validate(token.claims)
    print(json.dumps({"claims": token.claims}))
except JoseError as error:
    print(json.dumps({"refused": error.error or str(error)}))
