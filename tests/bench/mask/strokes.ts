// Strokes: what one costs while thousands lie behind it, what hiding one in the middle costs, and what a whole log costs.
import * as Y from "yjs";
import { foldOfDoc, masksRoots } from "../../../core/draft/masksDoc.ts";
import { encodeMark } from "../../../core/mask/mark.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick } from "../../../core/mask/proposal.ts";
import { type BrushStroke, rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { seededRandom } from "../../support/denseOracle.ts";
import { quantile, type Row } from "../measure.ts";

const grid: Grid = { dims: [512, 512, 300], spacing: [0.48, 0.48, 0.6], origin: [-120, -120, 0] };
const clientId = 7;

/** A path of 100 px in the slice k, slightly curved, a point every `step` px, as a pointer leaves them. */
function path(i: number, j: number, k: number, bend: number, step = 2): BrushStroke["points"] {
  return Array.from({ length: Math.floor(100 / step) + 1 }, (_, n) => {
    const along = n * step, across = bend * (along - 50) * (along - 50) / 2500;
    return rasPoint(grid.origin[0] + grid.spacing[0] * (i + along), grid.origin[1] + grid.spacing[1] * (j + across), grid.origin[2] + grid.spacing[2] * k);
  });
}

const radiusMm = 10 * 0.48;
const ball = (i: number, j: number, k: number, bend: number): BrushStroke => ({ shape: "ball", radiusMm, plane: 2, points: path(i, j, k, bend) });
const disc = (i: number, j: number, k: number, bend: number): BrushStroke => ({ shape: "disc", radiusMm, plane: 2, points: path(i, j, k, bend) });

let counter = 0;
const entry = (brush: BrushStroke, value: number) => {
  counter++;
  return encodeStroke({ id: { clientId, counter }, lamport: counter, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: rasterizeBrush(grid, brush) } });
};

/** Rows of the table that are about strokes. */
export function strokeRows(rounds = 60): Row[] {
  const random = seededRandom(11), fold = new MaskFold(grid);
  // 4,500 anywhere else, 500 in the bricks that the measured ones touch (x 160 to 288, y 224 to 256, z 128 to 160).
  const [i, j, k] = [172, 240, 144], near: number[] = [];
  for (let n = 0; n < 5000; n++) {
    const isNear = n % 10 === 5, value = random.chance(0.3) ? 0 : 1 + random.below(3);
    const brush = isNear ? ball(i - 8 + random.below(16), j - 10 + random.below(20), k - 10 + random.below(20), random.below(16) - 8) : disc(random.below(400), 20 + random.below(140), random.below(300), random.below(30) - 15);
    fold.addStroke(entry(brush, value));
    if (isNear) near.push(counter);
  }
  for (let b = 0; b < 16 * 16 * 10; b++) fold.brick(b);
  const drawn: number[] = [], hidden: number[] = [], shown: number[] = [], rasterized: number[] = [];
  let dirtyBricks = 0, checksum = 0;
  const upload = (dirty: ReadonlySet<number>) => {
    dirtyBricks = dirty.size;
    for (const brick of dirty) checksum += paintedBrick(fold, brick)?.[0] ?? 0;
  };
  for (let round = -20; round < rounds; round++) {
    const brush = ball(i - 8 + random.below(16), j - 10 + random.below(20), k - 10 + random.below(20), random.below(16) - 8), value = 1 + (round & 1);
    let begin = performance.now();
    const bricks = rasterizeBrush(grid, brush), rasterMs = performance.now() - begin;
    counter++;
    upload(fold.addStroke(encodeStroke({ id: { clientId, counter }, lamport: counter, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks } })));
    const drawMs = performance.now() - begin, middle = { clientId, counter: near[200 + random.below(100)] };
    begin = performance.now();
    upload(fold.addMark(encodeMark({ stroke: middle, hidden: true, n: 2 * round + 101 })));
    const hideMs = performance.now() - begin;
    begin = performance.now();
    upload(fold.addMark(encodeMark({ stroke: middle, hidden: false, n: 2 * round + 102 })));
    if (round < 0) continue;
    drawn.push(drawMs); hidden.push(hideMs); shown.push(performance.now() - begin); rasterized.push(rasterMs);
  }
  const rows: Row[] = [];
  for (const [what, times, note] of [["draw a stroke r=10 × 100 px (51 points)", drawn, `rasterize alone ${quantile(rasterized, 0.5).toFixed(2)} ms; ${dirtyBricks} bricks, checksum ${checksum & 255}`], ["hide a stroke in the middle", hidden, ""], ["show it again", shown, ""]] as const) {
    const median = quantile(times, 0.5), p95 = quantile(times, 0.95);
    rows.push({ what: `${what}, 5,000 behind it: median`, ours: median, unit: "ms", target: "≤ 2 ms", met: median <= 2, note }, { what: `${what}: p95`, ours: p95, unit: "ms", target: "≤ 5 ms", met: p95 <= 5 });
  }
  return [...rows, ...logRows("disc", disc), ...logRows("ball", ball)];
}

function logRows(shape: string, brushOf: typeof disc): Row[] {
  const random = seededRandom(5), doc = new Y.Doc(), { strokes } = masksRoots(doc), count = 10_000;
  counter = 0;
  const entries = Array.from({ length: count }, (_, n) => entry(brushOf(20 + random.below(360), 30 + random.below(440), 12 + random.below(276), random.below(30) - 15), n % 4 === 3 ? 0 : 1 + random.below(3)));
  doc.transact(() => { for (const one of entries) strokes.push([one]); });
  const update = Y.encodeStateAsUpdate(doc), times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const begin = performance.now(), loaded = new Y.Doc();
    Y.applyUpdate(loaded, update);
    const fold = foldOfDoc(loaded, grid);
    fold.voxelCounts();
    times.push(performance.now() - begin);
  }
  const isJudged = shape === "disc", median = quantile(times, 0.5), megabytes = update.length / 1e6;
  return [
    { what: `10,000 ${shape} strokes r=10 × 100 px: load + fold`, ours: median, unit: "ms", target: "≤ 500 ms", met: isJudged ? median <= 500 : null, note: `first ${times[0].toFixed(0)} ms` },
    { what: `10,000 ${shape} strokes: document`, ours: megabytes, unit: "MB", target: "≤ 4 MB", met: isJudged ? megabytes <= 4 : null, note: isJudged ? "" : "a ball writes about 440 rows of voxels; drawn one after the other that is what they cost" },
  ];
}
