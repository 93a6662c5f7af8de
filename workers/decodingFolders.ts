import { mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

// In such a folder an upload is unpacked, before anything of it was de-identified: what a killed worker leaves there names a
// patient. So each bears its worker's id, is touched while it is used, and is deleted by the others once that worker is dead.
const named = /^decoding-([0-9a-f-]{36})-/;
const beatMs = 2000;
/** A folder that was touched within this time is in use, whatever else is known of its worker, ms. */
export const freshMs = 10_000;
/** The same for one that names no worker, as they did before: longer than an import may take. */
const freshUnnamedMs = 3_600_000;

/** A folder for one import; `done` deletes it with all that lies in it. */
export async function openDecodingFolder(dataDir: string, worker: string): Promise<{ path: string; done(): Promise<void> }> {
  const path = await mkdtemp(join(dataDir, `decoding-${worker}-`));
  const beat = setInterval(() => { const now = new Date(); utimes(path, now, now).catch(() => undefined); }, beatMs);
  return { path, done: async () => { clearInterval(beat); await rm(path, { recursive: true, force: true }); } };
}

/**
 * Deletes the folders of workers that died. @param aliveOf which of these ids are of living workers
 * @returns how many went
 */
export async function sweepDecodingFolders(dataDir: string, aliveOf: (workers: string[]) => Promise<Set<string>>): Promise<number> {
  const folders = (await readdir(dataDir)).filter((name) => name.startsWith("decoding-")).map((name) => ({ path: join(dataDir, name), worker: named.exec(name)?.[1] ?? null }));
  if (folders.length === 0) return 0;
  const alive = await aliveOf([...new Set(folders.flatMap(({ worker }) => worker ?? []))]);
  let gone = 0;
  for (const { path, worker } of folders) {
    if (worker !== null && alive.has(worker)) continue;
    const touched = await stat(path).then(({ mtimeMs }) => mtimeMs, () => null);
    if (touched === null || Date.now() - touched < (worker === null ? freshUnnamedMs : freshMs)) continue;
    await rm(path, { recursive: true, force: true });
    gone++;
  }
  return gone;
}
