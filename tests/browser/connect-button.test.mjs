// docs/connect-button.md: what is to be copied works as it is printed there, with and without the popup.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Verifier } from "../../verifiers/node/handleproof.mjs";
import { agree, answerAs, audit, createSession, launch, startDev, until, visitor } from "./harness.mjs";

const [BUTTON, OPENER, LANDING] = [
  ...readFileSync(new URL("../../docs/connect-button.md", import.meta.url), "utf8").matchAll(/```html\n(.*?)```/gs),
].map(([, code]) => code);

let service, browser, app;

before(async () => {
  [service, browser] = await Promise.all([startDev(), launch()]);
  app = await startApp();
});
after(async () => {
  await browser?.close();
  app?.stop();
  await service?.stop();
});

/** A page with the button, `/popup` with the script too, and one session for everybody: there is one visitor. */
async function startApp() {
  const document_ = (body) =>
    `<!doctype html><html lang=en><title>App</title><link rel=icon href=data:,><main><h1>App</h1>${body}</main></html>`;
  let state, account, back;
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, "http://app");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (request.method === "POST") {
      state = randomBytes(16).toString("hex");
      const callbackUrl = `${origin}/callback`;
      response.writeHead(303, { location: await createSession(service, { platform: "tiktok", state, callbackUrl }) });
      response.end();
    } else if (pathname === "/callback") {
      account = new Verifier(service.signingSecret).expectPlatform("tiktok").verifyQuery(search.slice(1), state).platformId;
      response.writeHead(303, { location: back }).end();
    } else if (pathname === "/landing") {
      response.end(document_(LANDING));
    } else {
      back = pathname === "/popup" ? "/landing" : "/";
      response.end(document_(`${account ? `<p data-account>${account}</p>` : BUTTON}${pathname === "/popup" ? OPENER : ""}`));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, forget: () => (account = undefined), stop };
}

async function inBrowser(work) {
  const { context, check, close } = await visitor(browser, [service.url, service.sandbox, app.origin]);
  app.forget();
  try {
    await work(await context.newPage(), context);
    check();
  } finally {
    await close();
  }
}

test("the button needs no script and keeps to the accessibility rules", () =>
  inBrowser(async (page) => {
    assert.doesNotMatch(BUTTON, /script|on[a-z]+=/);
    await page.goto(app.origin);
    await audit(page, "connect-button");
    const box = await page.locator(".connect button").boundingBox();
    assert.ok(box.height >= 44, `${box.height}`);
    await page.click(".connect button");
    await agree(page);
    await answerAs(page, "ordinary");
    await page.waitForSelector("[data-account]");
  }));

test("in a popup: the opener is severed, and the page learns of the end all the same", () =>
  inBrowser(async (page, context) => {
    await page.goto(`${app.origin}/popup`);
    await page.evaluate(() => {
      const open = window.open.bind(window);
      window.open = (...given) => (window.opened = open(...given));
    });
    const [popup] = await Promise.all([context.waitForEvent("page"), page.click(".connect button")]);
    await popup.waitForURL(`${service.url}/**`);
    assert.equal(await popup.evaluate(() => window.opener), null);
    // What the page holds looks closed, though the window is open: nobody may wait for it.
    assert.equal(await page.evaluate(() => window.opened.closed), true);
    assert.ok(!popup.isClosed());
    assert.equal(await page.locator("[data-account]").count(), 0);
    await agree(popup);
    await answerAs(popup, "ordinary").catch(() => {});
    await page.waitForSelector("[data-account]");
    await until(() => popup.isClosed());
    assert.equal(page.url(), `${app.origin}/popup`);
  }));

test("the tester shows the same button", () =>
  inBrowser(async (page) => {
    await page.goto(`${service.url}/tester`);
    assert.equal(await page.textContent("#connect-button"), BUTTON);
  }));
