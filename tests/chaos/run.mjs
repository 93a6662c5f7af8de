// `npm run test:chaos [-- <id>…]` (at most ten minutes) and `npm run test:soak [-- <id>…]` (full counts): the tests of
// RELIABILITY A, B and D, with more rounds than `npm test` gives them. An id such as A1 names a part; the parts of a soak
// run one after the other. CASEROOM_SEED=<n> repeats a run.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, nodePath } from "../../server/start/install.mjs";
import { ensureKernels } from "../../server/start/kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
process.chdir(root);
const folders = ["tests/server/rooms", "tests/core/draft"], whole = "tests/start/lossless.test.ts";
const byNumber = (a, b) => a[0].localeCompare(b[0]) || Number(a.slice(1)) - Number(b.slice(1));

/** Which files hold tests of which id; an id stands at the beginning of a test's name. */
const holders = new Map();
for (const file of folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith(".test.ts")).map((name) => `${folder}/${name}`))) {
  for (const [, name] of readFileSync(file, "utf8").matchAll(/\bit\(\s*["`]([^"`]*)/g)) {
    const ids = /^((?:[A-Z]{1,2}\d+(?:-[A-Z]\d+)? ?)+):/.exec(name)?.[1].split(" ").filter((id) => /^[ABD]\d+$/.test(id)) ?? [];
    for (const id of ids) holders.set(id, (holders.get(id) ?? new Set()).add(file));
  }
}

const given = process.argv.slice(2), isSoak = given.includes("--soak"), asked = given.filter((option) => option !== "--soak");
const unknown = asked.filter((id) => !holders.has(id));
if (unknown.length > 0) {
  console.error(`npm run test:chaos | test:soak [-- <id> …]\nNot known: ${unknown.join(", ")}. Ids: ${[...holders.keys()].sort(byNumber).join(" ")}`);
  process.exit(2);
}
ensureInstalled(root);
await ensureKernels();
const { bin } = JSON.parse(readFileSync(join(root, "node_modules/vitest/package.json"), "utf8"));
const vitest = join(root, "node_modules/vitest", typeof bin === "string" ? bin : bin.vitest);
const seed = process.env.CASEROOM_SEED ?? String(Math.floor(performance.timeOrigin) % 1_000_000_000);
const figures = join(mkdtempSync(join(tmpdir(), "caseroom-figures-")), "figures.jsonl");
const env = {
  ...process.env, CASEROOM_CHAOS: isSoak ? "soak" : "chaos", CASEROOM_SEED: seed, LOSSLESS_SEED: process.env.LOSSLESS_SEED ?? seed, CASEROOM_FIGURES: figures,
  NEXT_TELEMETRY_DISABLED: "1", PATH: [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
};
const run = (args) => new Promise((resolve) => {
  const child = spawn(nodePath(root), [vitest, "run", ...args], { env, stdio: "inherit" });
  child.on("exit", (code) => resolve(code ?? 1));
});
const told = () => (existsSync(figures) ? readFileSync(figures, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)) : []);
const tell = (rows) => { for (const { id, counted, count, result } of rows) console.log(`${id.padEnd(4)} ${count.toLocaleString("en")} ${counted}: ${result}`); };

console.log(`seed ${seed}`);
const began = performance.now(), failed = [];
if (isSoak || asked.length > 0) {
  for (const id of asked.length > 0 ? asked : [...holders.keys()].sort(byNumber)) {
    const before = told().length, at = performance.now();
    const code = await run([...holders.get(id), "-t", `(^| )${id}[ :]`]);
    if (code !== 0) failed.push(id);
    console.log(`\n${id} ${code === 0 ? "passed" : "FAILED"} in ${Math.round((performance.now() - at) / 1000)} s`);
    tell(told().slice(before));
  }
} else {
  if (await run(folders) !== 0) failed.push("rooms");
  if (await run(["--config", "vitest.e2e.config.ts", whole]) !== 0) failed.push("lossless");
}
console.log(`\n${isSoak ? "Soak" : "Chaos"}, seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s`);
tell(told());
console.log(failed.length === 0 ? "passed" : `FAILED: ${failed.join(", ")}; CASEROOM_SEED=${seed} repeats it`);
process.exit(failed.length === 0 ? 0 : 1);
