// The whole integrations in examples/, each beside `handleproof dev`: what their users see, and what nobody can do.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startExample } from "./examples.mjs";
import { agree, answerAs, audit, launch, startDev, until, visitor } from "./harness.mjs";

let service, browser;

before(async () => {
  [service, browser] = await Promise.all([startDev(), launch()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** Accounts on a page, as `platform:id`. */
const accounts = (page) => page.$$eval("[data-account]", (all) => all.map((one) => one.dataset.account));
const message = (page) => page.textContent("[role=status]");
/** Instagram's own redirect has the fragment #_, which browsers carry through every later one. */
const isHome = (app) => (url) => url.origin === app.url && url.pathname === "/" && url.search === "";
const begin = (page, platform) => page.click(`button[name=platform][value=${platform}]`);

for (const [name, platform] of [
  ["marketplace", "youtube"],
  ["kyc-node", "youtube"],
  ["giveaway-python", "tiktok"],
]) {
  describe(name, () => {
    let app;

    before(async () => {
      app = await startExample(name, service);
    });
    after(() => app?.stop());

    async function inBrowser(work) {
      const { context, check, close } = await visitor(browser, [service.url, service.sandbox, app.url]);
      try {
        const page = await context.newPage();
        await page.goto(app.url);
        await work(page, context);
        check();
      } finally {
        await close();
      }
    }

    /** From the app's form to the app; gives the callback's address. */
    async function connect(page, persona) {
      await begin(page, platform);
      await agree(page);
      const isCallback = (request) => new URL(request.url()).pathname.startsWith("/callback");
      const [callback] = await Promise.all([page.waitForRequest(isCallback), answerAs(page, persona)]);
      await page.waitForURL(isHome(app));
      return callback.url();
    }

    test("a person connects an account, and the proof leaves the address bar", () =>
      inBrowser(async (page) => {
        await audit(page, `example-${name}`);
        const callback = await connect(page, "awkward_ampersand");
        assert.match(callback, /[?&]sig=[0-9a-f]{64}/);
        assert.equal(page.url(), `${app.url}/`);
        const [account] = await accounts(page);
        assert.equal(account, `${platform}:${new URL(callback).searchParams.get("platform_id")}`);
        assert.match(await page.textContent("main"), /Ben & Jerry's/);
        await audit(page, `example-${name}-connected`);
        // The address of the callback stands in no history either.
        await page.goBack();
        assert.ok(!page.url().includes("sig="), page.url());
      }));

    test("T66: a proof is good for one time", () =>
      inBrowser(async (page) => {
        const callback = await connect(page, "ordinary");
        const connected = await accounts(page);
        await page.goto(callback);
        assert.equal(page.url(), `${app.url}/`);
        assert.match(await message(page), /did not work|used already/);
        assert.deepEqual(await accounts(page), connected);
      }));

    test("T28: a link that somebody else began gives him nothing, and changes nothing for who follows it", () =>
      inBrowser(async (mallory) => {
        // Mallory begins, and stops at the page that asks: its address is the link he sends.
        const opening = mallory.waitForRequest((request) => request.url().includes("request=psd_"));
        await mallory.route("**/oauth/delegate?request=*", (route) => route.abort());
        await begin(mallory, platform).catch(() => {});
        const link = (await opening).url();
        await inBrowser(async (jane) => {
          await jane.goto(link);
          await agree(jane);
          await answerAs(jane, "no_handle");
          await jane.waitForURL(`${app.url}/`);
          assert.match(await message(jane), /did not work/);
          assert.deepEqual(await accounts(jane), []);
        });
        await mallory.unrouteAll();
        await mallory.goto(app.url);
        assert.deepEqual(await accounts(mallory), []);
      }));

    test("who says no is told so, and nothing is connected", () =>
      inBrowser(async (page) => {
        await connect(page, "denies");
        assert.match(await message(page), /did not agree/);
        assert.deepEqual(await accounts(page), []);
      }));

    test("an account of one person is not another's", () =>
      inBrowser(async (page) => {
        await connect(page, "ordinary");
        assert.match(await message(page), /another|already/);
        assert.deepEqual(await accounts(page), []);
      }));

    test("a form without this session's token begins nothing, wherever it comes from", () =>
      inBrowser(async (page, context) => {
        for (const form of [{ platform }, { platform, form_token: "" }, { platform, form_token: "0".repeat(64) }]) {
          const response = await context.request.post(`${app.url}/connect`, { form, maxRedirects: 0 });
          assert.ok([400, 403].includes(response.status()), `${response.status()}`);
        }
        const form_token = await page.inputValue("input[name=form_token] >> nth=0");
        const other = await fetch(`${app.url}/connect`, {
          method: "POST",
          body: new URLSearchParams({ platform, form_token }),
          redirect: "manual",
        });
        assert.equal(other.status, 403, "another browser with this one's token");
        const unknown = await context.request.post(`${app.url}/connect`, { form: { platform: "../x", form_token }, maxRedirects: 0 });
        assert.equal(unknown.status(), 400);
      }));

    test("the session's cookie is kept from scripts, and from other sites' requests", () =>
      inBrowser(async (page, context) => {
        const [cookie, ...others] = await context.cookies();
        assert.deepEqual(others, []);
        assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Lax", "/"]);
        assert.ok(cookie.value.length >= 43);
        const response = await page.goto(app.url);
        const headers = response.headers();
        assert.equal(headers["referrer-policy"], "no-referrer");
        assert.equal(headers["cache-control"], "no-store");
        assert.match(headers["content-security-policy"], /^default-src 'none';.*frame-ancestors 'none'/);
      }));

    test("behind https the cookie is Secure and __Host-", async () => {
      const secure = await startExample(name, service, { PUBLIC_URL: "https://app.example.com" });
      try {
        const response = await fetch(secure.url);
        const cookie = response.headers.get("set-cookie");
        assert.match(cookie, /^__Host-[a-z]+=/);
        for (const flag of ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]) assert.match(cookie, new RegExp(flag));
        assert.doesNotMatch(cookie, /Domain/i);
        assert.match(response.headers.get("strict-transport-security"), /max-age=31536000/);
      } finally {
        await secure.stop();
      }
    });

    test("without its secret it does not start", async () => {
      for (const missing of ["HANDLEPROOF_SIGNING_SECRET", "HANDLEPROOF_API_KEY"]) {
        await assert.rejects(startExample(name, service, { [missing]: "" }), new RegExp(missing));
      }
    });
  });
}

describe("what each of them does with an account", () => {
  async function inApp(name, work) {
    const app = await startExample(name, service);
    const { context, check, close } = await visitor(browser, [service.url, service.sandbox, app.url]);
    try {
      const page = await context.newPage();
      await page.goto(app.url);
      await work(page, context, app);
      check();
    } finally {
      await close();
      await app.stop();
    }
  }

  async function answer(page, app, persona) {
    await agree(page);
    await answerAs(page, persona);
    await page.waitForURL(isHome(app));
  }

  test("the marketplace pays once all three channels are connected, and not before, whatever is sent to it", () =>
    inApp("marketplace", async (page, context, app) => {
      const form_token = await page.inputValue("input[name=form_token] >> nth=0");
      for (const platform of ["tiktok", "youtube", "instagram"]) {
        assert.ok(await page.isDisabled("form[action='/payout'] button"));
        const early = await context.request.post(`${app.url}/payout`, { form: { form_token }, maxRedirects: 0 });
        assert.equal(early.status(), 403, platform);
        await begin(page, platform);
        await answer(page, app, "ordinary");
      }
      assert.equal((await accounts(page)).length, 3);
      const forged = await context.request.post(`${app.url}/payout`, { form: { form_token: "0" }, maxRedirects: 0 });
      assert.equal(forged.status(), 403);
      await page.click("form[action='/payout'] button");
      assert.match(await page.textContent("[data-paid]"), /on its way/);
    }));

  test("the marketplace takes no proof at another platform's callback", () =>
    inApp("marketplace", async (page, context, app) => {
      await begin(page, "tiktok");
      await agree(page);
      // The browser is kept from its way back, and its address is held on to.
      let back;
      await page.route(`${service.sandbox}/**`, async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        back = (await route.fetch({ maxRedirects: 0 })).headers().location;
        return route.abort();
      });
      await answerAs(page, "ordinary");
      await until(() => back);
      const address = (await context.request.get(back, { maxRedirects: 0 })).headers().location;
      // Another tab, since this one is on its way to the error page of a navigation that was broken off.
      const tab = await context.newPage();
      await tab.goto(address.replace("/callback/tiktok", "/callback/youtube"));
      assert.deepEqual(await accounts(tab), []);
      // It is still good where it belongs.
      await tab.goto(address);
      assert.equal((await accounts(tab)).length, 1);
      assert.equal(tab.url(), `${app.url}/`);
    }));

  test("the case is confirmed by the same account alone", () =>
    inApp("kyc-node", async (page, _, app) => {
      await begin(page, "youtube");
      await answer(page, app, "ordinary");
      const [account] = await accounts(page);
      await page.click("button[name=again]");
      await answer(page, app, "ordinary");
      assert.equal(await message(page), "The account is confirmed.");
      assert.equal(await page.getAttribute("[data-account]", "data-times"), "2");
      await page.click("button[name=again]");
      await answer(page, app, "awkward_ampersand");
      assert.match(await message(page), /another account/);
      assert.deepEqual(await accounts(page), [account]);
      assert.equal(await page.getAttribute("[data-account]", "data-times"), "2");
    }));

  test("T66: an old copy of the giveaway's cookie brings the state back, and still no second ticket", () =>
    inApp("giveaway-python", async (page, context, app) => {
      await begin(page, "tiktok");
      await agree(page);
      const old = await context.cookies(app.url);
      const isCallback = (request) => new URL(request.url()).pathname === "/callback";
      const [callback] = await Promise.all([page.waitForRequest(isCallback), answerAs(page, "ordinary")]);
      await page.waitForURL(`${app.url}/`);
      assert.equal(await message(page), "You have a ticket.");
      await context.addCookies(old);
      await page.goto(callback.url());
      assert.match(await message(page), /used already/);
    }));

  test("a service that is down is a sentence and no error page", async () => {
    for (const name of ["marketplace", "kyc-node", "giveaway-python"]) {
      const app = await startExample(name, service, { HANDLEPROOF_URL: "http://127.0.0.1:1" });
      const { context, close } = await visitor(browser, [app.url]);
      try {
        const page = await context.newPage();
        await page.goto(app.url);
        await page.click("button[name=platform] >> nth=0");
        assert.match(await message(page), /at the moment/, name);
      } finally {
        await close();
        await app.stop();
      }
    }
  });
});
