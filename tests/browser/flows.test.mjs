// Whole flows of users in a real browser, and what becomes of those that go wrong.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CallbackError, Verifier } from "../../verifiers/node/handleproof.mjs";
import {
  agree, answerAs, createSession, decline, launch, startApp, startDev, visitor, walk, withoutCookies,
} from "./harness.mjs";

let service, app, browser, origins;

before(async () => {
  [service, app, browser] = await Promise.all([startDev(), startApp(), launch()]);
  origins = [service.url, service.sandbox, app.origin];
});
after(async () => {
  await browser?.close();
  app?.stop();
  await service?.stop();
});

const link = (platform, state) => createSession(service, { platform, state, callbackUrl: app.callbackUrl });

function proof(platform, state) {
  return new Verifier(service.signingSecret).expectPlatform(platform).verifyQuery(app.callbacks.at(-1), state);
}

async function inBrowser(work) {
  const { context, check, close } = await visitor(browser, origins);
  try {
    await work(await context.newPage(), context);
    check();
  } finally {
    await close();
  }
}

for (const [platform, persona, handle] of [
  ["tiktok", "ordinary", /./],
  ["youtube", "awkward_ampersand", /Ben & Jerry's/],
  ["linkedin", "ordinary", /^$/],
]) {
  test(`a user proves an account at ${platform}`, () =>
    inBrowser(async (page) => {
      const state = `state-${platform}`;
      await walk(page, await link(platform, state), persona);
      await page.waitForURL(`${app.callbackUrl}?*`);
      assert.match(proof(platform, state).handleDecoded, handle);
    }));
}

test("declining on our page sends access_denied and uses the link up", () =>
  inBrowser(async (page) => {
    const url = await link("tiktok", "declined");
    await page.goto(url);
    await decline(page);
    await page.waitForURL(`${app.callbackUrl}?*`);
    assert.throws(() => proof("tiktok", "declined"), (error) => {
      return error instanceof CallbackError && error.code === "access_denied" && error.stateMatches;
    });
    assert.equal((await page.goto(url)).status(), 410);
  }));

test("refusing at the platform sends access_denied", () =>
  inBrowser(async (page) => {
    await walk(page, await link("pinterest", "refused"), "denies");
    await page.waitForURL(`${app.callbackUrl}?*`);
    assert.throws(() => proof("pinterest", "refused"), { code: "access_denied" });
  }));

test("going back and reloading after a used link shows a page that says what to do", () =>
  inBrowser(async (page) => {
    const url = await link("tiktok", "used");
    await walk(page, url, "ordinary");
    await page.waitForURL(`${app.callbackUrl}?*`);
    const finished = app.callbacks.length;
    await page.goBack();
    await page.goBack();
    assert.equal((await page.goto(url)).status(), 410);
    assert.equal((await page.reload()).status(), 410);
    assert.match(await page.textContent("main"), /Go back to the app/);
    assert.equal(app.callbacks.length, finished);
  }));

test("T34: two tabs of one browser finish two flows side by side", () =>
  inBrowser(async (one, context) => {
    const two = await context.newPage();
    await one.goto(await link("tiktok", "tab-1"));
    await two.goto(await link("twitter", "tab-2"));
    await agree(one);
    await agree(two);
    await answerAs(two, "ordinary");
    await two.waitForURL(`${app.callbackUrl}?*`);
    proof("twitter", "tab-2");
    await answerAs(one, "another");
    await one.waitForURL(`${app.callbackUrl}?*`);
    proof("tiktok", "tab-1");
  }));

test("T29: a second browser cannot finish a flow, and the first one still can", () =>
  inBrowser(async (mine) => {
    await mine.goto(await link("tiktok", "mine"));
    await agree(mine);
    await mine.waitForURL(`${service.sandbox}/**`);
    await inBrowser(async (theirs) => {
      await theirs.goto(mine.url());
      const [response] = await Promise.all([
        theirs.waitForResponse((one) => one.url().startsWith(`${service.url}/oauth/callback/`)),
        answerAs(theirs, "ordinary"),
      ]);
      assert.equal(response.status(), 403);
      assert.match(await theirs.textContent("h1"), /another browser/);
    });
    await answerAs(mine, "ordinary");
    await mine.waitForURL(`${app.callbackUrl}?*`);
    proof("tiktok", "mine");
  }));

test("with cookies switched off the form is refused on a page that says so", async () => {
  const { context, check, close } = await withoutCookies(origins);
  try {
    const page = await context.newPage();
    await page.goto(await link("tiktok", "no-cookies"));
    const [response] = await Promise.all([
      page.waitForResponse((one) => one.request().method() === "POST"),
      agree(page),
    ]);
    assert.equal(response.status(), 403);
    assert.match(await page.textContent("main"), /Allow cookies/);
    check();
  } finally {
    await close();
  }
});

test("the interstitial can be read and answered with the keyboard alone", () =>
  inBrowser(async (page) => {
    await page.goto(await link("tiktok", "keyboard"));
    const focused = () =>
      page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { text: document.activeElement.textContent.trim(), outlineStyle, outlineWidth };
      });
    await page.keyboard.press("Tab");
    assert.deepEqual(await focused(), { text: "Continue to TikTok", outlineStyle: "solid", outlineWidth: "3px" });
    await page.keyboard.press("Tab");
    assert.deepEqual(await focused(), { text: "Decline", outlineStyle: "solid", outlineWidth: "3px" });
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${service.sandbox}/**`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${app.callbackUrl}?*`);
    proof("tiktok", "keyboard");
  }));

test("T25: an address that a browser only fetches ahead uses no link up", () =>
  inBrowser(async (page, context) => {
    const url = await link("tiktok", "ahead");
    assert.equal((await context.request.head(url)).status(), 204);
    assert.equal((await context.request.get(url, { headers: { "sec-purpose": "prefetch" } })).status(), 503);
    await walk(page, url, "ordinary");
    await page.waitForURL(`${app.callbackUrl}?*`);
    proof("tiktok", "ahead");
  }));
