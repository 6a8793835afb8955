// The operator's way: from the printed link or the password to a proof made with a key created here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { answerAs, agree, audit, createSession, launch, startApp, startDev, visitor } from "./harness.mjs";

let service, app, browser;

before(async () => {
  [service, app, browser] = await Promise.all([startDev(), startApp(), launch()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
  app?.stop();
});

async function inBrowser(work) {
  const origins = [service.url, service.sandbox, app.origin];
  const { context, check, close } = await visitor(browser, origins);
  try {
    await work(await context.newPage(), context);
    check();
  } finally {
    await close();
  }
}

const password = () => service.text.match(/^ {2}password +(\S+)/m)[1];

async function logIn(page, text = password()) {
  await page.goto(`${service.url}/console/login`);
  await page.fill("input[name=password]", text);
  await page.click("button[type=submit]");
}

test("the printed link logs in once", () =>
  inBrowser(async (page, context) => {
    await page.goto(service.console);
    assert.equal(page.url(), `${service.url}/console`);
    assert.equal(await page.textContent("h1"), "API keys");
    const cookies = await context.cookies();
    const [cookie] = cookies.filter(({ name }) => name === "hp_operator");
    assert.deepEqual([cookie.sameSite, cookie.httpOnly, cookie.path], ["Strict", true, "/"]);
    await context.clearCookies();
    const again = await page.goto(service.console);
    assert.equal(again.status(), 403);
    assert.match(await page.textContent("main"), /was used before or is too old/);
    await audit(page, "console-used-link");
  }));

test("a wrong password is told at its field, the right one leads on", () =>
  inBrowser(async (page) => {
    await page.goto(`${service.url}/console/platforms`);
    await audit(page, "console-login");
    await page.fill("input[name=password]", "not the password");
    await page.click("button[type=submit]");
    assert.match(await page.textContent("[role=alert]"), /not the password/);
    await audit(page, "console-login-wrong");
    await page.fill("input[name=password]", password());
    await page.click("button[type=submit]");
    assert.equal(page.url(), `${service.url}/console/platforms`);
    await audit(page, "console-platforms");
    await page.click("text=Log out");
    assert.equal((await page.goto(`${service.url}/console`)).status(), 401);
  }));

test("a proof is made with a key that was created in the console", () =>
  inBrowser(async (page, context) => {
    await logIn(page);
    await page.click("text=Create a key");
    await audit(page, "console-new-key");
    await page.fill("#name", "Harbour Market");
    await page.fill("#callbacks", `${app.origin}\nhttp://no.example.com`);
    await page.click("text=Create the key");
    assert.match(await page.textContent("#callbacks-fault"), /Line 2 must begin with https/);
    assert.equal(await page.inputValue("#name"), "Harbour Market");
    await audit(page, "console-new-key-faulty");
    await page.fill("#callbacks", app.origin);
    await page.click("text=Create the key");
    const apiKey = await page.inputValue("#api-key");
    const secret = await page.inputValue("#signing-secret");
    await audit(page, "console-shown-once");

    const link = await createSession({ ...service, apiKey }, { platform: "tiktok", state: "s-1", callbackUrl: app.callbackUrl });
    const user = await context.newPage();
    await user.goto(link);
    assert.match(await user.textContent("main"), /Harbour Market/);
    await agree(user);
    await answerAs(user, "ordinary");
    await user.waitForURL(`${app.callbackUrl}?**`);
    const binary = process.env.HANDLEPROOF ?? new URL("../../target/debug/handleproof", import.meta.url).pathname;
    const environment = { ...process.env, HANDLEPROOF_SIGNING_SECRET: secret };
    execFileSync(binary, ["verify", user.url(), "--state", "s-1"], { env: environment });

    await page.click("text=I have copied it");
    assert.equal(await page.textContent("h1"), "Harbour Market");
    assert.ok(!(await page.content()).includes(secret));
    await audit(page, "console-key");
    await page.goto(`${service.url}/console/sessions`);
    const verified = page.locator("tr", { hasText: "A proof was sent" });
    assert.equal(await verified.locator("td").first().textContent(), "1");
    await audit(page, "console-sessions");
  }));

test("the signing key is generated on the key's row, replaced after a question, and the key is revoked", () =>
  inBrowser(async (page) => {
    await logIn(page);
    await page.goto(`${service.url}/console/keys/new`);
    await page.fill("#name", "Young <b>app</b> عربي");
    await page.uncheck("input[name=signing_secret]");
    await page.click("text=Create the key");
    await page.click("text=I have copied it");
    await audit(page, "console-key-young");
    await page.click("nav >> text=API keys");
    await audit(page, "console-keys");
    const row = page.locator("section", { hasText: "Young <b>app</b>" });
    await row.getByRole("button", { name: /Generate signing key/ }).click();
    const first = await page.inputValue("#signing-secret");
    await audit(page, "console-signing-key");
    await page.reload();
    assert.ok(!(await page.content()).includes("pss_"), "a reload shows or makes a secret");
    await audit(page, "console-sent-twice");
    await page.goto(`${service.url}/console`);
    await row.getByRole("link", { name: /Replace signing key/ }).click();
    await audit(page, "console-replace");
    await page.click("main button");
    assert.notEqual(await page.inputValue("#signing-secret"), first);
    await page.click("text=I have copied it");
    await page.click("text=Revoke the key");
    await page.click("main button");
    assert.match(await page.textContent("[role=status]"), /revoked/);
    await page.click("summary");
    await audit(page, "console-revoked");
    await page.click("details >> text=Young");
    await audit(page, "console-key-revoked");
    await page.goto(`${service.url}/console/keys/key_0000000000000000`);
    await audit(page, "console-not-found");
  }));
