import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/**
 * Makes a folder and those above it. Node's own `recursive` tries for ever where nothing can be made in a folder that is there
 * (such as /proc). @returns those that were not there, the lowest first @throws the system's error (ENOTDIR where one is a file)
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const made: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const there = await stat(at).catch((error: unknown) => {
      if (codeOf(error) !== "ENOENT" || at === dirname(at)) throw error;
      return null;
    });
    if (there?.isDirectory()) break;
    if (there) throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${at}'`), { code: "ENOTDIR", syscall: "mkdir", path: at });
    made.push(at);
  }
  for (const one of made.toReversed()) await mkdir(one).catch((error: unknown) => { if (codeOf(error) !== "EEXIST") throw error; });
  return made;
}
