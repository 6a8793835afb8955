// Verifies the proofs that a handleproof service sends to your callback. Node standard library only, one file.
//
//   const verifier = new Verifier(process.env.HANDLEPROOF_SIGNING_SECRET);
//
//   app.get("/callback", (req, res) => {
//     const expectedState = req.session.proofState;   // from this browser's own session, never looked up by ?state=
//     delete req.session.proofState;                  // a proof is good for one time
//     const proof = verifier.verifyUrl(req.originalUrl, expectedState);
//     // The account is proof.platform together with proof.platformId. proof.handleDecoded is for display.
//   });

import { createHmac, timingSafeEqual } from "node:crypto";

/** How long a proof is fresh after it was made, in seconds. */
export const DEFAULT_MAX_AGE = 300;
/** How far this machine's clock may lag behind the service's, in seconds. */
export const DEFAULT_LEEWAY = 60;
/** Bytes that a signing secret has at least. */
export const MIN_SECRET_LEN = 32;

const SIGNED = ["platform", "platform_id", "handle", "state", "expires"];
const EXPECTED = [...SIGNED, "sig"];
const NAMES = [...EXPECTED, "error", "error_description"];
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

/** The signing secret is no text of 32 bytes or more. Most often the variable that should hold it is empty. */
export class SecretError extends Error {
  constructor() {
    super(`the signing secret has fewer than ${MIN_SECRET_LEN} bytes; set the one that was shown with the API key, whole`);
    this.name = "SecretError";
  }
}

/** Why there is no proof. `kind` is for your log; to the user all kinds but `callback_error` should look alike. */
export class VerifyError extends Error {
  constructor(kind, parameter = null) {
    super(parameter === null ? kind : `${kind}: ${parameter}`);
    this.name = "VerifyError";
    this.kind = kind;
    this.parameter = parameter;
  }
}

/** The user came back with `error=…`. It is not signed: a hint, no fact, and none at all unless `stateMatches`. */
export class CallbackError extends VerifyError {
  constructor(code, description, stateMatches) {
    super("callback_error");
    Object.assign(this, { name: "CallbackError", message: code, code, description, stateMatches });
  }
}

/**
 * Verifies the proofs made for one API key.
 *
 * Each way in takes `expectedState`: the state that **this browser's own session** holds since the flow began. Never
 * look it up by the `state` that came back: an attacker begins a flow, sends the link to a victim, and the victim's
 * account is proven to be the attacker's. `now` is Unix time in seconds.
 */
export class Verifier {
  #secrets;
  #maxAge = DEFAULT_MAX_AGE;
  #leeway = DEFAULT_LEEWAY;
  #platform = null;

  /** Takes the signing secret as the text that was shown, prefix included, and decodes nothing. */
  constructor(secret) {
    this.#secrets = [checkedSecret(secret)];
  }

  /** Accepts proofs made with this secret too: for the minutes around a change of secrets. */
  withSecret(secret) {
    return this.#changed((copy) => (copy.#secrets = [...this.#secrets, checkedSecret(secret)]));
  }

  /** Refuses proofs for another platform. Where the user picked the platform, expect the one they picked. */
  expectPlatform(platform) {
    if (typeof platform !== "string") throw new TypeError("the platform to expect is no text");
    return this.#changed((copy) => (copy.#platform = platform));
  }

  /** How far ahead of now `expires` may lie, leeway not counted, in whole seconds. */
  maxAge(seconds) {
    return this.#changed((copy) => (copy.#maxAge = checkedSeconds(seconds)));
  }

  /** How far this machine's clock may lag behind the service's, in whole seconds. */
  leeway(seconds) {
    return this.#changed((copy) => (copy.#leeway = checkedSeconds(seconds)));
  }

  /** Verifies the URL that the browser opened, absolute or from the path on. */
  verifyUrl(url, expectedState, now = unixNow()) {
    const [beforeFragment] = url.split("#", 1);
    const mark = beforeFragment.indexOf("?");
    return this.verifyQuery(mark < 0 ? "" : beforeFragment.slice(mark + 1), expectedState, now);
  }

  /** Verifies a query as it came over the wire, still percent-encoded: it sees what a framework hides. */
  verifyQuery(query, expectedState, now = unixNow()) {
    return this.#verify(readQuery(query), expectedState, now);
  }

  /** Verifies name and value pairs that are already decoded, once. Pass all that came; a map has dropped repeated ones. */
  verifyParams(params, expectedState, now = unixNow()) {
    return this.#verify(readParams(params), expectedState, now);
  }

  #verify(received, expectedState, now) {
    const expected = typeof expectedState === "string" && !NOTHING.includes(expectedState) ? expectedState : null;
    // A repeated state counts for nothing: which one it is would depend on who reads it.
    const state = received.state?.length === 1 ? received.state[0] : null;
    const stateMatches = expected !== null && state !== null && sameText(state, expected);
    refuseCallbackError(received, stateMatches);
    const values = readValues(received);
    const expires = Number(values.expires);

    if (!signedByOneOf(this.#secrets, values)) throw new VerifyError("bad_signature");
    if (this.#platform === null && values.platform === "sandbox") throw new VerifyError("sandbox_platform");
    if (this.#platform !== null && values.platform !== this.#platform) throw new VerifyError("platform_mismatch");
    if (expected === null) throw new VerifyError("no_expected_state");
    if (!stateMatches) throw new VerifyError("state_mismatch");
    // Written so that a `now` that is no number refuses.
    if (!(now <= expires)) throw new VerifyError("expired");
    if (!(expires <= now + this.#maxAge + this.#leeway)) throw new VerifyError("too_far_ahead");
    return Object.freeze({
      platform: values.platform,
      platformId: values.platform_id,
      handle: values.handle,
      handleDecoded: decodeHandle(values.handle),
      state: values.state,
      expires,
    });
  }

  #changed(change) {
    const copy = new Verifier(this.#secrets[0]);
    copy.#secrets = this.#secrets;
    copy.#maxAge = this.#maxAge;
    copy.#leeway = this.#leeway;
    copy.#platform = this.#platform;
    change(copy);
    return copy;
  }
}

/**
 * A proof's query, signed, for your own tests. The values are checked as the service does; `handle` is as the platform
 * shows it.
 */
export function signedQuery({ platform, platformId, handle, state, expires }, secret) {
  const values = { platform, platform_id: platformId, handle: encodeHandle(handle), state, expires: `${expires}` };
  const malformed = SIGNED.find((name) => !WELL_FORMED[name](values[name]));
  if (malformed) throw new VerifyError("malformed", malformed);
  values.sig = mac(checkedSecret(secret), values).toString("hex");
  return EXPECTED.map((name) => `${name}=${encodeStrictly(values[name])}`).join("&");
}

/** Escapes a handle as the service does before it signs: `Ben & Jerry's` is `Ben %26 Jerry's`. */
export function encodeHandle(handle) {
  return handle.replaceAll("%", "%25").replaceAll("&", "%26");
}

/** In this order: the other one would turn the `%2526` of a genuine `%26` into `&`. */
function decodeHandle(handle) {
  return handle.replaceAll("%26", "&").replaceAll("%25", "%");
}

function checkedSecret(secret) {
  if (typeof secret !== "string" || Buffer.byteLength(secret) < MIN_SECRET_LEN) throw new SecretError();
  return secret;
}

function checkedSeconds(seconds) {
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new RangeError("whole seconds, 0 or more");
  return seconds;
}

function unixNow() {
  return Math.floor(Date.now() / 1000);
}

/** Every value that each of our names came with. One that is no percent-encoded UTF-8 is `null`. */
function readQuery(query) {
  const received = Object.create(null);
  for (const pair of query.replace(/^\?/, "").split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    if (NAMES.includes(name)) (received[name] ??= []).push(value);
  }
  return received;
}

function readParams(params) {
  const received = Object.create(null);
  for (const [name, value] of params) {
    if (NAMES.includes(name)) (received[name] ??= []).push(typeof value === "string" && value.isWellFormed() ? value : null);
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
  if (error.length > 1) throw new VerifyError("duplicate", "error");
  if (!/^[a-z_]{1,64}$/.test(error[0] ?? "")) throw new VerifyError("malformed", "error");
  throw new CallbackError(error[0], description.length === 1 ? readable(description[0]) : null, stateMatches);
}

/** Text for a log or a page: short, and without control characters that would forge a line. */
function readable(text) {
  const fits = text !== null && text !== "" && Buffer.byteLength(text) <= 512 && !/\p{Cc}/u.test(text);
  return fits ? text : null;
}

function readValues(received) {
  const repeated = EXPECTED.find((name) => received[name]?.length > 1);
  if (repeated) throw new VerifyError("duplicate", repeated);
  const missing = EXPECTED.find((name) => received[name] === undefined);
  if (missing) throw new VerifyError("missing", missing);
  const malformed = EXPECTED.find((name) => received[name][0] === null || !WELL_FORMED[name](received[name][0]));
  if (malformed) throw new VerifyError("malformed", malformed);
  return Object.fromEntries(EXPECTED.map((name) => [name, received[name][0]]));
}

function signedByOneOf(secrets, values) {
  const sig = Buffer.from(values.sig, "hex");
  // Tries them all, so that the time does not tell which one fits.
  return secrets.map((secret) => timingSafeEqual(mac(secret, values), sig)).includes(true);
}

function mac(secret, values) {
  const base = SIGNED.map((name) => `${name}=${values[name]}`).join("&");
  return createHmac("sha256", secret).update(base).digest();
}

function sameText(left, right) {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** `encodeURIComponent` leaves `!'()*` as they are, which the service does not. */
function encodeStrictly(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
