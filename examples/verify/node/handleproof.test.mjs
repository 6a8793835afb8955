// Runs the verifier against verifier/vectors.json: node --test examples/verify/node/

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CallbackError, ProofError, verifyQuery } from "./handleproof.mjs";

const vectors = JSON.parse(readFileSync(new URL("../../../verifier/vectors.json", import.meta.url)));
const p1 = vectors.verify.find(({ id }) => id === "P1");

function outcome(query, vector) {
  try {
    const proof = verifyQuery(query, {
      secrets: vector.secrets,
      expectedState: vector.expected_state,
      expectedPlatform: vector.expected_platform,
      now: vector.now,
    });
    const { platform, platformId: platform_id, handle, handleDecoded: handle_decoded, state, expires } = proof;
    return { accepted: { platform, platform_id, handle, handle_decoded, state, expires } };
  } catch (error) {
    if (error instanceof CallbackError) {
      return { callback_error: error.code, description: error.description, state_matches: error.stateMatches };
    }
    if (!(error instanceof ProofError)) throw error;
    return error.parameter === null
      ? { refused: error.kind }
      : { refused: error.kind, parameter: error.parameter };
  }
}

for (const vector of vectors.verify) {
  test(`${vector.id}: ${vector.about}`, () => {
    assert.deepEqual(outcome(vector.query, vector), vector.outcome);
  });
}

for (const { id, about, secret, outcome: expected } of vectors.secrets) {
  test(`${id}: a signing secret, ${about}`, () => {
    const refused = outcome(p1.query, { ...p1, secrets: [secret] }).refused === "short_secret";
    assert.equal(refused ? "refused" : "accepted", expected);
  });
}

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
