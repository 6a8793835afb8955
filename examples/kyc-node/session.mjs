// What is kept for one browser, behind a cookie. The state of a verification lives here and nowhere else.
//
// In memory, for one process. With several, keep the same record in Redis or in a database under the same id, and take the
// state out of it in one step (GETDEL, DELETE … RETURNING).

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A browser that is gone for so long begins anew. */
const IDLE_MS = 2 * 60 * 60 * 1000;
/** Every visitor can make sessions, so their number has an end. */
const MOST = 100_000;

export class Sessions {
  #byId = new Map();
  #name;
  #attributes;

  constructor(name, isHttps) {
    // __Host-: no sub-domain can set it. Browsers take the prefix only over https.
    this.#name = isHttps ? `__Host-${name}` : name;
    // HttpOnly: no script reads it. Lax and not Strict: the way back from the platform is a cross-site navigation, and
    // the callback needs this session.
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
  }

  /** The browser's session, or null. */
  of(request) {
    const session = this.#byId.get(cookie(request, this.#name));
    if (session === undefined || Date.now() - session.seen > IDLE_MS) return null;
    session.seen = Date.now();
    return session;
  }

  /** The browser's session, or a new one; null where there are too many. */
  ofOrNew(request, response) {
    const session = this.of(request);
    if (session !== null) return session;
    for (const [id, { seen }] of this.#byId) if (Date.now() - seen > IDLE_MS) this.#byId.delete(id);
    if (this.#byId.size >= MOST) return null;
    // Ids are made here and never taken from a browser, which could have been given one that an attacker knows.
    const id = random();
    const fresh = {
      // In every form of ours: another site can make this browser send a form, but cannot read this.
      formToken: random(),
      // Whose case it is. A real one takes this from the log-in, and gives the browser a new session id there.
      caseId: random(),
      pending: null,
      account: null,
      message: null,
      seen: Date.now(),
    };
    this.#byId.set(id, fresh);
    response.setHeader("set-cookie", `${this.#name}=${id}; ${this.#attributes}`);
    return fresh;
  }
}

/** 256 bits from the operating system: not to be guessed. */
export function random() {
  return randomBytes(32).toString("hex");
}

/** In a time that tells nothing of the texts. */
export function sameText(one, other) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function cookie(request, name) {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
