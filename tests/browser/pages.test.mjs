// Every page that users see: accessible in both schemes and sizes, readable on the narrowest phone, in their language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agree, audit, createSession, launch, startDev, startServe, visitor } from "./harness.mjs";

let service, browser;

before(async () => {
  [service, browser] = await Promise.all([startDev(), launch()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

async function inBrowser(origins, options, work) {
  const { context, check, close } = await visitor(browser, origins, options);
  try {
    await work(await context.newPage(), context);
    check();
  } finally {
    await close();
  }
}

const link = (state) =>
  createSession(service, { platform: "tiktok", state, callbackUrl: `${service.url}/tester/callback` });

for (const [locale, name, heading] of [
  ["en-US", "interstitial", "Confirm your TikTok account"],
  ["de-AT", "interstitial-de", "Bestätigen Sie Ihr TikTok-Konto"],
]) {
  test(`the interstitial speaks ${locale}`, () =>
    inBrowser([service.url], { locale }, async (page) => {
      const response = await page.goto(await link("read"));
      assert.equal(await page.textContent("h1"), heading);
      assert.equal(await page.getAttribute("html", "lang"), response.headers()["content-language"]);
      assert.match(response.headers().vary, /accept-language/i);
      await audit(page, name);
    }));
}

test("T36: a hostile caller's name is text, however it is written", async () => {
  const hostile = await startServe(
    `[platforms.tiktok]\nclient_id = "c"\nclient_secret = "s-of-the-client"\n` +
      `authorization_endpoint = "http://127.0.0.1:1/authorize"\n`,
    `<img src=x onerror=alert(1)> "Google" عربي`,
  );
  try {
    await inBrowser([hostile.url], {}, async (page) => {
      await page.goto(
        await createSession(hostile, {
          platform: "tiktok",
          state: "s",
          callbackUrl: "https://xn--pple-43d.example/callback",
        }),
      );
      assert.match(await page.textContent("main"), /<img src=x onerror=alert\(1\)> "Google" عربي/);
      assert.equal(await page.locator("img").count(), 0);
      assert.match(await page.textContent("dd.target"), /^xn--pple-43d\.example$/);
      await audit(page, "interstitial-hostile");
    });
  } finally {
    await hostile.stop();
  }
});

for (const [name, path, status] of [
  ["error-400", "/oauth/delegate?request=short", 400],
  ["error-400-step", "/oauth/callback/tiktok?code=x&state=y", 400],
  ["error-404", "/nowhere", 404],
  ["error-405", "/oauth/delegate/decline", 405],
  ["error-410", `/oauth/delegate?request=psd_${"A".repeat(43)}`, 410],
]) {
  test(`the page of ${name} says what happened and what to do`, () =>
    inBrowser([service.url], {}, async (page) => {
      const response = await page.goto(service.url + path);
      assert.equal(response.status(), status);
      assert.match(await page.textContent(".request-id code"), new RegExp(`^${response.headers()["x-request-id"]}$`));
      assert.notEqual((await page.textContent(".notice p")).trim(), "");
      await audit(page, name);
    }));
}

test("the page of error-403 says that another browser began this", () =>
  inBrowser([service.url, service.sandbox], {}, async (page, context) => {
    await page.goto(await link("forbidden"));
    await context.clearCookies();
    const [response] = await Promise.all([
      page.waitForResponse((one) => one.request().method() === "POST"),
      agree(page),
    ]);
    assert.equal(response.status(), 403);
    await audit(page, "error-403");
  }));

test("the pages of error-429 and error-503 offer to try again, and the link survives both", async () => {
  const limited = await startServe(
    `[limits]\nrequests_per_ip_per_minute = 2\n[platforms.acme]\nkind = "oidc"\ndisplay_name = "Acme ID"\n` +
      `issuer = "http://127.0.0.1:1"\nclient_id = "c"\nclient_secret = "s-of-the-client"\n`,
  );
  try {
    await inBrowser([limited.url], {}, async (page) => {
      const session = { platform: "acme", state: "s", callbackUrl: `${service.url}/x` };
      const url = await createSession(limited, session);
      assert.equal((await page.goto(url)).status(), 503);
      await audit(page, "error-503");
      const [again] = await Promise.all([page.waitForNavigation(), page.click("a.button")]);
      assert.equal(again.status(), 503);
      assert.equal(page.url(), url);
      const over = await page.goto(url);
      assert.equal(over.status(), 429);
      assert.ok(Number(over.headers()["retry-after"]) > 0);
      await audit(page, "error-429");
    });
  } finally {
    await limited.stop();
  }
});

test("the sandbox's consent page", () =>
  inBrowser([service.url, service.sandbox], {}, async (page) => {
    await page.goto(await link("sandbox"));
    await agree(page);
    await page.waitForURL(`${service.sandbox}/**`);
    await audit(page, "sandbox-consent");
  }));

test("T76, T77: a stylesheet is kept for good, a page never", () =>
  inBrowser([service.url], {}, async (page, context) => {
    const response = await page.goto(`${service.url}/nowhere`);
    assert.equal(response.headers()["cache-control"], "no-store");
    assert.doesNotMatch(response.headers()["content-security-policy"], /unsafe/);
    const stylesheet = await page.getAttribute("link[rel=stylesheet]", "href");
    const asset = await context.request.get(service.url + stylesheet);
    assert.match(asset.headers()["cache-control"], /immutable/);
    const stale = await context.request.get(`${service.url}/assets/style.0000000000000000.css`);
    assert.equal(stale.status(), 404);
  }));
