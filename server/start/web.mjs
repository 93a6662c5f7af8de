// Builds the pages when what they are made of has changed.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "./postgres.mjs";

const inputs = ["app", "core", "public", "server/api", "package-lock.json", "next.config.ts", "postcss.config.mjs", "instrumentation-client.ts", "tsconfig.json"];

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesUnder(join(path, name)));
}

/** Hash of everything that the pages are built from, hex. */
export function webHash(root) {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap((input) => filesUnder(join(root, input)))) {
    hash.update(`${file.slice(root.length)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}

/**
 * @param {(args: string[]) => Promise<{code: number, output: string}>} runNode runs Node 24 to its end
 */
export async function ensureWeb(root, say, runNode) {
  const stamp = join(root, ".next", "caseroom-stamp"), wanted = webHash(root);
  if (existsSync(join(root, ".next", "BUILD_ID")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("building the pages (half a minute or so)");
  const { code, output } = await runNode([join(root, "node_modules/next/dist/bin/next"), "build"]);
  if (code !== 0) {
    // A failed build poisons Next's cache: the same failure would come back after it is mended.
    rmSync(join(root, ".next"), { recursive: true, force: true });
    throw new StartError(`the pages could not be built:\n${output.slice(-4000)}`);
  }
  writeFileSync(stamp, wanted);
}
