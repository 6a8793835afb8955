// Starts the applications in examples/ as their READMEs say.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const venv = join(root, "target/venv/bin/python");
/** The programs of the READMEs, as they are here: built already, and with the packages of the tests. */
const PROGRAMS = {
  "cargo run -p marketplace": [process.env.MARKETPLACE ?? join(root, "target/debug/marketplace")],
  node: [process.execPath],
  python3: [existsSync(venv) ? venv : "python3", "-B"],
};

/** What an example's README shows: the program with its arguments, and the line that it prints. */
function shown(name) {
  const readme = readFileSync(join(root, "examples", name, "README.md"), "utf8");
  const [, command, line] = readme.match(
    /^```console\n\$ HANDLEPROOF_API_KEY=hpk_… HANDLEPROOF_SIGNING_SECRET=pss_… (.*)\n(.*)\n```$/m,
  );
  const program = Object.keys(PROGRAMS).find((program) => command.startsWith(program));
  const files = command.slice(program.length).split(" ").filter(Boolean).map((file) => join(root, file));
  return { command: [...PROGRAMS[program], ...files], line };
}

/** An example beside `service`, on a free port; `more` is laid over its environment. */
export async function startExample(name, service, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), "handleproof-example-"));
  const { command: [command, ...args], line } = shown(name);
  const env = {
    PATH: process.env.PATH,
    HANDLEPROOF_URL: service.url,
    HANDLEPROOF_API_KEY: service.apiKey,
    HANDLEPROOF_SIGNING_SECRET: service.signingSecret,
    PORT: "0",
    ...more,
  };
  const child = spawn(command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  for await (const text of child.stdout.setEncoding("utf8")) {
    said += text;
    if (/ at http\S+\n/.test(said)) {
      if (!more.PUBLIC_URL) assert.equal(said.replace(/:\d+/, ":3000"), `${line}\n`);
      // With a PUBLIC_URL of its own it says that one; the port is then asked of the system.
      const port = await listening(child.pid);
      return { url: `http://127.0.0.1:${port}`, stop };
    }
  }
  await stop();
  throw new Error(`${name} ended early and said: ${said}`);
}

/** The port that a process listens on, from what the system knows of its sockets. */
async function listening(pid) {
  const { readdir, readFile, readlink } = await import("node:fs/promises");
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")),
  );
  const inodes = new Set(links.map((link) => link.match(/^socket:\[(\d+)\]$/)?.[1]));
  const rows = (await readFile(`/proc/${pid}/net/tcp`, "utf8")).split("\n").map((row) => row.trim().split(/\s+/));
  const row = rows.find((cells) => cells[3] === "0A" && inodes.has(cells[9]));
  return parseInt(row[1].split(":")[1], 16);
}
