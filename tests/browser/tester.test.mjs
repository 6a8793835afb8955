// The tester as a developer uses it, and what it must not do.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { agree, answerAs, audit, createSession, decline, launch, startDev, startServe, visitor, walk } from "./harness.mjs";

let service, browser;

before(async () => {
  [service, browser] = await Promise.all([startDev(), launch()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

async function inBrowser(options, work) {
  const { context, check, close } = await visitor(browser, [service.url, service.sandbox], options);
  try {
    await work(await context.newPage(), context);
    check();
  } finally {
    await close();
  }
}

/** Runs a flow from the tester's form and gives the callback's address. */
async function run(page, platform, persona) {
  await page.goto(`${service.url}/tester`);
  await page.check(`input[name=platform][value=${platform}]`);
  await page.click("form[action='/tester/start'] button");
  await agree(page);
  const [callback] = await Promise.all([
    page.waitForRequest((request) => request.url().startsWith(`${service.url}/tester/callback`)),
    answerAs(page, persona),
  ]);
  await page.waitForURL(`${service.url}/tester/runs/*`);
  return callback.url();
}

const verdict = (page) => page.getAttribute("[data-verdict]", "data-verdict");
const failed = (page) =>
  page.$$eval("[data-check][data-outcome=failed]", (checks) => checks.map((check) => check.dataset.check));

test("the tester's first page", () =>
  inBrowser({}, async (page) => {
    await page.goto(`${service.url}/`);
    assert.equal(page.url(), `${service.url}/tester`);
    assert.equal(service.tester, page.url());
    await audit(page, "tester");
  }));

test("a run shows every check passed, and each of the five trials fails its own", () =>
  inBrowser({}, async (page) => {
    const callback = await run(page, "youtube", "awkward_ampersand");
    assert.equal(await verdict(page), "accepted");
    assert.equal(await page.locator("[data-check][data-outcome=passed]").count(), 6);
    assert.match(await page.textContent("main"), /Ben & Jerry's/);
    await audit(page, "tester-accepted");
    const result = page.url();
    const shown = new URL(callback).searchParams;
    for (const [trial, check] of [
      ["altered_handle", "signature"],
      ["altered_id", "signature"],
      ["foreign_state", "state"],
      ["aged", "freshness"],
      ["replay", "replay"],
    ]) {
      await page.click(`a[href$='try=${trial}']`);
      assert.deepEqual(await failed(page), [check], trial);
      assert.equal(await verdict(page), "refused");
      // T82: the only signature on the page is the one that came back, and the right one for these values is not.
      const html = await page.content();
      const base = await page.textContent("#base-string");
      const right = createHmac("sha256", service.signingSecret).update(base).digest("hex");
      assert.equal(html.includes(right), right === shown.get("sig"), trial);
      assert.ok(!html.includes(service.signingSecret) && !html.includes(service.apiKey));
      if (trial === "altered_id") await audit(page, "tester-trial");
    }
    await page.goto(result);
    assert.equal(await verdict(page), "accepted");
    await page.goto(callback);
    assert.deepEqual(await failed(page), ["replay"]);
    await page.goto(callback.replace(/sig=(.)/, (_, digit) => `sig=${digit === "0" ? "1" : "0"}`));
    assert.deepEqual(await failed(page), ["signature"]);
    await audit(page, "tester-refused");
  }));

test("an error redirect is shown with its meaning", () =>
  inBrowser({}, async (page) => {
    await page.goto(`${service.url}/tester`);
    await page.click("form[action='/tester/start'] button");
    await decline(page);
    await page.waitForURL(`${service.url}/tester/runs/*`);
    assert.equal(await verdict(page), "error");
    assert.match(await page.textContent(".notice"), /access_denied.*The user said no/s);
    await audit(page, "tester-error");
  }));

test("a session of one's own ends at the tester's callback", () =>
  inBrowser({ locale: "de-DE" }, async (page) => {
    const callbackUrl = `${service.url}/tester/callback`;
    await walk(page, await createSession(service, { platform: "tiktok", state: "my-own", callbackUrl }), "awkward_query");
    await page.waitForURL(`${service.url}/tester/runs/*`);
    assert.equal(await verdict(page), "accepted");
    assert.match(await page.textContent("main"), /a&state=x/);
    await audit(page, "tester-accepted-de");
    await page.goto(`${service.url}/tester`);
    await audit(page, "tester-de");
  }));

test("T82: a browser that opened no session is told nothing about a proof", () =>
  inBrowser({}, async (mine) => {
    const callback = await run(mine, "tiktok", "ordinary");
    await inBrowser({}, async (theirs) => {
      const response = await theirs.goto(callback);
      assert.equal(response.status(), 403);
      assert.equal(await theirs.locator("[data-check]").count(), 0);
      await audit(theirs, "tester-nothing");
      assert.equal((await theirs.goto(mine.url())).status(), 404);
      // Not even with a run of its own: the proof is for another browser's state.
      await run(theirs, "tiktok", "ordinary");
      await theirs.goto(callback);
      assert.deepEqual(await failed(theirs), ["state"]);
    });
  }));

test("a handle that is markup is text on the result page", () =>
  inBrowser({}, async (page) => {
    const callback = await run(page, "tiktok", "ordinary");
    const handle = encodeURIComponent("<img src=x onerror=alert(1)>'\"");
    await page.goto(callback.replace(/handle=[^&]*/, `handle=${handle}`));
    assert.deepEqual(await failed(page), ["signature"]);
    assert.equal(await page.locator("img").count(), 0);
    assert.match(await page.textContent("main"), /<img src=x onerror=alert\(1\)>/);
  }));

test("a run without an answer says so", () =>
  inBrowser({}, async (page) => {
    await page.goto(`${service.url}/tester`);
    await page.click("form[action='/tester/start'] button");
    await page.goto(`${service.url}/tester/runs/1`);
    assert.match(await page.textContent("h1"), /No answer yet/);
    await audit(page, "tester-waiting");
  }));

test("T82: where there is no demo key a developer gives one, and it is shown nowhere", async () => {
  const production = await startServe(
    `[tester]\nenabled = true\n[platforms.tiktok]\nclient_id = "c"\nclient_secret = "s-of-the-client"\n`,
  );
  const { context, check, close } = await visitor(browser, [production.url]);
  try {
    const page = await context.newPage();
    assert.equal((await page.goto(`${production.url}/`)).status(), 404);
    await page.goto(`${production.url}/tester`);
    assert.ok(await page.isDisabled("form[action='/tester/start'] button"));
    await audit(page, "tester-no-key");
    await page.fill("#api_key", "hpk_0000000000000000_nonsense");
    await page.click("form[action='/tester/key'] button");
    assert.match(await page.textContent("#api_key_fault"), /not a good API key/);
    assert.ok(!(await page.content()).includes("nonsense"));
    await audit(page, "tester-bad-key");
    await page.fill("#api_key", production.apiKey);
    await page.click("form[action='/tester/key'] button");
    assert.equal(page.url(), `${production.url}/tester`);
    assert.match(await page.textContent("main"), /Harbour Market/);
    assert.ok(!(await page.content()).includes(production.apiKey));
    await page.click("form[action='/tester/start'] button");
    assert.match(await page.textContent("h1"), /Confirm your TikTok account/);
    await page.goto(`${production.url}/tester`);
    await page.click("form[action='/tester/key/forget'] button");
    assert.ok(await page.isDisabled("form[action='/tester/start'] button"));
    check();
  } finally {
    await close();
    await production.stop();
  }
});

test("T80: where the tester is off its paths are like any other unknown path", async () => {
  const production = await startServe();
  try {
    const answer = async (path, method = "GET") => {
      const response = await fetch(production.url + path, { method, headers: { accept: "text/html" } });
      const body = (await response.text()).replaceAll(response.headers.get("x-request-id"), "ID");
      return { status: response.status, body, allow: response.headers.get("allow") };
    };
    const unknown = await answer("/no-such-path");
    assert.equal(unknown.status, 404);
    const paths = ["/", "/tester", "/tester/", "/tester/key", "/tester/callback?x=1", "/tester/start", "/tester/runs/1"];
    for (const path of paths) {
      for (const method of ["GET", "POST", "PUT"]) {
        assert.deepEqual(await answer(path, method), await answer("/no-such-path", method), `${method} ${path}`);
      }
    }
  } finally {
    await production.stop();
  }
});

test("T32: a form that another site sends changes nothing", async () => {
  const page = await fetch(`${service.url}/tester`);
  const cookie = page.headers.get("set-cookie").split(";")[0];
  const form = (await page.text()).match(/name="form" value="([0-9a-f]{64})"/)[1];
  const post = (headers, body) =>
    fetch(`${service.url}/tester/start`, { method: "POST", redirect: "manual", headers, body: new URLSearchParams(body) });
  const good = { platform: "tiktok", form };
  assert.equal((await post({ cookie }, good)).status, 303);
  assert.equal((await post({ cookie, "sec-fetch-site": "cross-site" }, good)).status, 403);
  assert.equal((await post({ cookie, origin: "https://evil.example" }, good)).status, 403);
  assert.equal((await post({ cookie }, { platform: "tiktok", form: "0".repeat(64) })).status, 403);
  assert.equal((await post({}, good)).status, 403);
});
