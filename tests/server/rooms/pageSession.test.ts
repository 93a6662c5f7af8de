import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { MaskSession } from "../../../app/room/session/maskSession.ts";
import { unsavedEdits } from "../../../app/ui/unsavedEdits.ts";
import { decodeStroke } from "../../../core/mask/stroke.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { readLog } from "../../../server/record/draftLog.ts";
import { openBench, strokesOf, until, type Bench } from "./roomBench.ts";

// The page's own session against a running room; of a browser it needs where it is and a way to its server.
const grid: Grid = { dims: [128, 128, 128], spacing: [1, 1, 1], origin: [0, 0, 0] };
let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer" }, false, { grid }); });
afterAll(() => bench.close());
afterEach(() => { vi.unstubAllGlobals(); });

/** More runs than the log takes itself. */
const noise = (shift: number) => Array.from({ length: 64 }, (_, brick) => ({ brick, runs: Uint16Array.from({ length: 2048 }, (_v, n) => (n % 2 === 0 ? 32 * (n >> 1) : 1 + (((n >> 1) + shift) % 31))) }));

/** A session whose blobs are stored when `go` is called. */
function open(): { session: MaskSession; posts: () => number; go: () => void } {
  let posts = 0, go: () => void = () => undefined;
  const isLet = new Promise<void>((resolve) => { go = resolve; });
  vi.stubGlobal("window", { location: { protocol: "http:", host: new URL(bench.url).host }, addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal("fetch", async (path: string, init: { body: Uint8Array }) => {
    if (!path.endsWith("/blobs")) return Response.json({ ticket: await bench.ticket("ana"), clientIds: [] });
    posts++;
    await isLet;
    return Response.json({ hash: await bench.blobs.put(init.body) });
  });
  return { session: new MaskSession(bench.caseId, grid, { onEvent: () => undefined, onEarlier: () => undefined }), posts: () => posts, go };
}

async function stored(): Promise<string[]> {
  const doc = new Y.Doc();
  for (const update of (await readLog(bench.db, bench.caseId, "masks")).updates) Y.applyUpdate(doc, update);
  return strokesOf(doc).toArray().map((bytes) => { const { value, content } = decodeStroke(bytes); return `${value} ${content.kind}`; }).sort();
}

it("a large act that is being stored counts as unsaved, and a room that is left waits for it", async () => {
  const { session, posts, go } = open();
  await until(() => session.state().isSynced, "synced");
  const before = await stored(), written = session.commitTogether([{ value: 1, bricks: noise(0) }, { value: 2, bricks: noise(7) }]);
  await until(() => posts() === 1, "on its way");
  expect(unsavedEdits()).toBe(1);
  session.leave();
  go();
  expect(await written).toHaveLength(2);
  await until(() => unsavedEdits() === 0, "saved");
  expect(await stored()).toEqual([...before, "1 blob", "2 blob"].sort());
});

it("an act that is cancelled while it is stored writes nothing, though part of it is stored", async () => {
  const { session, posts, go } = open(), stop = new AbortController();
  await until(() => session.state().isSynced, "synced");
  const before = await stored(), written = session.commitTogether([{ value: 1, bricks: noise(11) }, { value: 2, bricks: noise(13) }], stop.signal);
  await until(() => posts() === 1, "on its way");
  stop.abort(new Error("Cancelled."));
  go();
  await expect(written).rejects.toThrow("Cancelled.");
  expect([posts(), unsavedEdits(), await stored()]).toEqual([1, 0, before]);
  session.leave();
});

it("an act that is stored when the session ends tells that nothing was changed", async () => {
  const { session, posts, go } = open();
  await until(() => session.state().isSynced, "synced");
  const before = await stored(), written = session.commit(3, noise(17));
  await until(() => posts() === 1, "on its way");
  session.close();
  go();
  await expect(written).rejects.toThrow("Nothing was changed");
  expect([unsavedEdits(), await stored()]).toEqual([0, before]);
});
