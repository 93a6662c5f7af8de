import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Beside the dependencies, which are trusted as much; what is there can be thrown away at any time. */
const root = fileURLToPath(new URL("../../", import.meta.url)), home = join(root, "node_modules", ".cache", "caseroom-import");
let key: string | undefined;

/** Names the code by what it was when it was compiled: each source's path, size and time, and the Node that reads it. */
function keyOf(): string {
  const hash = createHash("sha256").update(process.version);
  for (const folder of ["core", "workers/import"]) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts")).sort()) {
      const { size, mtimeMs } = statSync(join(root, folder, name));
      hash.update(`\0${folder}/${name}\0${size}\0${mtimeMs}`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Lends an import's child the compiled form of its own code, without which half of a small import is spent on reading the
 * sources. Each child gets a copy in the folder where it may write: one that is taken over by a file can spoil nobody else's.
 * @param staging the child's folder
 * @returns the copy for `NODE_COMPILE_CACHE`; null while there is none
 */
export async function lendCode(staging: string): Promise<string | null> {
  const copy = join(staging, "code");
  try {
    await cp(join(home, key ??= keyOf()), copy, { recursive: true });
    return copy;
  } catch {
    await rm(copy, { recursive: true, force: true });
    return null;
  }
}

let isMaking = false;

/** Has the code compiled for later imports, by a process that reads nothing else; nobody waits for it, and nothing needs it. */
export async function compileCode(child: string): Promise<void> {
  if (isMaking) return;
  isMaking = true;
  try {
    if (existsSync(join(home, key ??= keyOf()))) return;
    await mkdir(home, { recursive: true });
    for (const old of await readdir(home)) if (statSync(join(home, old)).mtimeMs < Date.now() - 60_000) await rm(join(home, old), { recursive: true, force: true });
    const part = await mkdtemp(join(home, "part-"));
    spawn(process.execPath, ["--disable-warning=ExperimentalWarning", child, "--compile", part, join(home, key)], {
      stdio: "ignore", detached: true, env: { NODE_ENV: "production", PATH: process.env.PATH, NODE_COMPILE_CACHE: part },
    }).on("error", () => undefined).unref();
  } catch {
    // A folder that cannot be written: every import reads the sources.
  }
}
