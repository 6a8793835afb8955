/** How long a proof is fresh after it was made, in seconds. */
export const DEFAULT_MAX_AGE: 300;
/** How far this machine's clock may lag behind the service's, in seconds. */
export const DEFAULT_LEEWAY: 60;
/** Bytes that a signing secret has at least. */
export const MIN_SECRET_LEN: 32;

/** A verified proof. An account is `platform` and `platformId` together. */
export interface Proof {
  readonly platform: string;
  readonly platformId: string;
  /** As signed: `%26` stands for `&`, `%25` for `%`. Empty where the platform has no unique user name. */
  readonly handle: string;
  /** As the platform shows it: for display, and to be escaped like any text of a stranger. */
  readonly handleDecoded: string;
  readonly state: string;
  /** Unix seconds; the last one in which the proof is fresh. */
  readonly expires: number;
}

/** One cause each. */
export type Kind =
  | "duplicate"
  | "missing"
  | "malformed"
  | "bad_signature"
  | "platform_mismatch"
  | "sandbox_platform"
  | "no_expected_state"
  | "state_mismatch"
  | "expired"
  | "too_far_ahead"
  | "callback_error";

export type Parameter = "platform" | "platform_id" | "handle" | "state" | "expires" | "sig" | "error";

/** The signing secret is no text of 32 bytes or more. */
export class SecretError extends Error {}

/** Why there is no proof. For your log; to the user all kinds but `callback_error` should look alike. */
export class VerifyError extends Error {
  readonly kind: Kind;
  /** With `duplicate`, `missing` and `malformed`. */
  readonly parameter: Parameter | null;
}

/** The user came back with `error=…`. Not signed: a hint, and none at all unless `stateMatches`. */
export class CallbackError extends VerifyError {
  readonly kind: "callback_error";
  readonly code: string;
  readonly description: string | null;
  readonly stateMatches: boolean;
}

/** Verifies the proofs made for one API key. The methods that configure give a new verifier. */
export class Verifier {
  /** The signing secret as the text that was shown. */
  constructor(secret: string);
  /** Accepts proofs made with this secret too: for the minutes around a change of secrets. */
  withSecret(secret: string): Verifier;
  /** Refuses proofs for another platform. */
  expectPlatform(platform: string): Verifier;
  /** How far ahead of now `expires` may lie, leeway not counted, in whole seconds. */
  maxAge(seconds: number): Verifier;
  /** How far this machine's clock may lag behind the service's, in whole seconds. */
  leeway(seconds: number): Verifier;
  /**
   * Verifies the URL that the browser opened, absolute or from the path on.
   * @param expectedState what **this browser's own session** holds; never looked up by the state that came back
   * @param now Unix seconds
   * @throws {VerifyError}
   */
  verifyUrl(url: string, expectedState: string | null | undefined, now?: number): Proof;
  /** Verifies the raw query: what follows the `?`, as it came over the wire. */
  verifyQuery(query: string, expectedState: string | null | undefined, now?: number): Proof;
  /** Verifies decoded pairs; pass all that came, repeated ones too. */
  verifyParams(
    params: Iterable<readonly [string, string]>,
    expectedState: string | null | undefined,
    now?: number,
  ): Proof;
}

/** What a proof says, with the handle as the platform shows it. */
export interface Claims {
  platform: string;
  platformId: string;
  handle: string;
  state: string;
  expires: number;
}

/** A proof's query, signed, for your own tests. */
export function signedQuery(claims: Claims, secret: string): string;

/** Escapes a handle as the service does before it signs. */
export function encodeHandle(handle: string): string;
