// Verifies the proofs that a handleproof service sends to your callback. Node standard library only.
//
//   app.get("/callback", (req, res) => {
//     const expectedState = req.session.proofState;   // from this browser's own session, never looked up by ?state=
//     delete req.session.proofState;                  // a proof is good for one time
//     const query = req.originalUrl.split("?")[1] ?? "";
//     const proof = verifyQuery(query, { secrets: [process.env.SIGNING_SECRET], expectedState });
//     // The account is proof.platform together with proof.platformId. proof.handleDecoded is for display.
//   });

import { createHmac, timingSafeEqual } from "node:crypto";

const SIGNED = ["platform", "platform_id", "handle", "state", "expires"];
const NAMES = [...SIGNED, "sig", "error", "error_description"];
// What is printed for a variable that holds nothing. It would match every session that lost its state.
const NOTHING = ["", "undefined", "null", "None", "NaN"];

const WELL_FORMED = {
  platform: (value) => /^[a-z][a-z0-9_]{0,31}$/.test(value),
  platform_id: (value) => /^[A-Za-z0-9._~:@/-]{1,255}$/.test(value),
  handle: (value) => !/[&\p{Cc}\u2028\u2029]/u.test(value) && Buffer.byteLength(decodeHandle(value)) <= 512,
  state: (value) => /^[!-%'-~]{1,512}$/.test(value) && !NOTHING.includes(value),
  expires: (value) => /^[1-9][0-9]{9,11}$/.test(value),
  sig: (value) => /^[0-9a-f]{64}$/.test(value),
};

/** Why there is no proof. `kind` is for your log; to the user all kinds but `callback_error` should look alike. */
export class ProofError extends Error {
  constructor(kind, parameter = null) {
    super(parameter === null ? kind : `${kind}: ${parameter}`);
    this.name = "ProofError";
    this.kind = kind;
    this.parameter = parameter;
  }
}

/** The user came back with `error=…`. It is not signed: a hint, no fact, and none at all unless `stateMatches`. */
export class CallbackError extends ProofError {
  constructor(code, description, stateMatches) {
    super("callback_error", code);
    Object.assign(this, { code, description, stateMatches });
  }
}

/**
 * Verifies the raw query of a callback: what follows the `?`, as it came over the wire.
 *
 * `secrets`: your signing secrets, as the text shown (two during a change). `expectedState`: what this browser's
 * session holds. `expectedPlatform`: optional. `now`: Unix seconds.
 */
export function verifyQuery(query, options) {
  const { secrets, expectedState, expectedPlatform = null, now = Math.floor(Date.now() / 1000) } = options;
  const { maxAge = 300, leeway = 60 } = options;
  if (secrets.length === 0 || secrets.some((secret) => Buffer.byteLength(secret ?? "") < 32)) {
    throw new ProofError("short_secret");
  }
  const received = readQuery(query);
  const stateMatches = !NOTHING.includes(expectedState ?? "") && sameText(received.state?.[0] ?? "", expectedState);
  refuseCallbackError(received, stateMatches);
  const values = readValues(received);
  const proof = {
    platform: values.platform,
    platformId: values.platform_id,
    handle: values.handle,
    handleDecoded: decodeHandle(values.handle),
    state: values.state,
    expires: Number(values.expires),
  };

  if (!signedByOneOf(secrets, values)) throw new ProofError("bad_signature");
  if (expectedPlatform === null && proof.platform === "sandbox") throw new ProofError("sandbox_platform");
  if (expectedPlatform !== null && proof.platform !== expectedPlatform) throw new ProofError("platform_mismatch");
  if (NOTHING.includes(expectedState ?? "")) throw new ProofError("no_expected_state");
  if (!stateMatches) throw new ProofError("state_mismatch");
  if (!(now <= proof.expires)) throw new ProofError("expired");
  if (!(proof.expires <= now + maxAge + leeway)) throw new ProofError("too_far_ahead");
  return Object.freeze(proof);
}

/** Every value that each of our names came with. One that is no percent-encoded UTF-8 is `null`. */
function readQuery(query) {
  const received = Object.create(null);
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    if (NAMES.includes(name)) (received[name] ??= []).push(value);
  }
  return received;
}

function decode(text) {
  try {
    const decoded = decodeURIComponent(text.replaceAll("+", " "));
    return decoded.isWellFormed() ? decoded : null;
  } catch {
    return null;
  }
}

function refuseCallbackError({ error, error_description: description = [] }, stateMatches) {
  if (error === undefined) return;
  if (error.length > 1) throw new ProofError("duplicate", "error");
  if (!/^[a-z_]{1,64}$/.test(error[0] ?? "")) throw new ProofError("malformed", "error");
  throw new CallbackError(error[0], description.length === 1 ? description[0] : null, stateMatches);
}

function readValues(received) {
  const expected = [...SIGNED, "sig"];
  const repeated = expected.find((name) => received[name]?.length > 1);
  if (repeated) throw new ProofError("duplicate", repeated);
  const missing = expected.find((name) => received[name] === undefined);
  if (missing) throw new ProofError("missing", missing);
  const malformed = expected.find((name) => received[name][0] === null || !WELL_FORMED[name](received[name][0]));
  if (malformed) throw new ProofError("malformed", malformed);
  return Object.fromEntries(expected.map((name) => [name, received[name][0]]));
}

function signedByOneOf(secrets, values) {
  const base = SIGNED.map((name) => `${name}=${values[name]}`).join("&");
  const sig = Buffer.from(values.sig, "hex");
  // Tries them all, so that the time does not tell which one fits.
  const fits = secrets.map((secret) => timingSafeEqual(createHmac("sha256", secret).update(base).digest(), sig));
  return fits.includes(true);
}

function sameText(left, right) {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** In this order: the other one would turn the `%2526` of a genuine `%26` into `&`. */
function decodeHandle(handle) {
  return handle.replaceAll("%26", "&").replaceAll("%25", "%");
}
