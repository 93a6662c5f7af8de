// The mask engine: strokes on the fold, and effects on bit rows beside scipy.ndimage, on the head mask (HU ≥ 226) of the
// real head CT where it is there, else of a made one. Rows of the issue that need no browser and no room.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BitKernel } from "../../core/mask/bitKernel.ts";
import { ballOffsets, type BitEngine, type BitRows, bitsOfParts } from "../../core/mask/bitRows.ts";
import { BitTwin } from "../../core/mask/bitTwin.ts";
import { GrowFromSeeds } from "../../core/mask/effects/growFromSeeds.ts";
import { islands, margin } from "../../core/mask/effects/shape.ts";
import { GrowKernel } from "../../core/mask/growKernel.ts";
import { GrowTwin } from "../../core/mask/growTwin.ts";
import type { Grid } from "../../core/space/grid.ts";
import { headSlices, startPeer } from "./mask/peer.ts";
import { previewRows } from "./mask/previews.ts";
import { strokeRows } from "./mask/strokes.ts";
import { alternate, quantile, report, type Row } from "./measure.ts";

const dir = mkdtempSync(join(tmpdir(), "caseroom-bench-"));
const rows: Row[] = [];

/** A skull as a shell with a textured wall, in noise; seeded. */
function madeHead(): { dims: [number, number, number]; spacing: [number, number, number]; hu: Int16Array } {
  const dims: [number, number, number] = [512, 512, 108], hu = new Int16Array(dims[0] * dims[1] * dims[2]);
  let seed = 12_345;
  for (let z = 0, i = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++, i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    const dx = (x - 255.5) / 190, dy = (y - 255.5) / 220, dz = (z - 40) / 60, r = Math.sqrt(dx * dx + dy * dy + dz * dz), noise = (seed >> 24) / 4;
    hu[i] = Math.round((r > 0.93 && r < 1 ? 700 + 500 * Math.sin(x / 5) * Math.sin(y / 6) * Math.sin(z / 4) : r < 0.93 ? 40 : -1000) + noise);
  }
  return { dims, spacing: [0.48, 0.48, 1.5], hu };
}

const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const real = headSlices(join(repository, "..", "shared", "data", "head_ct_0051"), join(dir, "hu.raw"));
const { dims, spacing, hu } = real ?? madeHead();
const grid: Grid = { dims, spacing, origin: [0, 0, 0] }, mask = Uint8Array.from(hu, (value) => (value >= 226 ? 1 : 0));
writeFileSync(join(dir, "mask.raw"), mask);

const countOf = ({ words }: BitRows): number => {
  let count = 0;
  for (let i = 0; i < words.length; i++) for (let bits = words[i]; bits !== 0; bits &= bits - 1) count++;
  return count;
};

async function besideScipy(): Promise<string> {
  const peer = await startPeer(join(dir, "mask.raw"), dims, spacing), kernel = new BitKernel(), twin = new BitTwin();
  const bits = kernel.pack(mask, dims), cross = ballOffsets([1, 1, 1], 1), full = dims.map((n) => new Uint8Array(n).fill(3)) as [Uint8Array, Uint8Array, Uint8Array];
  const works: { what: string; ask: string; target: number; runs: number; twinRuns: boolean; ours: (engine: BitEngine) => BitRows; answer?: (made: BitRows) => number }[] = [
    { what: "islands, 26 neighbours: parts and the largest kept", ask: "label", target: 8, runs: 5, twinRuns: true, answer: () => parts, ours: (engine) => {
      const found = engine.parts(bits, 26);
      let largest = 1;
      for (let n = 2; n < found.sizes.length; n++) if (found.sizes[n] > found.sizes[largest]) largest = n;
      parts = found.sizes.length - 1;
      return bitsOfParts(dims, found, (n) => n === largest, parts);
    } },
    { what: "margin of 1 voxel (binary_dilation)", ask: "dilate", target: 40, runs: 5, twinRuns: true, ours: (engine) => engine.union(bits, cross) },
    ...[2, 4].map((mm) => ({ what: `margin of ${mm} mm (EDT ≤ ${mm})`, ask: `edt ${mm}`, target: 20, runs: 2, twinRuns: true, ours: (engine: BitEngine) => engine.union(bits, ballOffsets(spacing, mm + 1e-6)) })),
    { what: "median 3³", ask: "median", target: 20, runs: 2, twinRuns: true, ours: (engine) => engine.majority(bits, full) },
  ];
  let parts = 0;
  for (const { what, ask, target, runs, ours, answer } of works) {
    let made: BitRows = bits, asked = -1;
    const t = await alternate<"kernel" | "twin" | "scipy">({
      kernel: () => { made = ours(kernel); }, twin: () => { ours(twin); },
      scipy: async () => { if (!peer) return; const said = await peer.ask(ask); asked = said.answer; return said.ms; },
    }, runs, 1);
    made = ours(kernel);
    const mine = answer ? answer(made) : countOf(made), ratio = peer && t.scipy.medianMs / t.kernel.medianMs;
    rows.push({
      what, ours: t.kernel.medianMs, peer: peer && t.scipy.medianMs, ratio, unit: "ms", target: `≥ ${target}×`, met: ratio ? ratio >= target && mine === asked : null,
      note: `bit rows to bit rows; first ${t.kernel.firstMs.toFixed(1)}; twin ${t.twin.medianMs.toFixed(0)} ms; ${peer ? `${mine === asked ? "same" : "NOT THE SAME"} answer ${mine}` : "peer absent"}`,
    });
  }
  peer?.end();
  // The same from and to a byte a voxel, as the effects do it.
  const region = { low: [0, 0, 0] as const, size: dims, bits: mask };
  for (const [what, work] of [["islands, a byte a voxel in and out", () => islands(grid, region, "keepLargest")], ["margin of 2 mm, a byte a voxel in and out", () => margin(grid, region, 2)]] as const) {
    const t = await alternate({ ours: () => { work(); } }, 5, 1);
    rows.push({ what, ours: t.ours.medianMs, unit: "ms", note: `first ${t.ours.firstMs.toFixed(1)}` });
  }
  return peer?.version ?? "absent";
}

/** Grow from seeds in a piece of the volume with as many voxels as 128³. */
function growing(): void {
  const edge = Math.floor(Math.sqrt((128 * 128 * 128) / dims[2])) + 1, low = [Math.floor(dims[0] / 2 - edge / 2), Math.floor(dims[1] * 0.2), 0] as const;
  const bounds = { low, high: [low[0] + edge, low[1] + edge, dims[2]] as const }, labels = new Uint8Array(hu.length), nx = dims[0], slice = dims[0] * dims[1];
  /** A dab of radius 3 where the CT is as asked, somewhere after a share of the box. */
  const dab = (share: number, isBone: boolean, value: number): number[] => {
    for (let n = Math.floor(share * edge * edge * dims[2]); ; n++) {
      const x = low[0] + (n % edge), y = low[1] + (Math.floor(n / edge) % edge), z = Math.floor(n / (edge * edge)) % dims[2], i = x + y * nx + z * slice;
      if (isBone ? hu[i] < 500 : hu[i] < 0 || hu[i] > 90) continue;
      const written: number[] = [];
      for (let b = -3; b <= 3; b++) for (let a = -3; a <= 3; a++) {
        const j = i + a + b * nx;
        if (a * a + b * b <= 9 && x + a >= low[0] && x + a < low[0] + edge && y + b >= low[1] && y + b < low[1] + edge && labels[j] === 0 && (isBone ? hu[j] >= 300 : hu[j] < 200)) { labels[j] = value; written.push(j); }
      }
      if (written.length > 0) return written;
    }
  };
  for (let n = 0; n < 6; n++) { dab(0.1 + 0.13 * n, true, 1); dab(0.13 + 0.13 * n, false, 2); }
  const first: number[] = [], twin: number[] = [], more: number[] = [], back: number[] = [], won: number[] = [];
  const anew = (kernel: GrowKernel | GrowTwin): [GrowFromSeeds, Uint8Array] => {
    const grow = new GrowFromSeeds(grid, hu, bounds, kernel);
    grow.seed(labels, () => true);
    return [grow, grow.labels()];
  };
  let grow!: GrowFromSeeds, before!: Uint8Array, begin = 0, isSame = true;
  for (let n = 0; n < 5; n++) {
    begin = performance.now();
    [grow, before] = anew(new GrowKernel());
    first.push(performance.now() - begin);
  }
  for (let n = 0; n < 2; n++) {
    begin = performance.now();
    anew(new GrowTwin());
    twin.push(performance.now() - begin);
  }
  for (let n = 0; n < 24; n++) {
    const written = dab(0.06 + 0.037 * n, n % 2 === 0, n % 2 === 0 ? 1 : 2);
    begin = performance.now();
    grow.seed(labels, () => true);
    const after = grow.labels();
    more.push(performance.now() - begin);
    won.push(after.reduce((sum, value, i) => sum + (value === before[i] ? 0 : 1), 0));
    if (n % 8 === 0) isSame &&= anew(new GrowKernel())[1].every((value, i) => value === after[i]);
    for (const i of written) labels[i] = 0;
    begin = performance.now();
    grow.seed(labels, () => true);
    const undone = grow.labels();
    back.push(performance.now() - begin);
    isSame &&= undone.every((value, i) => value === before[i]);
    for (const i of written) labels[i] = n % 2 === 0 ? 1 : 2;
    grow.seed(labels, () => true);
    before = grow.labels();
  }
  const median = (list: number[]) => quantile(list, 0.5), p95 = (list: number[]) => quantile(list, 0.95), same = isSame ? "equal to starting anew" : "NOT EQUAL to starting anew";
  rows.push(
    { what: `grow from seeds, ${edge} × ${edge} × ${dims[2]} (128³ voxels): first`, ours: median(first), unit: "ms", target: "≤ 1 s", met: median(first) <= 1000, note: `with layout and result; twin ${median(twin).toFixed(0)} ms` },
    { what: "grow from seeds: one more seed stroke, median of 24", ours: median(more), unit: "ms", target: "≤ 100 ms", met: median(more) <= 100 && isSame, note: `${same}; it won ${median(won)} voxels (median), ${Math.max(...won)} (most)` },
    { what: "grow from seeds: one more seed stroke, p95", ours: p95(more), unit: "ms", target: "≤ 100 ms", met: p95(more) <= 100 },
    { what: "grow from seeds: that stroke taken back, median", ours: median(back), unit: "ms", note: `p95 ${p95(back).toFixed(1)} ms` },
  );
}

rows.push(...strokeRows(), ...previewRows());
const scipy = await besideScipy();
growing();
rmSync(dir, { recursive: true, force: true });
report("mask", rows, { volume: real ? "head_ct_0051" : "made head", dims: dims.join("×"), scipy });
