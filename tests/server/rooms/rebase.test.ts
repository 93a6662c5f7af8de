import { eq } from "drizzle-orm";
import * as decoding from "lib0/decoding";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { denseLabels } from "../../../core/mask/labelmap.ts";
import { decodeMark } from "../../../core/mask/mark.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { type BrickRuns, decodeStroke } from "../../../core/mask/stroke.ts";
import { type BaseNotice, baseNotice, messageType } from "../../../core/protocol/room.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { clientLease, draftBase, draftLog } from "../../../drizzle/schema.ts";
import { DraftReading, layersOf, readBase, readMasks } from "../../../server/record/draftBase.ts";
import { listStrokes } from "../../../server/record/draftHistory.ts";
import { readLog, serverAuthor } from "../../../server/record/draftLog.ts";
import { updatesAfter } from "../../../server/record/builds.ts";
import { newMasksDoc } from "../../../server/rooms/roomTwin.ts";
import { foldDense, seededRandom } from "../../support/denseOracle.ts";
import { openBench, strokesOf, until, type Bench } from "./roomBench.ts";

const grid: Grid = { dims: [40, 6, 3], spacing: [1, 1, 1], origin: [0, 0, 0] };
const keep = 5, every = 60;
let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer", vic: "viewer" }, true, { rebaseEvery: every, undoKept: keep, grid }); });
afterAll(() => bench.close());
beforeEach(async () => {
  bench.line?.heal();
  bench.leaveAll();
  await bench.restart();
  await bench.direct.delete(draftLog);
  await bench.direct.delete(draftBase);
  await bench.direct.delete(clientLease);
  bench.logged.length = 0;
});

/** A stock client that draws with our author, and keeps what the room says besides. */
async function page(userId: string, own: number[] = []) {
  const { doc, provider } = await bench.join(userId);
  const bases: BaseNotice[] = [], told = { late: 0 };
  provider.messageHandlers[messageType.base] = (_out, from) => { bases.push(baseNotice.parse(JSON.parse(decoding.readVarString(from)))); };
  provider.messageHandlers[messageType.late] = (_out, from) => { told.late += decoding.readVarUint(from); };
  await until(() => provider.synced, "synced");
  const fold = new MaskFold(grid);
  followMasks(doc, fold);
  const author = new MaskAuthor(doc, fold, own);
  /** What a page shows: the base that it was told of, and the strokes on it. */
  const shown = async () => {
    const last = bases.at(-1), { anatomy, proposal } = last ? await layersOf(bench.blobs, { anatomyHash: last.anatomy, proposalHash: last.proposal }) : {};
    const whole = new MaskFold(grid, anatomy, proposal);
    const stop = followMasks(doc, whole);
    author.refold(whole);
    stop();
    followMasks(doc, whole);
    return whole;
  };
  return { doc, provider, bases, told, author, shown };
}
const run = (random: ReturnType<typeof seededRandom>): BrickRuns[] => {
  const row = random.below(6), z = random.below(3), at = random.below(20);
  return [{ brick: 0, runs: Uint16Array.of(z * 1024 + row * 32 + at, 1 + random.below(12)) }];
};
const rows = () => bench.direct.select().from(draftLog).where(eq(draftLog.caseId, bench.caseId)).orderBy(draftLog.seq);
const rebases = () => bench.direct.select().from(draftBase).where(eq(draftBase.caseId, bench.caseId)).orderBy(draftBase.seq);
/** Everything that was ever drawn, out of the log alone, folded by the oracle. Right as long as no stroke came late. */
async function oracle(): Promise<Uint8Array> {
  const doc = new Y.Doc(), strokes = new Map<string, Uint8Array>(), marks = new Map<string, Uint8Array>();
  for (const [root, found] of [["strokes", strokes], ["marks", marks]] as const) {
    doc.getArray<Uint8Array>(root).observe((event) => { for (const { insert } of event.changes.delta) if (Array.isArray(insert)) for (const bytes of insert as Uint8Array[]) found.set(Buffer.from(bytes).toString("hex"), bytes); });
  }
  for (const { update, userId } of await rows()) if (userId !== serverAuthor.userId) Y.applyUpdate(doc, update);
  const log = [...strokes.values()].map(decodeStroke).map((entry) => ({ entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] }));
  return foldDense(grid, log, [...marks.values()].map(decodeMark));
}

describe("rebase by the server", () => {
  it("A14 MK1: old strokes go into a base that newcomers begin with; everybody sees what the whole log says", async () => {
    const random = seededRandom(5), ana = await page("ana"), ben = await page("ben");
    ben.author.draw(2, run(random));
    for (let i = 0; i < 3 * every; i++) {
      ana.author.draw(1 + random.below(3), run(random));
      if (random.chance(0.1)) ana.author.undo();
      if (i % 40 === 39) await until(async () => (await rows()).length > i / 2, "in the log");
    }
    await until(async () => (await rebases()).length > 0 && ana.doc.getArray("strokes").length < every + 20, "rebased");
    await until(() => ana.bases.length > 0 && ben.bases.length > 0 && strokesOf(ana.doc).length === strokesOf(ben.doc).length, "told");
    const expected = await oracle(), late = await page("vic");
    expect(late.bases).toHaveLength(1);
    expect(strokesOf(late.doc).length).toBeLessThan(every + 20);
    for (const one of [ana, ben, late]) expect(Buffer.compare(denseLabels((await one.shown()).labelmap()), expected)).toBe(0);
    // The one stroke of somebody who drew long ago is still there to be taken back.
    expect((await ben.shown()).strokesOf(new Set([ben.doc.clientID]))).toHaveLength(1);
    const reading = await DraftReading.begin(bench.direct, bench.blobs, bench.caseId, grid);
    await reading.add(await updatesAfter(bench.direct, bench.caseId, reading.seq), bench.blobs);
    expect(reading.fold.hash()).toBe((await late.shown()).hash());
    // The whole log, replayed, gives the same document as its short form.
    const whole = newMasksDoc((await readLog(bench.direct, bench.caseId, "masks")).updates), short = newMasksDoc((await readMasks(bench.direct, bench.blobs, bench.caseId)).updates);
    expect(short.getArray("strokes").toJSON()).toEqual(whole.getArray("strokes").toJSON());
    expect(Y.encodeStateVector(short)).toEqual(Y.encodeStateVector(whole));
  });

  it("MK5: after a rebase and a reload undo reaches one's youngest strokes, and no further", async () => {
    const random = seededRandom(6), ana = await page("ana");
    for (let i = 0; i < every + 10; i++) ana.author.draw(1 + (i % 3), run(random));
    await until(() => ana.bases.length > 0 && strokesOf(ana.doc).length < every, "rebased");
    await bench.restart();
    const again = await page("ana", [ana.doc.clientID]);
    const fold = await again.shown();
    const left = fold.strokesOf(new Set([ana.doc.clientID]));
    expect(left.length).toBeGreaterThanOrEqual(keep);
    for (let i = 0; i < left.length; i++) expect(again.author.undo()).toEqual(left[left.length - 1 - i].id);
    expect(again.author.undo()).toBeUndefined();
    await until(async () => Buffer.compare(denseLabels(fold.labelmap()), await oracle()) === 0, "as the log says");
  });

  it("RM1: what people draw while a rebase is under way is in the log, and none of it is lost or doubled", async () => {
    const random = seededRandom(7), pages = [await page("ana"), await page("ben")];
    for (let i = 0; i < 400; i++) {
      const { author } = pages[i % 2];
      author.draw(1 + random.below(3), run(random));
      if (random.chance(0.05)) author.undo();
      await new Promise((resolve) => setTimeout(resolve, random.below(4)));
    }
    await until(async () => (await rebases()).length >= 2, "rebased twice");
    await until(() => strokesOf(pages[0].doc).length === strokesOf(pages[1].doc).length, "alike");
    await until(async () => {
      const expected = await oracle();
      for (const one of pages) if (Buffer.compare(denseLabels((await one.shown()).labelmap()), expected) !== 0) return false;
      return true;
    }, "as the log says");
    expect(bench.logged.filter((event) => event === "room.rebaseFailed")).toEqual([]);
  });

  it("a stroke that comes too late for its place lies on the base, alike for everybody, and its author is told", async () => {
    const random = seededRandom(8), ana = await page("ana"), ben = await page("ben");
    ben.provider.disconnect();
    ben.author.draw(3, [{ brick: 0, runs: Uint16Array.of(0, 20) }]);
    for (let i = 0; i < every + 10; i++) ana.author.draw(1, run(random));
    await until(() => ana.bases.length > 0 && strokesOf(ana.doc).length < every, "rebased");
    // Tickets are for one connection; this one comes back as a new client with the same document.
    const { doc } = ben, back = await bench.join("ben", doc);
    let late = 0;
    back.provider.messageHandlers[messageType.late] = (_out, from) => { late += decoding.readVarUint(from); };
    back.provider.messageHandlers[messageType.base] = (_out, from) => { ben.bases.push(baseNotice.parse(JSON.parse(decoding.readVarString(from)))); };
    await until(() => late === 1, "told");
    await until(() => strokesOf(ana.doc).length === strokesOf(doc).length, "alike");
    expect((await ana.shown()).hash()).toBe((await ben.shown()).hash());
    const reading = await DraftReading.begin(bench.direct, bench.blobs, bench.caseId, grid);
    await reading.add(await updatesAfter(bench.direct, bench.caseId, reading.seq), bench.blobs);
    expect(reading.fold.hash()).toBe((await ana.shown()).hash());
  });

  it("A1 A14: a server that ends while a rebase is under way leaves base and log as they were, or both moved", { timeout: 60_000 }, async () => {
    const random = seededRandom(9);
    for (let round = 0; round < 6; round++) {
      const ana = await page("ana");
      for (let i = 0; i < every; i++) ana.author.draw(1 + random.below(3), run(random));
      await new Promise((resolve) => setTimeout(resolve, random.below(400)));
      if (round % 2) bench.line?.cut();
      const restarting = bench.restart();
      await restarting;
      bench.line?.heal();
      const base = await readBase(bench.direct, bench.caseId), log = await readLog(bench.direct, bench.caseId, "masks");
      const moved = (await rows()).filter(({ userId }) => userId === serverAuthor.userId);
      expect(moved.map(({ seq }) => seq)).toEqual((await rebases()).map(({ seq }) => seq));
      expect(base?.seq ?? 0).toBeLessThanOrEqual(log.end.seq);
      bench.leaveAll();
      const fresh = await page("vic");
      expect(Buffer.compare(denseLabels((await fresh.shown()).labelmap()), await oracle()), `round ${round}`).toBe(0);
      bench.leaveAll();
    }
  });

  it("A7: the document of a base that is gone from the store costs time and nothing else", async () => {
    const random = seededRandom(10), ana = await page("ana");
    for (let i = 0; i < every + 10; i++) ana.author.draw(1, run(random));
    await until(async () => (await rebases()).length > 0, "rebased");
    bench.leaveAll();
    await bench.restart();
    await bench.direct.update(draftBase).set({ documentHash: "0".repeat(64) });
    const short = await readMasks(bench.direct, bench.blobs, bench.caseId);
    expect(short.updates.length).toBe((await rows()).length);
    const fresh = await page("vic");
    expect(Buffer.compare(denseLabels((await fresh.shown()).labelmap()), await oracle())).toBe(0);
  });

  it("RM2: the history names who drew what, folded or not, and never the server", async () => {
    const random = seededRandom(11), ana = await page("ana"), ben = await page("ben");
    ben.author.draw(2, [{ brick: 0, runs: Uint16Array.of(0, 30) }]);
    for (let i = 0; i < every + 10; i++) ana.author.draw(1, run(random));
    await until(async () => (await rebases()).length > 0, "rebased");
    const history = await listStrokes(bench.direct, bench.caseId);
    expect(history).toHaveLength(every + 11);
    expect(new Set(history.map(({ userId }) => userId))).toEqual(new Set(["ana", "ben"]));
    expect(history.find(({ userId }) => userId === "ben")).toMatchObject({ voxels: 30, folded: false });
    expect(history.filter(({ folded }) => folded).length).toBeGreaterThan(every / 3);
  });
});
