import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { auditFieldsOf, auditKinds, auditWords } from "../../../core/review/auditWords.ts";
import { versionActions } from "../../../core/review/lifecycle.ts";

/** Every action that the product writes into the audit, as its sources name them. */
function writtenActions(): string[] {
  const found = new Set<string>(versionActions.filter((action) => action !== "sign" && action !== "reject").map((action) => `version.${action}`));
  for (const folder of ["server", "workers"]) for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))) {
    // One name, or a choice of two.
    const source = readFileSync(`${folder}/${name}`, "utf8");
    for (const [, action] of source.matchAll(/\btell\(tx, [^"\n]*"([a-zA-Z]+\.[a-zA-Z]+)"/g)) found.add(action);
    for (const [, told] of source.matchAll(/\baction: ([^,\n]+),/g)) for (const [, action] of told.matchAll(/"([a-zA-Z]+\.[a-zA-Z]+)"/g)) found.add(action);
  }
  return [...found].sort();
}

it("every action of the audit is told in words, and its kind has a name", () => {
  const actions = writtenActions();
  expect(actions.length).toBeGreaterThan(45);
  expect(actions.filter((action) => !(action in auditWords))).toEqual([]);
  expect(actions.map((action) => action.split(".")[0]).filter((kind) => !(kind in auditKinds))).toEqual([]);
});

it("what an event is about is told in words: parameters by their names with units, hashes by their beginning, no notation of a program", () => {
  const hash = "0123456789abcdef".repeat(4);
  expect(auditFieldsOf({ changes: [{ key: "6c988d8a34fc813d/thickness", old: 400, now: 4 }, { key: "p1/bevelDeg", old: null, now: 8 }, { key: "p1/material", now: "titanium-milled" }] })).toBe("Thickness 400 → 4 mm, Bevel none → 8°, Material none → titanium-milled");
  expect(auditFieldsOf({ manifestHash: hash, state: "inReview", number: 1, reason: null })).toBe("manifest hash 0123456789… · state in review · number 1");
  expect(auditFieldsOf({ logs: [{ document: "masks", seq: 35, checksum: hash }, { document: "plan", seq: 6, checksum: hash }] })).toBe("logs document masks seq 35 checksum 0123456789…, document plan seq 6 checksum 0123456789…");
  expect([auditFieldsOf(null), auditFieldsOf({ changes: 2 }), auditFieldsOf({ name: "McDonald", at: [1, -2.5, 3] })]).toEqual(["", "changes 2", "name McDonald · at 1, -2.5, 3"]);
});
