// A KYC case in which the applicant proves which social account is his: plain node:http, no dependencies.
//
// The whole integration: one form that starts a verification, one address that takes the proof, and a session behind a
// cookie, which ties the two together. Read `callback` first: that is where integrations go wrong.

import { createServer } from "node:http";
import { CallbackError, Verifier, VerifyError } from "../../verifiers/node/handleproof.mjs";
import { page, STYLE } from "./page.mjs";
import { Sessions, random, sameText } from "./session.mjs";

const PLATFORMS = new Map([
  ["linkedin", "LinkedIn"],
  ["twitter", "X"],
  ["youtube", "YouTube"],
]);

const SERVICE = new URL(process.env.HANDLEPROOF_URL ?? "http://127.0.0.1:8080");
const API_KEY = required("HANDLEPROOF_API_KEY");
// Without the secret there is no start: a missing one must never become an empty one.
const VERIFIER = new Verifier(required("HANDLEPROOF_SIGNING_SECRET"));
const PORT = Number(process.env.PORT ?? 3000);

/** Which account is in whose case: a real one is a table with a unique key over `platform` and `platform_id` together. */
const cases = new Map();
/** The states of proofs that were used, and until when they would be fresh. A real one is a table too. */
const used = new Map();

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error("kyc:", error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});

let publicUrl, sessions;
server.listen(PORT, "127.0.0.1", () => {
  // From the settings and never from a Host header, which strangers send.
  publicUrl = new URL(process.env.PUBLIC_URL ?? `http://127.0.0.1:${server.address().port}`);
  sessions = new Sessions("kyc", publicUrl.protocol === "https:");
  console.log(`kyc at ${publicUrl}`);
});
process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});

async function handle(request, response) {
  protect(response);
  const [path, query = ""] = splitOnce(request.url, "?");
  const route = `${request.method} ${path}`;
  if (route === "GET /") return home(request, response);
  if (route === "GET /style.css") return send(response, 200, STYLE, "text/css; charset=utf-8");
  if (route === "POST /connect") return connect(request, response);
  if (route === "GET /callback") return callback(request, response, query);
  send(response, 404, "There is no such page.");
}

/** No script, no frame, no copy in a cache, no address told to the next site. */
function protect(response) {
  // Some browsers hold the redirect that answers a form against form-action too: it goes to the service, and, where the
  // service shows no page of its own, on to the platform.
  const policy =
    `default-src 'none'; style-src 'self'; img-src data:; form-action 'self' https: ${SERVICE.origin}; ` +
    "base-uri 'none'; frame-ancestors 'none'";
  response.setHeader("content-security-policy", policy);
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-content-type-options", "nosniff");
  if (publicUrl.protocol === "https:") response.setHeader("strict-transport-security", "max-age=31536000");
}

function home(request, response) {
  const session = sessions.ofOrNew(request, response);
  if (session === null) return send(response, 503, "Too many visitors at the moment. Please try again later.");
  const message = session.message;
  session.message = null;
  send(response, 200, page({ session, message, platforms: PLATFORMS }), "text/html; charset=utf-8");
}

/** Begins a verification, for this browser. */
async function connect(request, response) {
  const form = new URLSearchParams(await body(request));
  const session = sessions.of(request);
  // Otherwise another site could start verifications here in its visitors' name.
  if (session === null || !sameText(form.get("form_token") ?? "", session.formToken)) {
    return send(response, 403, "Please go back to the start page and try again.");
  }
  const again = form.get("again") === "yes" && session.account;
  const platform = again ? session.account.platform : form.get("platform");
  if (!PLATFORMS.has(platform)) return send(response, 400, "That platform is not asked for here.");
  const state = random();
  try {
    const authorizeUrl = await begin({
      platform,
      state,
      callback_url: new URL("/callback", publicUrl).href,
      // Confirming a case: the same account once more, or `error=account_mismatch`.
      ...(again ? { expected_platform_id: session.account.platformId } : {}),
    });
    session.pending = { platform, state };
    redirect(response, authorizeUrl);
  } catch (error) {
    console.error("kyc: no session could be made:", error.message);
    session.message = "Accounts cannot be verified at the moment. Please try again later.";
    redirect(response, "/");
  }
}

/** The one call to handleproof: make a session, get the link. */
async function begin(wanted) {
  const response = await fetch(new URL("/api/oauth/delegate/sessions", SERVICE), {
    method: "POST",
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(wanted),
    // The key is for the service alone: nobody may send this request on.
    redirect: "error",
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 201) throw new Error(`the service answered ${response.status}`);
  return (await response.json()).authorize_url;
}

/**
 * Where the browser comes back. Whatever came of it, the answer is a redirect to a plain page: the proof leaves the address
 * bar, the history, and the Referer of whatever is clicked next.
 */
function callback(request, response, query) {
  const session = sessions.of(request);
  if (session === null) return redirect(response, "/");
  // The state is this browser's own, **never looked up by the state that came back**: Mallory begins a verification and
  // sends his link to Jane, her browser lands here with a genuine proof of her account and his state, and the look-up
  // would put her account into his case. It is taken out, so that the same address is worth nothing a second time.
  const { platform, state } = session.pending ?? {};
  session.pending = null;
  session.message = judge(session, platform, query, state);
  redirect(response, "/");
}

function judge(session, platform, query, expectedState) {
  try {
    // The platform that was asked for, and the raw query: a parsed one hides a parameter that came twice.
    const verifier = platform === undefined ? VERIFIER : VERIFIER.expectPlatform(platform);
    return accept(session, verifier.verifyQuery(query, expectedState));
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    // An error redirect is not signed, so it changes nothing. It is worth a sentence only if this browser began the flow.
    if (error instanceof CallbackError && error.stateMatches) return MEANINGS[error.code] ?? MEANINGS.other;
    // The cause is for our log. Whoever sent the request learns nothing from it.
    console.error("kyc: a proof was refused:", error.message);
    return MEANINGS.other;
  }
}

const MEANINGS = {
  access_denied: "You did not agree, so nothing was verified.",
  account_mismatch: "That is another account than the one in your case.",
  temporarily_unavailable: "The platform does not answer at the moment. Please try again later.",
  other: "That did not work. Please start again.",
};

/**
 * Puts the account into the case. The session gave its state away at the first callback; `used` is for the day when two
 * come at once and a shared session store hands the state to both.
 */
function accept(session, proof) {
  const now = Date.now() / 1000;
  for (const [state, expires] of used) if (expires < now) used.delete(state);
  if (used.has(proof.state)) return "That proof was used already. Please start again.";
  used.set(proof.state, proof.expires);
  // Both together: two platforms can use the same id. Never the handle: people rename themselves.
  const account = JSON.stringify([proof.platform, proof.platformId]);
  if ((cases.get(account) ?? session.caseId) !== session.caseId) return "That account is in another case.";
  const before = session.account;
  if (before && (before.platform !== proof.platform || before.platformId !== proof.platformId)) {
    cases.delete(JSON.stringify([before.platform, before.platformId]));
  }
  cases.set(account, session.caseId);
  const { platform, platformId, handleDecoded: handle } = proof;
  session.account = { platform, platformId, handle, times: (before?.platformId === platformId ? before.times : 0) + 1 };
  return session.account.times > 1 ? "The account is confirmed." : "The account is verified.";
}

function send(response, status, text, type = "text/plain; charset=utf-8") {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}

function redirect(response, to) {
  response.writeHead(303, { location: to });
  response.end();
}

/** A form's body; forms of ours are small. */
async function body(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > 4096) throw new Error("a form of more than 4 KiB");
  }
  return text;
}

function splitOnce(text, at) {
  const found = text.indexOf(at);
  return found < 0 ? [text] : [text.slice(0, found), text.slice(found + 1)];
}

function required(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`set ${name}, as handleproof printed it`);
  process.exit(1);
}
