// What `npm start` runs. Plain JavaScript on whatever Node there is: installs what is missing, then
// goes on under the Node 24 of the npm package `node` (start/run.mjs).
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ensureInstalled, nodePath } from "./start/install.mjs";
import { ensureKernels } from "./start/kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);

const usage = `npm start [-- --real]     the product; a demo workspace unless --real, DATABASE_URL or CASEROOM_ORIGIN
npm run dev               the same with hot reload
Settings (environment): PORT, HOST, DATABASE_URL, CASEROOM_ORIGIN, CASEROOM_TLS_CERT, CASEROOM_TLS_KEY,
CASEROOM_TRUSTED_PROXY, CASEROOM_DATA, CASEROOM_SECRET, CASEROOM_UPLOAD_LIMIT_MIB; see README.md.`;
const unknown = process.argv.slice(2).find((word) => !["--dev", "--real", "--help"].includes(word));
if (unknown !== undefined || process.argv.includes("--help")) {
  console.log(unknown === undefined ? usage : `caseroom: unknown option ${unknown}\n${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}

try {
  ensureInstalled(root);
  await ensureKernels();
} catch (error) {
  console.error(`caseroom: ${error.message}`);
  process.exit(1);
}

if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import(pathToFileURL(join(root, "server/start/run.mjs")).href);
} else {
  const node = nodePath(root);
  if (spawnSync(node, ["--version"]).status !== 0) {
    console.error(`caseroom: ${node} does not run. Install scripts were probably blocked: run \`npm rebuild node\`, then start again.`);
    process.exit(1);
  }
  const args = ["--import", pathToFileURL(join(root, "server/start/tether.mjs")).href, join(root, "server/start/run.mjs"), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: ["inherit", "inherit", "inherit", "ipc"], env: process.env });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
