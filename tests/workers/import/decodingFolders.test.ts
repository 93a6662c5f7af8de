import { mkdir, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { freshMs, openDecodingFolder, sweepDecodingFolders } from "../../../workers/decodingFolders.ts";

it("IM14: a living worker's folder stays however long it was not touched; a dead one's goes once it is not fresh, and nothing else", async () => {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-decoding-")), living = "11111111-1111-4111-8111-111111111111", dead = "22222222-2222-4222-8222-222222222222";
  try {
    const stalled = join(dir, `decoding-${living}-aaaaaa`), left = join(dir, `decoding-${dead}-bbbbbb`), fresh = await openDecodingFolder(dir, dead), uploads = join(dir, "uploads");
    const long = new Date(Date.now() - 10 * freshMs);
    for (const path of [stalled, left, uploads]) { await mkdir(path); await utimes(path, long, long); }
    const asked: string[][] = [];
    expect(await sweepDecodingFolders(dir, async (ids) => { asked.push(ids.toSorted()); return new Set([living]); })).toBe(1);
    expect(asked).toEqual([[living, dead]]);
    expect((await readdir(dir)).sort()).toEqual([stalled, fresh.path, uploads].map((path) => basename(path)).sort());
    await fresh.done();
    expect((await readdir(dir)).sort()).toEqual([stalled, uploads].map((path) => basename(path)).sort());
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
