// `npm run test:fuzz [-- SECONDS] [-- parser…]`: the long form of RELIABILITY H's fuzz, for so many seconds a parser (60 unless told;
// 28800 are the eight hours of a night). Each parser runs in a process of its own under a memory cap. One line a parser, as
// docs/reliability.md shows them; CASEROOM_SEED=<n> repeats a run. Exits 1 where one crashed, hung or refused without a name.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../../server/start/install.mjs";
import { ensureKernels } from "../../server/start/kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", ".."), script = join(root, "tests/workers/import/hostileRun.ts");
process.chdir(root);
ensureInstalled(root);
await ensureKernels();
const given = process.argv.slice(2).filter((word) => word !== "--"), seconds = Number(given.find((word) => /^\d+$/.test(word)) ?? 60);
// What neither ends nor is refused is ended five minutes later, and told as a hang.
const own = join(root, "node_modules/node/bin/node"), node = existsSync(own) ? own : process.execPath;
const run = (...args) => spawnSync("/bin/sh", ["-c", 'ulimit -d 1048576 2>/dev/null; exec "$@"', "fuzz", node, script, ...args], { encoding: "utf8", maxBuffer: 1 << 24, timeout: 300_000 + 1000 * seconds });
const known = run("--list").stdout.trim().split(" "), asked = given.filter((word) => !/^\d+$/.test(word));
const unknown = asked.filter((word) => !known.includes(word));
if (unknown.length > 0) {
  console.error(`Not known: ${unknown.join(", ")}. Parsers: ${known.join(" ")}`);
  process.exit(2);
}
const seed = process.env.CASEROOM_SEED ?? String(Math.floor(performance.timeOrigin) % 1_000_000_000);
console.log(`${seconds} s a parser, seed ${seed}\n| parser | files | refused | crashes | slowest, ms of a processor | resident, MiB |\n|---|---:|---:|---:|---:|---:|`);
let isGood = true;
for (const kind of asked.length > 0 ? asked : known) {
  const { status, signal, stdout, stderr } = run(kind, seed, String(seconds * 1000));
  if (status !== 0) {
    isGood = false;
    console.log(`| ${kind} | ended with ${signal ?? status} | | | | |\n${stderr.slice(-2000)}`);
    continue;
  }
  const { runs, refused, slowestMs, peakRssMiB, failures } = JSON.parse(stdout);
  isGood &&= failures.length === 0 && slowestMs < 5000;
  console.log(`| ${kind} | ${runs.toLocaleString("en")} | ${refused.toLocaleString("en")} | ${failures.length} | ${slowestMs} | ${peakRssMiB} |`);
  for (const failure of failures) console.log(`  ${failure}`);
}
process.exit(isGood ? 0 : 1);
