// A careless verifier, on purpose: see README.md. It knows no rule for any value, so all its safety is the signer's.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "node:querystring";
import { pathToFileURL } from "node:url";

export function accepts(url, secret, expectedState, now) {
  // As web frameworks do: a repeated parameter becomes an array, a missing one is undefined.
  const { platform, platform_id, handle, state, expires, sig } = parse(url.slice(url.indexOf("?") + 1));
  if (state !== expectedState) return false;
  if (Number(expires) < now) return false;
  const base = `platform=${platform}&platform_id=${platform_id}&handle=${handle}&state=${state}&expires=${expires}`;
  const expected = createHmac("sha256", secret).update(base).digest("hex");
  return timingSafeEqual(Buffer.from(sig), Buffer.from(expected));
}

function main() {
  const given = process.argv.length > 2 ? process.argv.slice(2) : readFileSync(0, "utf8").split("\n");
  const [url, secret, expectedState, now] = given;
  let accepted = false;
  try {
    accepted = accepts(url, secret, expectedState, Number(now));
  } catch {
    // A signature of another length, or none: an error page in a real application, and no login.
  }
  console.log(accepted ? "accept" : "reject");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
