// Takes the README's screenshot anew: node screenshot.mjs. The tester after a run, from a running service.

import { fileURLToPath } from "node:url";
import { agree, answerAs, launch, startDev, visitor } from "./harness.mjs";

const service = await startDev();
const browser = await launch();
const { context } = await visitor(browser, [service.url, service.sandbox], { viewport: { width: 1120, height: 700 } });
const page = await context.newPage();
await page.goto(`${service.url}/tester`);
await page.check("input[name=platform][value=youtube]");
await page.click("form[action='/tester/start'] button");
await agree(page);
await answerAs(page, "awkward_ampersand");
await page.waitForURL(`${service.url}/tester/runs/*`);
await page.screenshot({ path: fileURLToPath(new URL("../../docs/screenshot.png", import.meta.url)) });
await browser.close();
await service.stop();
