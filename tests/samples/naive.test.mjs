// What the careless verifier does with genuine, tampered and re-split proofs: node --test tests/samples/

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { accepts } from "./naive.mjs";

const vectors = JSON.parse(readFileSync(new URL("../../verifier/vectors.json", import.meta.url))).verify;
const vector = (id) => vectors.find((candidate) => candidate.id === id);
const genuine = vectors.filter(({ id }) => /^P\d+$/.test(id));
const { secrets: [SECRET], now: NOW } = vector("P1");
const NAMES = ["platform", "platform_id", "handle", "state", "expires"];

const url = (query) => `https://app.example.com/callback?${query}`;
const query = (values, sig) =>
  [...NAMES.map((name, at) => [name, values[at]]), ["sig", sig]]
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
const baseOf = (values) => NAMES.map((name, at) => `${name}=${values[at]}`).join("&");

function acceptedOrThrown(...given) {
  try {
    return accepts(...given);
  } catch {
    return false;
  }
}

/** All ways to cut `base` into five values from which the template builds `base` again. */
function readings(base) {
  const cut = (rest, later) => {
    if (later.length === 0) return [[rest]];
    const delimiter = `&${later[0]}=`;
    const found = [];
    for (let at = rest.indexOf(delimiter); at >= 0; at = rest.indexOf(delimiter, at + 1)) {
      const value = rest.slice(0, at);
      for (const tail of cut(rest.slice(at + delimiter.length), later.slice(1))) found.push([value, ...tail]);
    }
    return found;
  };
  return cut(base.slice("platform=".length), NAMES.slice(1));
}

test("P1 to P16 are accepted", () => {
  assert.equal(genuine.length, 16);
  for (const { id, query, expected_state: state } of genuine) {
    assert.ok(accepts(url(query), SECRET, state, NOW), id);
    assert.ok(accepts(url(`own=1&${query}`), SECRET, state, NOW), `${id} behind the callback's own query`);
  }
});

test("expired, foreign and tampered proofs are rejected", () => {
  for (const { id, query, params, expected_state: state } of genuine) {
    assert.ok(!accepts(url(query), SECRET, state, 1900000301), `${id} a second late`);
    assert.ok(!accepts(url(query), SECRET, `${state}x`, NOW), `${id} with another browser's state`);
    assert.ok(!accepts(url(query), `${SECRET}x`, state, NOW), `${id} under another secret`);
    for (const name of NAMES) {
      const tampered = params.map(([key, value]) => `${key}=${encodeURIComponent(key === name ? `${value}1` : value)}`);
      assert.ok(!accepts(url(tampered.join("&")), SECRET, name === "state" ? `${state}1` : state, NOW), `${id} ${name}`);
    }
  }
});

test("T61: P5 and P6 have one reading, and no other way to split them is accepted", () => {
  for (const id of ["P5", "P6"]) {
    const { params } = vector(id);
    const values = params.slice(0, 5).map(([, value]) => value);
    const sig = params[5][1];
    assert.deepEqual(readings(baseOf(values)), [values], id);
    // What the attacker hoped for: the escapes read as the `&` they stand for, split in every possible way.
    const hoped = readings(baseOf(values).replaceAll("%26", "&"));
    assert.ok(hoped.length > 1, id);
    for (const split of hoped) {
      const accepted = acceptedOrThrown(url(query(split, sig)), SECRET, split[3], NOW);
      assert.ok(!accepted, `${id} read as ${JSON.stringify(split)}`);
    }
    // The wire form, decoded once or twice too often on the way.
    for (const wire of [vector(id).query.replaceAll("%25", "%"), vector(id).query.replaceAll("%2526", "&")]) {
      assert.ok(!acceptedOrThrown(url(wire), SECRET, values[3], NOW), `${id} as ${wire}`);
    }
  }
});

test("T61: had the signer not escaped the handle, the forged reading would pass, so only the signer protects", () => {
  for (const id of ["N1", "N2"]) {
    const { query, expected_state: state } = vector(id);
    assert.ok(accepts(url(query), SECRET, state, NOW), id);
  }
  const values = ["youtube", "UCattacker", "x&platform_id=UCvictim&handle=victim", "abcDEF123", "1900000300"];
  const sig = createHmac("sha256", SECRET).update(baseOf(values)).digest("hex");
  const passing = readings(baseOf(values)).filter((split) => accepts(url(query(split, sig)), SECRET, "abcDEF123", NOW));
  assert.equal(passing.length, 3);
});

test("as a program it prints its answer, from arguments and from standard input", () => {
  const { query, expected_state: state } = vector("P3");
  const program = fileURLToPath(new URL("naive.mjs", import.meta.url));
  const run = (given, input) => spawnSync(process.execPath, [program, ...given], { input, encoding: "utf8" }).stdout;
  assert.equal(run([url(query), SECRET, state, `${NOW}`]), "accept\n");
  assert.equal(run([], [url(query), SECRET, state, NOW].join("\n")), "accept\n");
  assert.equal(run([url(query), SECRET, "another", `${NOW}`]), "reject\n");
  assert.equal(run([url(query.slice(0, -1)), SECRET, state, `${NOW}`]), "reject\n");
});
