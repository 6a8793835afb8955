// The types of the verifier for Node: what has to compile, and, marked so, what must not.

import {
  CallbackError,
  Verifier,
  VerifyError,
  encodeHandle,
  signedQuery,
  type Claims,
  type Kind,
  type Proof,
} from "../../verifiers/node/handleproof.mjs";

declare const secret: string;
const claims: Claims = { platform: "tiktok", platformId: "1", handle: encodeHandle("a"), state: "s", expires: 1 };
const query: string = signedQuery(claims, secret);
const verifier: Verifier = new Verifier(secret).withSecret(secret).expectPlatform("tiktok").leeway(1).maxAge(2);
const proof: Proof = verifier.verifyUrl("/callback", undefined);
verifier.verifyQuery(query, null, 1);
verifier.verifyParams(Object.entries({ state: "s" }), "s");

export function told(error: unknown): string {
  if (error instanceof CallbackError) return `${error.code} ${error.stateMatches satisfies boolean}`;
  if (error instanceof VerifyError) return `${error.kind satisfies Kind} ${error.parameter ?? ""}`;
  throw error;
}

// @ts-expect-error: a proof is what was signed, and nobody changes it.
proof.platformId = "2";
// @ts-expect-error: an environment variable may be absent.
new Verifier(undefined as string | undefined);
// @ts-expect-error: the state to expect has to be said.
verifier.verifyQuery(query);
