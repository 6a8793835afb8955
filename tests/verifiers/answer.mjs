// Answers cases, a line of JSON each, as verifier/examples/oracle.rs does, with the verifier for Node.

import { createInterface } from "node:readline";
import { CallbackError, SecretError, Verifier, VerifyError } from "../../verifiers/node/handleproof.mjs";

function answer({ query, secrets: [first, ...others], expected_state, expected_platform, now }) {
  try {
    const verifier = others.reduce((made, secret) => made.withSecret(secret), new Verifier(first));
    const expecting = expected_platform === null ? verifier : verifier.expectPlatform(expected_platform);
    const { platform, platformId, handle, handleDecoded, state, expires } = expecting.verifyQuery(query, expected_state, now);
    return { accepted: { platform, platform_id: platformId, handle, handle_decoded: handleDecoded, state, expires } };
  } catch (error) {
    if (error instanceof SecretError) return { refused: "short_secret" };
    if (error instanceof CallbackError) {
      return { callback_error: error.code, description: error.description, state_matches: error.stateMatches };
    }
    if (!(error instanceof VerifyError)) throw error;
    return { refused: error.kind, ...(error.parameter === null ? {} : { parameter: error.parameter }) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
