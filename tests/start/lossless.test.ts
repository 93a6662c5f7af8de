import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denseLabels } from "../../core/mask/labelmap.ts";
import { decodeMark } from "../../core/mask/mark.ts";
import { rasterizeBrush } from "../../core/mask/rasterize.ts";
import { decodeBlobRuns, decodeStroke } from "../../core/mask/stroke.ts";
import { type Grid, ijkPoint, ijkToRas, rasPoint } from "../../core/space/grid.ts";
import { foldDense, seededRandom } from "../support/denseOracle.ts";
import { HeadlessRoom, signInHeadless, type HeadlessPerson } from "../support/headlessPerson.ts";
import { startProduct, type Product } from "../support/product.ts";
import { until } from "../support/until.ts";

const kills = 5;
const seed = Number(process.env.LOSSLESS_SEED ?? Math.floor(performance.timeOrigin) % 1_000_000);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let product: Product, caseId: string, grid: Grid;
const people: HeadlessPerson[] = [], rooms: HeadlessRoom[] = [];
const serverPid = () => (JSON.parse(readFileSync(join(product.dataDir, "processes.json"), "utf8")) as { server: number }).server;
const standing = () => rooms.map((room) => room.standing).join("\n");
const isHealthy = async () => (await fetch(`${product.origin}/api/health`).catch(() => null))?.ok === true;

describe("killing the server while people draw", () => {
  beforeAll(async () => {
    product = await startProduct();
    const first = await signInHeadless(product.origin, "demo-engineer");
    people.push(first, await signInHeadless(product.origin, "demo-surgeon"), await signInHeadless(product.origin, "demo-specialist"));
    await until("the demo case is there", async () => {
      const [demo] = await first.query<{ id: string }[]>("cases.list", undefined);
      if (!demo) return false;
      const found = await first.query<{ grid: Grid | null }>("cases.get", { caseId: demo.id });
      if (found.grid) [caseId, grid] = [demo.id, found.grid];
      return found.grid !== null;
    }, 120_000);
    rooms.push(...people.map((person) => new HeadlessRoom(product.origin, person, caseId, grid)));
    await until("all have joined", () => rooms.every((room) => room.isSynced), 30_000, standing);
  });
  afterAll(async () => {
    for (const room of rooms) room.close();
    await product?.stop();
  });

  it("RM1 A1 A3: after each of five kill -9 nothing acknowledged is missing, and the rest arrives once", async () => {
    const random = seededRandom(seed), before = new Set(rooms[0].entries());
    const drawn = new AbortController();
    /** Draws short ball strokes round the middle, so that people overlap; takes back and shows again now and then. */
    const draw = async (room: HeadlessRoom) => {
      while (!drawn.signal.aborted) {
        if (room.fold.strokesOf(new Set([room.doc.clientID])).length > 3 && random.chance(0.15)) {
          if (random.chance(0.6)) room.author.undo(); else room.author.redo();
        } else {
          room.author.begin(random.chance(0.2) ? 0 : 1);
          let at = rasPoint(0, 0, 0);
          for (let part = 0; part < 3; part++) {
            // Now and then the pointer rests: two increments of a stroke then have the same bytes, and both must arrive.
            if (part === 0 || random.chance(0.9)) at = ijkToRas(grid, ijkPoint(grid.dims[0] / 2 + random.below(24) - 12, grid.dims[1] / 2 + random.below(24) - 12, grid.dims[2] / 2 + random.below(24) - 12));
            room.author.push(rasterizeBrush(grid, { shape: "ball", radiusMm: 4, plane: 2, points: [at, rasPoint(at[0] + 6, at[1], at[2])] }));
            await wait(20 + random.below(20));
          }
          room.author.end();
        }
        await wait(random.below(30));
      }
    };
    const drawing = rooms.map(draw);
    for (let kill = 0; kill < kills; kill++) {
      await wait(800 + random.below(1500));
      const pid = serverPid(), promised = rooms.map((room) => new Set(room.acknowledged));
      process.kill(pid, "SIGKILL");
      await until("another server runs", async () => serverPid() !== pid && await isHealthy());
      const witness = new HeadlessRoom(product.origin, people[kill % people.length], caseId, grid);
      await until("a newcomer has joined", () => witness.isSynced);
      const there = new Set(witness.entries());
      for (const [i, acked] of promised.entries()) {
        expect(acked.size, `seed ${seed}: person ${i} had something acknowledged`).toBeGreaterThan(0);
        expect([...acked].filter((entry) => !there.has(entry)), `seed ${seed}, kill ${kill}, person ${i}`).toEqual([]);
      }
      witness.close();
    }
    drawn.abort();
    await Promise.all(drawing);
    expect(rooms.flatMap((room) => room.refusals), `seed ${seed}`).toEqual([]);
    await until("everything is saved", () => rooms.every((room) => room.isSynced && room.unsaved === 0), 30_000, standing);

    const witness = new HeadlessRoom(product.origin, people[0], caseId, grid);
    await until("the last newcomer has joined", () => witness.isSynced);
    const all = witness.entries().filter((entry) => !before.has(entry));
    expect(all.toSorted(), `seed ${seed}: each once`).toEqual(rooms.flatMap((room) => room.written).toSorted());
    await until("all hold the same", () => rooms.every((room) => room.entries().length === witness.entries().length), 30_000, standing);

    await until("large strokes have come", () => [...rooms, witness].every((room) => room.fold.blobNeeded().length === 0));
    const log = witness.doc.getArray<Uint8Array>("strokes").toArray().map((bytes) => {
      const entry = decodeStroke(bytes);
      return { entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : decodeBlobRuns(witness.blobs.get(entry.content.hash) ?? new Uint8Array()) };
    });
    const marks = witness.doc.getArray<Uint8Array>("marks").toArray().map(decodeMark);
    const oracle = foldDense(grid, log, marks);
    for (const room of [...rooms, witness]) expect(Buffer.compare(denseLabels(room.fold.labelmap()), oracle), `seed ${seed}: the mask is the log's`).toBe(0);
    expect(oracle.some((value) => value !== 0)).toBe(true);
    witness.close();
  });

  it("MK5: undo after coming back reaches the strokes of earlier visits, and nobody else's", async () => {
    const [mine, theirs] = rooms;
    mine.close();
    const back = new HeadlessRoom(product.origin, people[0], caseId, grid);
    rooms[0] = back;
    await until("back in the room", () => back.isSynced);
    const ids = new Set([mine.doc.clientID]), newest = back.fold.strokesOf(ids).findLast(({ hidden }) => !hidden);
    expect(newest).toBeDefined();
    expect(back.author.undo()).toEqual(newest?.id);
    await until("the undo is saved and seen", () => back.unsaved === 0 && newest !== undefined && theirs.fold.stroke(newest.id)?.hidden === true);
    type Told = { id: { clientId: number; counter: number }; name: string; hidden: boolean; voxels: number };
    const told = async () => (await people[1].query<Told[]>("masks.history", { caseId })).find(({ id }) => id.clientId === newest?.id.clientId && id.counter === newest.id.counter);
    expect(await told()).toMatchObject({ name: "Elin Berg", hidden: true });
    expect((await told())?.voxels).toBeGreaterThan(0);
    expect(back.author.redo()).toEqual(newest?.id);
    await until("the redo is seen", () => newest !== undefined && theirs.fold.stroke(newest.id)?.hidden === false);
    expect(await told()).toMatchObject({ hidden: false });
  });
});
