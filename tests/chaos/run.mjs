// `npm run test:chaos` (at most ten minutes) and `npm run test:soak` (full counts): the tests of RELIABILITY A and B, and
// the simulator, with more rounds than `npm test` gives them. CASEROOM_SEED=<n> repeats a run.
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { ensureInstalled, nodePath } from "../../server/start/install.mjs";
import { ensureKernels } from "../../server/start/kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const options = process.argv.slice(2);
if (options.some((option) => option !== "--soak")) {
  console.error("npm run test:chaos | npm run test:soak");
  process.exit(2);
}
process.chdir(root);
ensureInstalled(root);
await ensureKernels();
const { bin } = JSON.parse(readFileSync(join(root, "node_modules/vitest/package.json"), "utf8"));
const vitest = join(root, "node_modules/vitest", typeof bin === "string" ? bin : bin.vitest);
const seed = process.env.CASEROOM_SEED ?? String(Math.floor(performance.timeOrigin) % 1_000_000_000);
const env = {
  ...process.env, CASEROOM_CHAOS: options.includes("--soak") ? "soak" : "chaos", CASEROOM_SEED: seed, LOSSLESS_SEED: process.env.LOSSLESS_SEED ?? seed,
  NEXT_TELEMETRY_DISABLED: "1", PATH: [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
};
const run = (args) => new Promise((resolve) => {
  const child = spawn(nodePath(root), [vitest, "run", ...args], { env, stdio: "inherit" });
  child.on("exit", (code) => resolve(code ?? 1));
});
console.log(`seed ${seed}`);
const failed = [
  await run(["tests/server/rooms", "tests/core/draft"]),
  await run(["--config", "vitest.e2e.config.ts", "tests/start/lossless.test.ts"]),
].filter((code) => code !== 0).length;
console.log(failed === 0 ? `passed (seed ${seed})` : `FAILED; CASEROOM_SEED=${seed} repeats it`);
process.exit(failed === 0 ? 0 : 1);
