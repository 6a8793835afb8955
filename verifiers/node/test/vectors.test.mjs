// Runs the verifier against verifier/vectors.json.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CallbackError, SecretError, Verifier, VerifyError, encodeHandle, signedQuery } from "handleproof-verify";

const vectors = JSON.parse(readFileSync(new URL("../../../verifier/vectors.json", import.meta.url)));
const p1 = vectors.verify.find(({ id }) => id === "P1");

function verifierOf({ secrets: [first, ...others], expected_platform: platform }) {
  const verifier = others.reduce((made, secret) => made.withSecret(secret), new Verifier(first));
  return platform === null ? verifier : verifier.expectPlatform(platform);
}

function outcomeOf(verify) {
  try {
    const { platform, platformId: platform_id, handle, handleDecoded: handle_decoded, state, expires } = verify();
    return { accepted: { platform, platform_id, handle, handle_decoded, state, expires } };
  } catch (error) {
    if (error instanceof CallbackError) {
      return { callback_error: error.code, description: error.description, state_matches: error.stateMatches };
    }
    if (!(error instanceof VerifyError)) throw error;
    return error.parameter === null
      ? { refused: error.kind }
      : { refused: error.kind, parameter: error.parameter };
  }
}

const outcome = (query, vector) =>
  outcomeOf(() => verifierOf(vector).verifyQuery(query, vector.expected_state, vector.now));

for (const vector of vectors.verify) {
  test(`${vector.id}: ${vector.about}`, () => {
    assert.deepEqual(outcome(vector.query, vector), vector.outcome);
    const { expected_state: state, now } = vector;
    for (const url of [`https://app.example.com/callback?${vector.query}#top`, `/callback?${vector.query}`]) {
      assert.deepEqual(outcomeOf(() => verifierOf(vector).verifyUrl(url, state, now)), vector.outcome);
    }
    if (vector.params) {
      assert.deepEqual(outcomeOf(() => verifierOf(vector).verifyParams(vector.params, state, now)), vector.outcome);
    }
  });
}

for (const { id, about, secret, outcome: expected } of vectors.secrets) {
  test(`${id}: a signing secret, ${about}`, () => {
    const make = () => new Verifier(secret);
    if (expected === "refused") assert.throws(make, SecretError);
    else make();
    const further = () => verifierOf(p1).withSecret(secret);
    if (expected === "refused") assert.throws(further, SecretError);
    else further();
  });
}

for (const { id, about, from_platform: plain, signed } of vectors.handles) {
  // Cleaning is the service's task; of the others the escape is all there is.
  if (plain.normalize("NFC") !== plain || /[\p{Cc}\p{Cf}]|^\s|\s$|\s{2}|^@/u.test(plain) || plain.length > 256) continue;
  test(`${id}: a handle, ${about}`, () => assert.equal(encodeHandle(plain), signed));
}

test("a proof for one's own tests is the one that the service would make", () => {
  for (const vector of vectors.verify.filter(({ id }) => /^P\d+$/.test(id))) {
    const { platform, platform_id: platformId, handle_decoded: handle, state, expires } = vector.outcome.accepted;
    assert.equal(signedQuery({ platform, platformId, handle, state, expires }, vector.secrets[0]), vector.query);
  }
  const bad = { platform: "tiktok", platformId: "a&b", handle: "", state: "s", expires: 1900000300 };
  assert.throws(() => signedQuery(bad, p1.secrets[0]), { kind: "malformed", parameter: "platform_id" });
});

test("max_age and leeway move the horizon, and configuring changes no other verifier", () => {
  const verifier = new Verifier(p1.secrets[0]);
  const narrow = verifier.maxAge(200).leeway(99);
  assert.throws(() => narrow.verifyQuery(p1.query, p1.expected_state, p1.now), { kind: "too_far_ahead" });
  assert.equal(narrow.leeway(100).verifyQuery(p1.query, p1.expected_state, p1.now).platform, "tiktok");
  verifier.expectPlatform("youtube");
  assert.equal(verifier.verifyQuery(p1.query, p1.expected_state, p1.now).platform, "tiktok");
  for (const seconds of [-1, 1.5, NaN, "60"]) assert.throws(() => verifier.leeway(seconds), RangeError);
  assert.throws(() => verifier.expectPlatform(undefined), TypeError);
});

test("without a time there is no proof", () => {
  assert.throws(() => verifierOf(p1).verifyQuery(p1.query, p1.expected_state, NaN), { kind: "expired" });
  assert.throws(() => verifierOf(p1).verifyQuery(p1.query, p1.expected_state), { name: "VerifyError" });
});

test("N32: whichever bit of the signature is flipped, the proof is refused", () => {
  const sig = p1.query.slice(-64);
  for (let bit = 0; bit < 256; bit += 1) {
    const bytes = Buffer.from(sig, "hex");
    bytes[bit >> 3] ^= 1 << (bit & 7);
    assert.deepEqual(outcome(p1.query.replace(sig, bytes.toString("hex")), p1), { refused: "bad_signature" });
  }
});

test("N32: whichever byte of a value is changed, the proof is refused", () => {
  const params = p1.params;
  for (let which = 0; which < params.length; which += 1) {
    const value = params[which][1];
    for (let at = 0; at < value.length; at += 1) {
      for (let code = 0; code < 128; code += 1) {
        if (code === value.charCodeAt(at)) continue;
        const changed = params.map((pair) => [...pair]);
        changed[which][1] = value.slice(0, at) + String.fromCharCode(code) + value.slice(at + 1);
        const query = changed.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("&");
        // The state that was sent is expected, so that the comparison alone does not refuse it.
        const result = outcome(query, { ...p1, expected_state: changed[3][1] });
        assert.ok("refused" in result, `${params[which][0]}=${changed[which][1]}`);
      }
    }
  }
});
