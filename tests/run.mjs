// What `npm test` runs: installs what is missing, then typecheck, lint, tests, browsers. The last line
// is `N passed, N failed`; a check that is no test (types, lint) counts as one.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { ensureInstalled, nodePath } from "../server/start/install.mjs";
import { ensureKernels } from "../server/start/kernels.mjs";
import { findBrowser } from "./support/browser.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
let passed = 0, failed = 0;
/** What failed, by part, file and name: told once more at the end, where a long output is looked at first. */
const told = [];
const reports = mkdtempSync(join(tmpdir(), "caseroom-reports-"));
const tally = () => {
  if (told.length > 0) console.log(`\nFailed:\n${told.map((line) => `  ${line}`).join("\n")}`);
  rmSync(reports, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
};

try {
  ensureInstalled(root);
  await ensureKernels();
} catch (error) {
  console.error(error.message);
  failed++;
  told.push("installing");
  tally();
}

const node = nodePath(root);
const env = {
  ...process.env, NEXT_TELEMETRY_DISABLED: "1",
  // Hundreds of processes of the same modules: each takes them as the first one compiled them.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(reports, "compiled"),
  PATH: [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
};
const binOf = (name) => {
  const { bin } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  return join(root, "node_modules", name, typeof bin === "string" ? bin : bin[name === "typescript" ? "tsc" : name]);
};
function run(args, more = {}) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { env: { ...env, ...more }, stdio: ["ignore", "inherit", "inherit"] });
    const forward = () => child.kill("SIGTERM");
    process.once("SIGTERM", forward).once("SIGINT", forward);
    child.on("exit", (code) => {
      process.off("SIGTERM", forward).off("SIGINT", forward);
      resolve(code ?? 1);
    });
  });
}
const firstLine = (text) => stripVTControlCharacters(text ?? "").split("\n")[0].slice(0, 300);
const headline = (text) => console.log(`\n== ${text} (${Math.round(process.uptime())} s)`);

async function check(name, args) {
  headline(name);
  if ((await run(args)) === 0) passed++;
  else { failed++; told.push(name); }
}

async function vitest(name, args, more = {}) {
  headline(name);
  const report = join(reports, `${name.replace(/\W+/g, "-")}.json`);
  const code = await run([binOf("vitest"), "run", ...args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`], more);
  if (!existsSync(report)) { failed++; told.push(`${name}: ended with ${code}, without a report`); return; }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  for (const { name: file, status, message, assertionResults } of testResults) {
    const lost = assertionResults.filter((test) => test.status === "failed");
    for (const { fullName, failureMessages } of lost) told.push(`${name}: ${relative(root, file)}: ${fullName}: ${firstLine(failureMessages[0])}`);
    if (status === "failed" && lost.length === 0) told.push(`${name}: ${relative(root, file)}: ${firstLine(message)}`);
  }
  if (code !== 0 && testResults.every(({ status }) => status !== "failed")) told.push(`${name}: ended with ${code} though no test failed: an error outside of the tests, see its output above`);
  passed += numPassedTests;
  // A file that does not load, or a set-up that fails, has no failed test of its own.
  failed += code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
}

await check("types", [binOf("typescript"), "--noEmit"]);
if (existsSync("core/tsconfig.json")) await check("types of core", [binOf("typescript"), "--noEmit", "-p", "core/tsconfig.json"]);
await check("lint", [binOf("oxlint"), "--deny-warnings"]);
await vitest("unit, property, integration", []);
if (process.env.CASEROOM_TEST_OTHER_POSTGRES) {
  await vitest("integration on another PostgreSQL", ["--project", "integration", "tests/server"], { TEST_POSTGRES_BIN: process.env.CASEROOM_TEST_OTHER_POSTGRES });
}
const browser = await findBrowser(root, node);
if (browser.path) {
  console.log(`\nbrowser: ${browser.path}`);
  await vitest("start, end-to-end", ["--config", "vitest.e2e.config.ts"], { CHROMIUM_PATH: browser.path });
} else {
  console.log(`\n${browser.remedy}`);
  failed++;
  told.push("end-to-end: no browser");
  await vitest("start", ["--config", "vitest.e2e.config.ts", "tests/start"]);
}
tally();
