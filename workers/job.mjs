// What `npm run job` runs. Plain JavaScript for Node 20.9 and later: goes on as cli.ts under the
// Node 24 of the npm package `node`, or says that the dependencies are not there.
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Compiles the kernels where one is missing or older than its source; its words go to stderr. */
function buildKernels() {
  const sources = readdirSync(join(root, "core"), { recursive: true }).filter((name) => name.endsWith(".as.ts")).map((name) => join(root, "core", name));
  const isStale = (source) => {
    const built = source.replace(/\.as\.ts$/, ".wasm.ts");
    return !existsSync(built) || statSync(built).mtimeMs < statSync(source).mtimeMs;
  };
  if (sources.some(isStale)) spawnSync(process.execPath, [join(root, "server", "start", "kernels.mjs")], { stdio: ["ignore", 2, 2] });
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const own = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const isNew = Number(process.versions.node.split(".")[0]) >= 24;
const node = isNew ? process.execPath : own;

if (!existsSync(join(root, "node_modules", "fflate")) || !existsSync(node)) {
  const message = "The dependencies are not installed. Run `npm ci` in the repository, then try again.";
  console.log(JSON.stringify({ ok: false, error: { code: "not-installed", message, details: {} } }));
  process.exitCode = 2;
} else {
  buildKernels();
  // Where `npm run` was not used, the caller's directory is this process's. Sources that were read once are kept compiled, which
  // is a third of a second and more at each later start; what is kept can be thrown away at any time.
  const env = { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd(), NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "caseroom-job") };
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, "workers", "cli.ts"), ...process.argv.slice(2)], { stdio: "inherit", env });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.log(JSON.stringify({ ok: false, error: { code: "internal", message: `Node did not start: ${error.message}`, details: {} } }));
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 1;
    if (!signal) return;
    // Without an end of its own: a person stopped it, or the system did (SIGKILL, SIGABRT: mostly for want of memory).
    const isAsked = ["SIGTERM", "SIGINT", "SIGHUP"].includes(signal), id = randomUUID();
    const message = isAsked ? `Stopped by ${signal} before its end; nothing was written.` : `The work ended with ${signal}, mostly for want of memory. Give it more, or less to do at once.`;
    if (!isAsked) console.error(`${id} ended with ${signal}`);
    console.log(JSON.stringify({ ok: false, error: { code: isAsked ? "stopped" : "internal", message, details: isAsked ? { signal } : { signal, id } } }));
  });
}
