import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "fflate";
import * as Y from "yjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BrushStrokeInput } from "../../../app/room/tools/brushStroke.ts";
import { brushIntent, outlineIntent, traceIntent } from "../../../app/room/tools/intents.ts";
import type { OutlineDraft } from "../../../app/room/tools/outlineDraft.ts";
import { type RoomState, RoomStore } from "../../../app/room/roomStore.ts";
import type { RoomSegment } from "../../../app/room/useRoom.ts";
import { followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { applyDrawing } from "../../../core/mask/drawing/apply.ts";
import { drawingIntent, type DrawingIntent } from "../../../core/mask/drawing/intent.ts";
import { denseLabels, fromDense } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { run } from "../../../workers/cli/segment.ts";

const grid: Grid = { dims: [45, 38, 21], spacing: [0.75, 0.5, 2], origin: [-10, 5, 30] }, count = 45 * 38 * 21;
const place = (i: number): [number, number, number] => [i % 45, Math.floor(i / 45) % 38, Math.floor(i / (45 * 38))];
const hu = Int16Array.from({ length: count }, (_, i) => { const [x, y, z] = place(i); return Math.round(1200 - 60 * Math.sqrt((x - 22) ** 2 + (y - 19) ** 2 + 4 * (z - 10) ** 2)); });
const labels = Uint8Array.from({ length: count }, (_, i) => { const [x, y, z] = place(i); return z < 3 ? 2 : (x - 22) ** 2 + (y - 19) ** 2 < 150 ? 1 : 0; });
const proposal = Uint8Array.from({ length: count }, (_, i) => (place(i)[0] > 30 ? 2 : 0));
const segments = [1, 2, 3].map((value) => ({ value, name: `S${value}`, isLocked: value === 3 }) as RoomSegment);
const at = (i: number, j: number, k: number) => rasPoint(-10 + 0.75 * i, 5 + 0.5 * j, 30 + 2 * k);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawing-"));
  await writeFile(join(folder, "ct.nii.gz"), gzipSync(encodeNifti({ grid, data: hu })));
  await writeFile(join(folder, "labels.nii.gz"), gzipSync(encodeNifti({ grid, data: labels })));
  await writeFile(join(folder, "proposal.nii.gz"), gzipSync(encodeNifti({ grid, data: proposal })));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the command line makes of intents. */
async function byJob(intents: readonly unknown[], more: readonly string[] = []): Promise<Uint8Array> {
  await writeFile(join(folder, "effects.json"), JSON.stringify(intents));
  const end = await run(["--volume", join(folder, "ct.nii.gz"), "--labels", join(folder, "labels.nii.gz"), "--proposal", join(folder, "proposal.nii.gz"), "--effects", join(folder, "effects.json"), "--out", join(folder, "out.nii.gz"), ...more]);
  expect(end).toMatchObject({ exitCode: 0 });
  return Uint8Array.from(decodeNifti(gunzipSync(new Uint8Array(await readFile(join(folder, "out.nii.gz"))))).data);
}
/** What a room's fold holds after the same. */
function inRoom(intent: DrawingIntent): Uint8Array {
  const doc = new Y.Doc(), fold = new MaskFold(grid, fromDense(grid, labels), fromDense(grid, proposal));
  followMasks(doc, fold, () => {});
  const { strokes } = applyDrawing(intent, { source: fold, hu });
  new MaskAuthor(doc, fold).drawTogether(strokes.map(({ value, layer, bricks }) => ({ value, layer, content: { kind: "runs", bricks } })));
  return denseLabels(fold.labelmap());
}
const stateWith = (change: Partial<RoomState>): RoomState => {
  const store = new RoomStore(grid, at(22, 19, 10));
  store.set({ segment: 1, ...change });
  return store.get();
};
const draft = (change: Partial<OutlineDraft>): OutlineDraft => ({ pane: "axial", shape: "freeForm", points: [], next: null, held: null, pressedAtMs: 0, ...change });
const round = [at(10, 10, 10), at(30, 8, 10), at(36, 25, 10), at(20, 33, 10), at(8, 21, 10)];
const camera = { across: [-3, 1, 0, 90], down: [0.2, 0.6, -3, 140] } as const;
const scissors = stateWith({}).scissors;

describe("job segment does what the room does", () => {
  const cases: readonly [string, () => DrawingIntent | undefined][] = [
    ["a drawn outline", () => outlineIntent(draft({ points: round }), stateWith({ tool: "draw", segment: 2, overwrite: "none" }), segments, grid)],
    ["a polygon in a coronal slice", () => outlineIntent(draft({ pane: "coronal", shape: "polygon", points: [at(5, 12, 3), at(33, 12, 4), at(20, 12, 18)] }), stateWith({ tool: "draw", onlyHu: [300, 1000] }), segments, grid)],
    ["level tracing", () => traceIntent(at(28.4, 19.3, 10), "axial", stateWith({ segment: 2 }), segments)],
    ["circle scissors to a depth", () => outlineIntent(draft({ shape: "circle", points: [at(20, 18, 8), at(26, 18, 8)] }), stateWith({ tool: "scissors", scissors: { ...scissors, shape: "circle", depth: "symmetric", depthMm: 4 } }), segments, grid)],
    ["rectangle scissors toward the viewer, filling outside", () => outlineIntent(draft({ pane: "sagittal", shape: "rectangle", points: [at(12, 8, 4), at(12, 30, 16)] }), stateWith({ tool: "scissors", convention: "neurological", scissors: { ...scissors, operation: "fillOutside", depth: "toward" } }), segments, grid)],
    ["a cut on the surfaces", () => outlineIntent(draft({ pane: "surface", points: [[40, 20], [120, 25], [100, 70], [55, 80]], seen: { view: camera, at: at(20, 25, 12) } }), stateWith({ tool: "scissors", scissors: { ...scissors, of: "all", depth: "away" } }), segments, grid)],
    ["a cut on the surfaces from the foremost voxel", () => outlineIntent(draft({ pane: "surface", shape: "circle", points: [[80, 50], [100, 60]], seen: { view: camera, at: undefined } }), stateWith({ tool: "scissors", scissors: { ...scissors, depth: "symmetric", depthMm: 5 } }), segments, grid)],
    ["accepting under a brush", () => outlineIntent(draft({ shape: "trail", points: [at(28, 12, 9), at(36, 20, 9)] }), stateWith({ tool: "settle", brush: { shape: "ball", radiusMm: 5 } }), segments, grid)],
  ];
  it.each(cases)("%s", async (_, make) => {
    const intent = make();
    if (!intent) return expect.fail("no intent");
    // What is sent is what the wire's schema takes, unchanged.
    expect(drawingIntent.parse(JSON.parse(JSON.stringify(intent)))).toEqual(intent);
    const drawn = inRoom(intent);
    expect(drawn).not.toEqual(labels);
    expect(await byJob([intent])).toEqual(drawn);
  });
  it.each(["brush", "erase"] as const)("a stroke of the %s, which goes out bit by bit while it is drawn", async (tool) => {
    const doc = new Y.Doc(), fold = new MaskFold(grid, fromDense(grid, labels)), state = stateWith({ tool, segment: tool === "erase" ? 1 : 2, brush: { shape: "ball", radiusMm: 3 }, onlyHu: [200, 1100], isErasingAll: false });
    followMasks(doc, fold, () => {});
    const intent = brushIntent(state, segments, "axial"), stroke = new BrushStrokeInput(new MaskAuthor(doc, fold), fold, intent, hu), points = [at(12, 12, 8), at(17, 14, 8), at(25, 20, 9), at(26, 28, 10)];
    for (const p of points) { stroke.to(p); await new Promise((resolve) => { setTimeout(resolve, 40); }); }
    expect(stroke.end()).toBeNull();
    const drawn = denseLabels(fold.labelmap());
    expect(drawn).not.toEqual(labels);
    expect(await byJob([{ ...intent, points }])).toEqual(drawn);
  });
  it.each(["acceptAll", "discardAll"] as const)("%s of one segment's proposal within a range of HU, and what is left proposed", async (effect) => {
    const intent = drawingIntent.parse({ effect, segments: [2], editableRange: [0, 900] }), fold = new MaskFold(grid, fromDense(grid, labels), fromDense(grid, proposal)), doc = new Y.Doc(), left = join(folder, "left.nii.gz");
    followMasks(doc, fold, () => {});
    new MaskAuthor(doc, fold).drawTogether(applyDrawing(intent, { source: fold, hu }).strokes.map(({ value, layer, bricks }) => ({ value, layer, content: { kind: "runs", bricks } })));
    expect(fold.hash("proposal")).not.toBe(new MaskFold(grid, undefined, fromDense(grid, proposal)).hash("proposal"));
    expect(await byJob([intent], ["--proposalOut", left])).toEqual(denseLabels(fold.labelmap()));
    expect(Uint8Array.from(decodeNifti(gunzipSync(new Uint8Array(await readFile(left)))).data)).toEqual(denseLabels(fold.labelmap("proposal")));
  });
  it("what cannot be done is refused with the effect's number and the reason", async () => {
    const refuse = async (intent: object) => { await writeFile(join(folder, "effects.json"), JSON.stringify([intent])); return run(["--volume", join(folder, "ct.nii.gz"), "--effects", join(folder, "effects.json"), "--out", join(folder, "no.nii.gz")]); };
    const circle = { kind: "circle", centre: at(20, 18, 8), radiusMm: 4 };
    expect(JSON.stringify(await refuse({ effect: "draw", segment: 1, shape: circle, editableRange: [3000, 3071] }))).toMatch(/effect 1 \(draw\): nothing may be changed there: outside the editable range of 3000 to 3071 HU\./);
    expect(JSON.stringify(await refuse({ effect: "scissors", segment: 1, shape: circle, operation: "eraseInside" }))).toMatch(/there is nothing to change inside the shape/);
    expect(JSON.stringify(await refuse({ effect: "draw", segment: 1, shape: { kind: "star" } }))).toMatch(/effect 1: shape/);
  });
});
