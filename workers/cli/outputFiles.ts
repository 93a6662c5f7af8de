import { randomUUID } from "node:crypto";
import { access, constants, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../makeFolder.ts";
import { callerPath, CommandRefused, inputRefused, sha256, systemCode } from "./command.ts";
import { stoppable } from "./stopped.ts";

/** What a person reads of the system's refusals of a path. */
const pathFaults: Record<string, string> = {
  EACCES: "permission denied", EPERM: "permission denied", EROFS: "the file system is read-only", ENOENT: "nothing can be made there", ENOTDIR: "a part of the path is a file",
  EISDIR: "it is a folder", EEXIST: "a file is in the way", ENOTEMPTY: "it is a folder", ENAMETOOLONG: "the name is too long", ELOOP: "its links lead in a circle", EBUSY: "it is in use",
};

/** What the system's refusal of an output path means to the caller: exit 2, or 3 where the disk is full; anything else as it is. */
export function outputFault(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return inputRefused("no-space", `${path} cannot be written: the disk is full. Make room, then try again.`, { file: path });
  return Object.hasOwn(pathFaults, code) ? new CommandRefused(2, "not-writable", `${path} cannot be written: ${pathFaults[code]}. Name another place with --out.`, { file: path }) : error;
}

/** Looks whether an output can be written, before anything is computed for it; makes nothing. @throws CommandRefused */
export async function checkOutput(path: string, kind: "file" | "folder" = "file"): Promise<void> {
  const target = callerPath(path), there = await stat(target).catch(() => null);
  try {
    if (there && there.isDirectory() !== (kind === "folder")) throw Object.assign(new Error("in the way"), { code: kind === "folder" ? "EEXIST" : "EISDIR" });
    for (let at = kind === "folder" ? target : dirname(target); ; at = dirname(at)) {
      const held = await stat(at).catch((error: unknown) => { if (systemCode(error) !== "ENOENT") throw error; return null; });
      if (!held) continue;
      if (!held.isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
      return await access(at, constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    throw outputFault(error, path);
  }
}

/**
 * Writes all files or none: each beside its target first, then renamed. Paths as the caller gave them. Who stops it meanwhile
 * finds nothing half written. @throws CommandRefused where the system refuses a path
 */
export async function writeOutputs(files: Record<string, Uint8Array>): Promise<Record<string, string>> {
  for (const path of Object.keys(files)) await checkOutput(path);
  return stoppable(async (stop) => {
    const halves: { half: string; target: string }[] = [], made: string[] = [], hashes: Record<string, string> = {};
    let current = "";
    try {
      for (const [path, bytes] of Object.entries(files)) {
        current = path;
        const target = callerPath(path), half = `${target}.${randomUUID()}.part`;
        made.unshift(...await makeFolder(dirname(target)));
        halves.push({ half, target });
        await writeFile(half, bytes, { signal: stop });
        hashes[path] = sha256(bytes);
      }
      for (const { half, target } of halves) await rename(half, target);
    } catch (error) {
      for (const { half } of halves) await rm(half, { force: true });
      for (const folder of made) await rmdir(folder).catch(() => undefined);
      throw outputFault(error, current);
    }
    return hashes;
  });
}
