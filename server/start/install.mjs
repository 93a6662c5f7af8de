// Dependencies as the lockfile says; no imports beyond Node's own, and nothing newer than Node 20.9.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The Node 24 that the npm package `node` brings. */
export function nodePath(root) {
  return join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
}

const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

/** Whether what npm noted down in node_modules is what the lockfile asks for (packages of other platforms apart). */
function isInstalled(root) {
  const noted = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(noted) || !existsSync(nodePath(root))) return false;
  const there = packagesOf(noted);
  return Object.entries(packagesOf(join(root, "package-lock.json")))
    .every(([path, wanted]) => path === "" || wanted.optional || wanted.devOptional || wanted.peer || there[path]?.version === wanted.version);
}

/** @throws Error with the remedy when npm fails. */
export function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.log("caseroom: installing dependencies (npm ci), once");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, NODE_ENV: "" } };
  const done = npm && /\.[cm]?js$/.test(npm)
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (done.status !== 0 || !existsSync(nodePath(root))) {
    throw new Error("the dependencies could not be installed (npm's words are above).\n"
      + "  Check the network or npm's registry setting, and that install scripts are allowed (`npm config get ignore-scripts` must be false); then start again.");
  }
}
