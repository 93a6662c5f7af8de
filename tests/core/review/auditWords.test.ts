import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { auditKinds, auditWords } from "../../../core/review/auditWords.ts";
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
