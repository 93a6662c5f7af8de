// One start per data folder.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "./postgres.mjs";

/** When a process began, in the system's own words, so that a reused pid is not taken for the old one. */
function birthOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[19];
  } catch {
    return ""; // not Linux, or gone: then the pid alone decides
  }
}

function isAlive({ pid, birth }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  return birth === birthOf(pid);
}

/**
 * Takes the folder for this process.
 * @returns {() => void} gives it back
 * @throws StartError when another start has it
 */
export function lockFolder(dataDir) {
  const path = join(dataDir, "start.lock"), mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }));
  try {
    for (let tries = 0; tries < 5; tries++) {
      try {
        linkSync(mine, path); // atomic: either there is no lock and ours is whole, or it fails
        return () => rmSync(path, { force: true });
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      let owner;
      try {
        owner = JSON.parse(readFileSync(path, "utf8"));
      } catch (error) {
        if (error.code === "ENOENT") continue;
        owner = { pid: -1, birth: "unreadable" };
      }
      if (owner.pid > 0 && isAlive(owner)) {
        throw new StartError(`Caseroom is already running on ${dataDir} (process ${owner.pid}).\n  Stop it first, or give this one a folder of its own: CASEROOM_DATA=… PORT=… npm start`);
      }
      renameSync(path, `${mine}.stale`);
      rmSync(`${mine}.stale`, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new StartError(`${path} could not be taken; try again`);
}
