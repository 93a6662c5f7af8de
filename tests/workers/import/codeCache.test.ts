import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileCode, lendCode } from "../../../workers/import/codeCache.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { phantomSlices } from "./dicomWriter.ts";
import { until } from "../../support/until.ts";

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-code-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

const child = fileURLToPath(new URL("../../../workers/import/child.ts", import.meta.url));
const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile()).sort();
const hashOf = (folder: string) => { const hash = createHash("sha256"); for (const name of filesOf(folder)) hash.update(name).update(readFileSync(join(folder, name))); return hash.digest("hex"); };

it("an import's child is lent compiled code: a copy, which it may spoil for nobody else, and which leaves no trace in what it makes", async () => {
  await compileCode(child);
  let lent: string | null = null, tries = 0;
  const staging = () => join(dir, `staging${tries++}`);
  await until("the code is compiled", async () => (lent = await lendCode(staging())) !== null, 60_000);
  if (lent === null) throw new Error("no code was lent");
  const before = hashOf(lent), paths = [await phantomSlices(join(dir, "slices"), { gapsMm: [1, 1, 1] })];
  expect(filesOf(lent).length).toBeGreaterThan(30);
  const [first, second] = [await importFiles({ paths }, join(dir, "first")), await importFiles({ paths }, join(dir, "second"))];
  expect(readFileSync(first.volume).equals(readFileSync(second.volume))).toBe(true);
  expect((await readdir(join(dir, "second"))).sort()).toEqual(["pictures", "report.json", "source.json", "volume.nii.gz"]);
  expect(hashOf(await lendCode(staging()) ?? "")).toBe(before);
}, 120_000);
