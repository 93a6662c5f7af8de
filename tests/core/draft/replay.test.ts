import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { authorsOf, foldOfLog } from "../../../core/draft/authorship.ts";
import { blobStroke, followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { dropFolded, foldUnder, type MaskBase, planRebase, serverClientId, trimKept } from "../../../core/draft/rebase.ts";
import { MaskReplay, type ReplayBase, type ReplayEntry } from "../../../core/draft/replay.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush, runsFromPredicate } from "../../../core/mask/rasterize.ts";
import { decodeBlobRuns, encodeStroke } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 40, 33], spacing: [0.5, 0.7, 1.5], origin: [-17, 4, 100] };

/** A log as a room writes it, with what a page showed after each entry: two people, undo, a blob, and rebases by the server. */
function lived(seed: number, steps: number) {
  const random = seededRandom(seed), entries: ReplayEntry[] = [], bases: ReplayBase[] = [], seen: string[] = [], blobs = new Map<string, Uint8Array>();
  const server = new Y.Doc();
  let base: MaskBase = {}, page = new MaskFold(grid), stop = followMasks(server, page);
  const bring = () => { for (const hash of page.blobNeeded()) page.addBlob(hash, blobs.get(hash)!); };
  const people = [11, 12].map((clientId) => { const doc = new Y.Doc(), fold = new MaskFold(grid); doc.clientID = clientId; followMasks(doc, fold); return { doc, author: new MaskAuthor(doc, fold) }; });
  const commit = (update: Uint8Array) => {
    Y.applyUpdate(server, update);
    for (const { doc } of people) Y.applyUpdate(doc, update);
    entries.push({ seq: entries.length + 1, update });
    bring();
    seen.push(`${page.hash()} ${page.hash("proposal")}`);
  };
  for (let step = 0; step < steps; step++) {
    const { doc, author } = people[random.below(2)], before = Y.encodeStateVector(server), roll = random.below(12);
    const at = (axis: number) => grid.origin[axis] + grid.spacing[axis] * random.below(grid.dims[axis]);
    const tip = () => rasterizeBrush(grid, { shape: "ball", radiusMm: 1 + random.below(6), plane: 2, points: [rasPoint(at(0), at(1), at(2))] });
    if (roll === 0) author.undo();
    else if (roll === 1) author.redo();
    else if (roll === 2) {
      const edge = random.below(60), { bytes, content } = blobStroke(grid, runsFromPredicate(grid, (i) => i % 70 > edge && i % 3 === 0)), hash = bytesToHex(sha256(bytes));
      blobs.set(hash, bytes);
      author.drawBlob(1 + random.below(3), content(hash));
    } else author.draw(random.below(4), tip(), random.chance(0.2) ? "proposal" : "anatomy");
    const update = Y.encodeStateAsUpdate(doc, before);
    if (update.length > 2) commit(update);
    if (step % 40 !== 39) continue;
    const plan = planRebase(server, (clientId) => `${clientId}`, 5);
    if (!plan) continue;
    const fold = foldUnder(server, grid, base, plan);
    for (const hash of fold.blobNeeded()) fold.addBlob(hash, blobs.get(hash)!);
    const copy = new Y.Doc(), state = Y.encodeStateVector(server);
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(server));
    copy.clientID = serverClientId;
    const trimmed = trimKept(server, grid, plan, new Map([...blobs].map(([hash, bytes]) => [hash, { byteLength: bytes.length, bricks: decodeBlobRuns(bytes) }])));
    for (const { blob } of trimmed) if (blob) blobs.set(blob.hash, blob.bytes);
    dropFolded(copy, plan, trimmed);
    base = { anatomy: fold.labelmap(), proposal: fold.labelmap("proposal") };
    bases.push({ seq: entries.length + 1, ...base });
    stop();
    const drop = Y.encodeStateAsUpdate(copy, state);
    Y.applyUpdate(server, drop);
    page = new MaskFold(grid, base.anatomy, base.proposal);
    stop = followMasks(server, page);
    commit(drop);
  }
  return { entries, bases, seen, blobs };
}

describe("MK8: a replay of the log", () => {
  it.each([1, 2, 3])("shows at every instant what a page showed then, forwards and backwards, over rebases and large strokes; seed %i", (seed) => {
    const { entries, bases, seen, blobs } = lived(seed, 130), replay = new MaskReplay(grid, entries, bases), random = seededRandom(seed + 50);
    expect(bases.length).toBeGreaterThan(1);
    const bring = () => { for (const hash of replay.blobNeeded()) replay.addBlob(hash, blobs.get(hash)!); };
    const shown = () => `${replay.fold.hash()} ${replay.fold.hash("proposal")}`;
    for (let position = 1; position <= replay.length; position++) {
      replay.to(position);
      bring();
      expect(shown(), `after entry ${position}`).toBe(seen[position - 1]);
    }
    for (let jump = 0; jump < 25; jump++) {
      const position = 1 + random.below(replay.length);
      replay.to(position);
      bring();
      expect(shown(), `jumped to ${position}`).toBe(seen[position - 1]);
    }
    replay.to(0);
    expect(replay.fold.voxelCounts()).toEqual(new Map());
  });

  it("names every brick that looks different", () => {
    const { entries, bases, blobs } = lived(7, 90), replay = new MaskReplay(grid, entries, bases), random = seededRandom(9), painted = new Map<number, string>();
    const hashOf = (labels: Uint8Array | undefined) => (labels?.some((value) => value !== 0) ? bytesToHex(sha256(labels)) : "");
    const content = (brick: number) => `${hashOf(replay.fold.brick(brick))}|${hashOf(replay.fold.brick(brick, "proposal"))}`;
    const paint = (dirty: ReadonlySet<number>) => { for (const brick of dirty) painted.set(brick, content(brick)); };
    for (let jump = 0; jump < 20; jump++) {
      paint(replay.to(random.below(replay.length + 1)));
      for (const hash of replay.blobNeeded()) paint(replay.addBlob(hash, blobs.get(hash)!));
      for (let brick = 0; brick < 3 * 2 * 2; brick++) {
        expect(painted.get(brick) ?? "|", `brick ${brick}`).toBe(content(brick));
      }
    }
  });
});

describe("MK12: who made what is there", () => {
  it.each([1, 2, 3])("is told of what rebases have folded, voxel by voxel as the whole log says; seed %i", (seed) => {
    const { entries, bases, seen, blobs } = lived(seed, 240), replay = new MaskReplay(grid, entries, bases);
    const bring = (fold: { blobNeeded(): string[]; addBlob(hash: string, bytes: Uint8Array): unknown }) => { for (const hash of fold.blobNeeded()) fold.addBlob(hash, blobs.get(hash)!); };
    replay.to(replay.length);
    bring(replay);
    const now = replay.fold, whole = foldOfLog(grid, entries);
    bring(whole);
    expect(bases.length).toBeGreaterThan(2);
    expect(`${now.hash()} ${now.hash("proposal")}`).toBe(seen.at(-1));
    const told = authorsOf(now, whole), plain = new Map<string, number>(), sum = (of: ReturnType<typeof authorsOf>) => [...of.values()].flatMap((byClient) => [...byClient.values()]).reduce((all, voxels) => all + voxels, 0);
    for (const brick of now.bricksOf()) now.brick(brick)?.forEach((value, local) => {
      const writer = value === 0 ? undefined : whole.lastWriter(brick, local);
      if (writer) plain.set(`${value} ${writer.clientId}`, (plain.get(`${value} ${writer.clientId}`) ?? 0) + 1);
    });
    expect(new Map([...told].flatMap(([value, byClient]) => [...byClient].map(([clientId, voxels]) => [`${value} ${clientId}`, voxels])))).toEqual(plain);
    // All of it has an author; without the log what lies in the base has none.
    expect(sum(told)).toBe([...now.voxelCounts().values()].reduce((all, voxels) => all + voxels, 0));
    expect(sum(now.contributions())).toBeLessThan(sum(told));
  });

  it("where the log shows something else than the mask, only strokes above the base have an author", () => {
    const fold = (base?: MaskFold) => new MaskFold(grid, base?.labelmap()), stroke = (counter: number, value: number, brick: number) => encodeStroke({ id: { clientId: 5, counter }, lamport: counter, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: [{ brick, runs: Uint16Array.of(0, 8) }] } });
    const below = fold(), whole = fold();
    for (const bytes of [stroke(1, 1, 0), stroke(2, 1, 1)]) { below.addStroke(bytes); whole.addStroke(bytes); }
    const now = fold(below);
    // Of the first brick the log says another value than what is there.
    whole.addStroke(stroke(3, 2, 0));
    now.addStroke(encodeStroke({ id: { clientId: 6, counter: 1 }, lamport: 9, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: [{ brick: 0, runs: Uint16Array.of(64, 3) }] } }));
    expect(authorsOf(now, whole)).toEqual(new Map([[1, new Map([[5, 8], [6, 3]])]]));
  });
});
