// Starts the service, a caller's app and Chromium, and watches every page for what must never happen.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const BINARY = process.env.HANDLEPROOF ?? join(here, "../../target/debug/handleproof");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = join(here, "screenshots");
const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];
export const LAUNCH = { executablePath: CHROMIUM, headless: true, args: ARGS };

/** `handleproof dev` on a free port: its addresses, its demo key and the links it prints. */
export async function startDev() {
  const process_ = spawn(BINARY, ["dev", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const text = await printed(process_, /--state demo-1\n/);
  const find = (label) => text.match(new RegExp(`^  ${label} +(\\S+)`, "m"))?.[1];
  return {
    url: find("service"),
    sandbox: find("sandbox"),
    tester: find("tester"),
    console: find("console"),
    apiKey: find("api key"),
    signingSecret: find("signing secret"),
    text,
    stop: () => stop(process_),
  };
}

/** `handleproof serve` with `settings`, as in production but on loopback, and a key named after `caller`. */
export async function startServe(settings = "", caller = "Harbour Market") {
  const folder = mkdtempSync(join(tmpdir(), "handleproof-browser-"));
  const port = await freePort();
  const config = join(folder, "config.toml");
  writeFileSync(
    config,
    `public_url = "http://127.0.0.1:${port}"\nlisten = "127.0.0.1:${port}"\ndrain_seconds = 0\n` +
      `[stores]\nregistry = "sqlite:registry.db"\n[secrets]\nmaster_key_file = "master.key"\n` +
      `[metrics]\nlisten = "off"\n[log]\nlevel = "warn"\n${settings}\n`,
  );
  const keys = ["keys", "create", caller, "--any-callback", "--signing-secret", "--json", "--config", config];
  const key = JSON.parse(execFileSync(BINARY, keys, { encoding: "utf8" }));
  const process_ = spawn(BINARY, ["serve", "--config", config], { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/healthz`).catch(() => null))?.ok);
  const end = async () => {
    await stop(process_);
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, apiKey: key.api_key, signingSecret: key.signing_secret, stop: end };
}

/** A caller's app: it takes callbacks and keeps their queries. */
export async function startApp() {
  const callbacks = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://app");
    if (url.pathname === "/callback") callbacks.push(url.search.slice(1));
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end("<!doctype html><html lang=en><title>App</title><link rel=icon href=data:,><h1>Back in the app</h1>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const end = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, callbackUrl: `${origin}/callback`, callbacks, stop: end };
}

/** A session over the API; gives its link. */
export async function createSession(service, { platform, state, callbackUrl, ...more }) {
  const response = await fetch(`${service.url}/api/oauth/delegate/sessions`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ platform, state, callback_url: callbackUrl, ...more }),
  });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).authorize_url;
}

export function launch() {
  return chromium.launch(LAUNCH);
}

/**
 * A browser of its own (cookies and all) that may only speak to `origins`. `check()` fails if one of its pages asked
 * for anything else or broke a content security policy.
 */
export async function visitor(browser, origins, options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  return { context, check: await watch(context, origins), close: () => context.close() };
}

/** Watches all pages of a context. */
export async function watch(context, origins) {
  context.setDefaultTimeout(10_000);
  const faults = [];
  const allowed = new Set(origins.map((url) => new URL(url).origin));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "about:"].includes(url.protocol) && !allowed.has(url.origin)) faults.push(`request to ${url.origin}`);
  });
  context.on("console", (message) => {
    if (/CSP violation|Content Security Policy/.test(message.text())) faults.push(message.text());
  });
  return () => assert.deepEqual(faults, []);
}

/** Answers the sandbox's consent page as a persona. */
export async function answerAs(page, persona) {
  await page.check(`input[name=persona][value=${persona}]`);
  await page.click("button[type=submit]");
}

/** The interstitial's two buttons. */
export const agree = (page) => page.click("form[action='/oauth/delegate'] button");
export const decline = (page) => page.click("form[action='/oauth/delegate/decline'] button");

/** From the link to wherever the browser lands. */
export async function walk(page, link, persona) {
  await page.goto(link);
  await agree(page);
  await answerAs(page, persona);
}

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

/** No axe finding in either scheme and size, no sideways scrolling at 320 px, and a screenshot of each. */
export async function audit(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      const found = await violations(page);
      assert.deepEqual(found, [], `${name}, ${size}, ${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `${name} scrolls sideways at 320 px: ${width}`);
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

async function violations(page) {
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations: found } = await page.evaluate((values) => axe.run({ runOnly: values }), tags);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Waits for a condition; fails after ten seconds. */
export async function until(condition) {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "the condition did not come true in time");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A folder whose Chromium takes no cookies at all. */
export async function withoutCookies(origins) {
  const folder = mkdtempSync(join(tmpdir(), "handleproof-no-cookies-"));
  mkdirSync(join(folder, "Default"));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, { ...LAUNCH, locale: "en-US" });
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, check: await watch(context, origins), close };
}

async function printed(process_, last) {
  let text = "";
  process_.stdout.setEncoding("utf8");
  for await (const chunk of process_.stdout) {
    text += chunk;
    if (last.test(text)) return text;
  }
  throw new Error(`the service ended early and said: ${text}`);
}

async function stop(process_) {
  if (process_.exitCode !== null) return;
  process_.kill("SIGTERM");
  await once(process_, "exit");
}

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
