// What `npm run bench -- <name> [--json]` runs: plain JavaScript that goes on under the repository's Node 24.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), root = join(here, "..", "..");
const own = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const names = readdirSync(here).filter((name) => name.endsWith(".bench.ts")).map((name) => name.slice(0, -9));
const [name, ...options] = process.argv.slice(2);

if (!existsSync(own) || !existsSync(join(root, "node_modules", "fflate"))) {
  console.log(JSON.stringify({ ok: false, error: { code: "not-installed", message: "The dependencies are not installed. Run `npm ci` in the repository, then try again.", details: {} } }));
  process.exitCode = 2;
} else if (!names.includes(name) || options.some((option) => option !== "--json")) {
  console.error(`npm run --silent bench -- <name> [--json]\nNames: ${names.join(", ")}`);
  process.exitCode = name === "--help" ? 0 : 2;
} else {
  const { ensureKernels } = await import("../../server/start/kernels.mjs");
  await ensureKernels();
  const child = spawn(own, ["--expose-gc", "--disable-warning=ExperimentalWarning", join(here, `${name}.bench.ts`), ...options], { stdio: "inherit", env: { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() } });
  child.on("exit", (code) => { process.exitCode = code ?? 1; });
}
