// What jose makes of a public proof: KEY_SET_URL JWS ISSUER AUDIENCE NOW.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [keySet, jws, issuer, audience, now] = process.argv.slice(2);
const expected = {
  issuer,
  audience,
  algorithms: ['EdDSA'],
  typ: 'ownership-proof+jwt',
  requiredClaims: ['sub', 'nonce', 'iat', 'exp', 'jti'],
  currentDate: new Date(Number(now) * 1000),
};
try {
  const { payload } = await jwtVerify(jws, createRemoteJWKSet(new URL(keySet)), expected);
  console.log(JSON.stringify({ claims: payload }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.code }));
}
