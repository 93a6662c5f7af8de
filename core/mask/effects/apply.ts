import { type Grid, rasPoint, rasToIjk } from "../../space/grid.ts";
import { automaticThreshold, histogramOf } from "./automaticThreshold.ts";
import { componentsOf } from "./components.ts";
import { type EffectIntent, EffectError } from "./intent.ts";
import { partOf, type Tell, type TellShare, within } from "./progress.ts";
import { eachVoxel, type Region, regionOf, regionOfLabel } from "./region.ts";
import * as shape from "./shape.ts";
import { closing, median, opening } from "./shape.ts";
import { fillBetween } from "./fillBetween.ts";
import { gaussian } from "./gaussian.ts";
import { grownFromSeeds, type SeedGrowth } from "./growFromSeeds.ts";
import { jointSmooth, type Relabelled, splitIslands, untouched } from "./relabel.ts";
import { type EffectStroke, writesOf } from "./writes.ts";

export type { EffectStroke } from "./writes.ts";

const smoothers = { median, opening, closing, gaussian };
const smoothing = { median: "Median", opening: "Opening", closing: "Closing", gaussian: "Gaussian smoothing" } as const;
const axisOf = { sagittal: 0, coronal: 1, axial: 2 } as const;

/** What an effect works on: label values, one byte a voxel (x fastest), and the CT where the effect looks at it. */
export interface EffectInput {
  grid: Grid;
  labels: Uint8Array;
  hu?: Int16Array;
  /** What is proposed; left out: nothing. */
  proposal?: Uint8Array;
  /** What growing from seeds keeps between two calls on the same volume; the result is the same without. */
  growth?: SeedGrowth;
}

const needHu = (input: EffectInput, effect: string): Int16Array => {
  if (!input.hu) throw new EffectError(`${effect} looks at the CT: the volume is needed`);
  return input.hu;
};

/** Index of the voxel at a RAS point. @throws EffectError outside the volume */
function indexAt(grid: Grid, at: readonly [number, number, number]): number {
  const [x, y, z] = rasToIjk(grid, rasPoint(...at)).map(Math.round);
  if (x < 0 || y < 0 || z < 0 || x >= grid.dims[0] || y >= grid.dims[1] || z >= grid.dims[2]) throw new EffectError(`the point ${at.join(", ")} lies outside the volume`);
  return x + y * grid.dims[0] + z * grid.dims[0] * grid.dims[1];
}

const inRegion = (grid: Grid, { low, size }: Region, index: number): number => {
  const [nx, ny] = grid.dims, x = (index % nx) - low[0], y = (Math.floor(index / nx) % ny) - low[1], z = Math.floor(index / (nx * ny)) - low[2];
  return x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2] ? -1 : x + y * size[0] + z * size[0] * size[1];
};

/** The voxels that the segment shall hold after the effect, before masking: what the region says inside it, `outside` beyond it. */
interface Wanted { region: Region; bits: Uint8Array }

function shaped(input: EffectInput, segment: number, padMm: number, make: (region: Region) => Uint8Array): Wanted {
  const region = regionOfLabel(input.grid, input.labels, segment, padMm);
  if (region.bits.length === 0) throw new EffectError(`segment ${segment} holds no voxel`);
  return { region, bits: make(region) };
}

function whole(grid: Grid, holds: (index: number) => number, tell?: TellShare): Wanted {
  const size: [number, number, number] = [grid.dims[0], grid.dims[1], grid.dims[2]];
  const bits = new Uint8Array(size[0] * size[1] * size[2]), slice = size[0] * size[1];
  for (let z = 0, i = 0; z < size[2]; z++) {
    tell?.(z / size[2]);
    for (const end = i + slice; i < end; i++) bits[i] = holds(i);
  }
  return { region: { low: [0, 0, 0], size, bits }, bits };
}

/**
 * The part nearest to a voxel that is nowhere farther from it than so many mm and, since voxels stand in steps, one more
 * along each axis; 0: none. A point beside the wall of a wide structure belongs to its part.
 */
function nearestPart(parts: Int32Array, size: readonly number[], spacing: readonly number[], at: number, mm: number): number {
  const place = [at % size[0], Math.floor(at / size[0]) % size[1], Math.floor(at / (size[0] * size[1]))], widest = spacing.map((step) => mm + step), reach = spacing.map((step) => Math.floor(mm / step) + 1);
  const [first, last] = [-1, 1].map((side) => place.map((p, axis) => Math.max(0, Math.min(size[axis] - 1, p + side * reach[axis]))));
  let nearest = Infinity, number = parts[at];
  if (number !== 0 || mm === 0) return number;
  for (let z = first[2]; z <= last[2]; z++) for (let y = first[1]; y <= last[1]; y++) for (let x = first[0]; x <= last[0]; x++) {
    const part = parts[x + size[0] * (y + size[1] * z)];
    if (part === 0) continue;
    const [dx, dy, dz] = [(x - place[0]) * spacing[0], (y - place[1]) * spacing[1], (z - place[2]) * spacing[2]], squared = dx * dx + dy * dy + dz * dz;
    const [u, v, w] = [dx / widest[0], dy / widest[1], dz / widest[2]];
    if (squared >= nearest || u * u + v * v + w * w > 1) continue;
    nearest = squared;
    number = part;
  }
  return number;
}

function grown(input: EffectInput, intent: Extract<EffectIntent, { effect: "regionGrow" }>, tell?: TellShare): Wanted {
  const { grid } = input, hu = needHu(input, "region grow"), { min, max, channelMm } = intent;
  const seed = indexAt(grid, intent.at);
  if (hu[seed] < min || hu[seed] > max) throw new EffectError(`the voxel there has ${hu[seed]} HU, outside ${min} to ${max}`);
  const region = regionOf(grid, (i) => hu[i] >= min && hu[i] <= max, channelMm);
  // Leak guard: grow where a ball of the channel's width fits, then take back what the ball left of the surface.
  tell?.(0.2);
  const core = channelMm > 0 ? shape.margin(grid, region, -channelMm / 2, partOf(tell, 0.2, 0.45)) : region.bits;
  const { labels } = componentsOf(core, region.size, 6), number = nearestPart(labels, region.size, grid.spacing, inRegion(grid, region, seed), channelMm / 2);
  if (number === 0) throw new EffectError(`the structure is narrower than ${channelMm} mm there; a smaller channel works`);
  tell?.(0.5);
  const part = core.map((_, i) => (labels[i] === number ? 1 : 0));
  const back = channelMm > 0 ? shape.margin(grid, { ...region, bits: part }, channelMm / 2, partOf(tell, 0.5, 0.9)).map((bit, i) => (bit !== 0 && region.bits[i] !== 0 ? 1 : 0)) : part;
  return { region, bits: back.map((bit, i) => (bit !== 0 || (input.labels.length > 0 && isSegment(input, region, i, intent.segment)) ? 1 : 0)) };
}

const isSegment = ({ grid, labels }: EffectInput, { low, size }: Region, at: number, segment: number): boolean => {
  const x = at % size[0], y = Math.floor(at / size[0]) % size[1], z = Math.floor(at / (size[0] * size[1]));
  return labels[low[0] + x + (low[1] + y) * grid.dims[0] + (low[2] + z) * grid.dims[0] * grid.dims[1]] === segment;
};

function wantedBy(input: EffectInput, intent: Exclude<EffectIntent, { effect: "threshold" | "jointSmooth" | "split" | "growFromSeeds" }>, tell?: Tell): Wanted {
  const { grid, labels } = input, { segment } = intent;
  /** Says what begins, and gives what tells how far it is. */
  const step = (what: string) => {
    const told = within(tell, 0.1, 0.8, what);
    told?.(0);
    return told;
  };
  const other = () => {
    if (!("other" in intent) || intent.other === undefined) throw new EffectError(`this operation needs another segment («other»)`);
    return intent.other;
  };
  switch (intent.effect) {
    case "islands": {
      if (intent.operation === "removeSmall" && intent.minMm3 === undefined) throw new EffectError("removeSmall needs «minMm3»");
      if (intent.operation.endsWith("At") && !intent.at) throw new EffectError(`${intent.operation} needs «at», a point in RAS mm`);
      const chosen = intent.at ? indexAt(grid, intent.at) : -1;
      if (chosen >= 0 && labels[chosen] !== segment) throw new EffectError(`there is no voxel of segment ${segment} at that point`);
      return shaped(input, segment, 0, (region) => shape.islands(grid, region, intent.operation, intent.minMm3, chosen < 0 ? -1 : inRegion(grid, region, chosen), step("Finding the islands")));
    }
    case "margin": return shaped(input, segment, Math.max(0, intent.mm), (region) => shape.margin(grid, region, intent.mm, step("Moving the surface")));
    case "hollow": return shaped(input, segment, intent.thicknessMm, (region) => shape.hollow(grid, region, intent.thicknessMm, intent.shell, step("Hollowing")));
    case "fillHoles": return shaped(input, segment, 0, (region) => { const told = step("Finding the holes"); return intent.plane ? shape.fillHolesInSlices(grid, region, axisOf[intent.plane], intent.largestMm3, told) : shape.fillHoles(grid, region, intent.largestMm3, told); });
    case "smooth":
      if (intent.method === "median" && shape.medianReach(grid, intent.mm).every((reach) => reach === 0)) throw new EffectError(`${intent.mm} mm reach no neighbour: voxels are ${grid.spacing.map((step) => Number(step.toFixed(3))).join(" × ")} mm; take more than half of one`);
      return shaped(input, segment, intent.method === "gaussian" ? 3 * intent.mm : intent.mm, (region) => smoothers[intent.method](grid, region, intent.mm, step(smoothing[intent.method])));
    case "fillBetween": return shaped(input, segment, 0, (region) => fillBetween(grid, region, axisOf[intent.plane], intent.joinMm, step("Filling between slices")));
    case "wrap": {
      const { gapMm, detailMm = gapMm } = intent;
      return shaped(input, segment, Math.max(gapMm, detailMm) / 2, (region) => shape.wrap(grid, region, gapMm, detailMm, step("Wrapping")));
    }
    case "regionGrow": return grown(input, intent, step("Growing"));
    case "logic": {
      const told = step("Combining");
      if (intent.operation === "clear") return whole(grid, () => 0, told);
      if (intent.operation === "invert") return whole(grid, (i) => (labels[i] === segment ? 0 : 1), told);
      const value = other(), isProposed = intent.of === "proposal", from = isProposed ? (input.proposal ?? new Uint8Array(labels.length)) : labels;
      if (!from.includes(value)) throw new EffectError(`segment ${value} holds no ${isProposed ? "proposed " : ""}voxel`);
      if (intent.operation === "intersect" || intent.operation === "subtract") {
        if (!isProposed) throw new EffectError(`two segments of a mask share no voxel: of segments ${segment} and ${value} there is nothing to ${intent.operation}; a proposed one can be (\u00abof\u00bb: \u00abproposal\u00bb)`);
        return whole(grid, (i) => (labels[i] === segment && (from[i] === value) === (intent.operation === "intersect") ? 1 : 0), told);
      }
      if (isProposed) return whole(grid, (i) => (from[i] === value || (intent.operation === "union" && labels[i] === segment) ? 1 : 0), told);
      if (intent.overwrite !== "all") throw new EffectError(`a voxel holds one segment, so this takes the voxels from segment ${value}; say so with «overwrite»: «all»`);
      if (intent.operation === "copy") return whole(grid, (i) => (labels[i] === value ? 1 : 0), told);
      return whole(grid, (i) => (labels[i] === value || labels[i] === segment ? 1 : 0), told);
    }
  }
}

/** What a range of HU makes of the voxels. */
function thresholded(input: EffectInput, intent: Extract<EffectIntent, { effect: "threshold" }>, tell?: TellShare): Relabelled {
  const hu = needHu(input, "threshold"), { labels, grid } = input, { segment, mode } = intent;
  const min = intent.min ?? (intent.method ? automaticThreshold(histogramOf(hu), intent.method) : undefined);
  if (min === undefined) throw new EffectError("threshold needs «min», or a «method» that finds it");
  const max = intent.max ?? 32767;
  if (max < min) throw new EffectError(`«max» (${max}) lies below «min» (${min})`);
  const target = new Uint8Array(hu.length), isSet = mode === "set", slice = grid.dims[0] * grid.dims[1];
  for (let z = 0, i = 0; z < grid.dims[2]; z++) {
    tell?.(z / grid.dims[2]);
    for (const end = i + slice; i < end; i++) target[i] = hu[i] >= min && hu[i] <= max ? segment : isSet && labels[i] === segment ? 0 : untouched;
  }
  return { region: { low: [0, 0, 0], size: grid.dims, bits: new Uint8Array() }, target };
}

/** What the voxels of several segments shall hold. */
function relabelledBy(input: EffectInput, intent: Extract<EffectIntent, { effect: "jointSmooth" | "split" | "growFromSeeds" }>, tell?: Tell): Relabelled {
  const { grid, labels } = input, locked = (value: number) => { if (intent.locked?.includes(value)) throw new EffectError(`segment ${value} is locked`); };
  if (intent.effect === "jointSmooth" || intent.effect === "growFromSeeds") {
    const segments = [...new Set([intent.segment, ...intent.segments])].sort((one, other) => one - other);
    segments.forEach(locked);
    if (intent.effect === "jointSmooth") return jointSmooth(grid, labels, segments, intent.mm, within(tell, 0.1, 0.8, "Smoothing the segments together"));
    return grownFromSeeds(grid, labels, needHu(input, "growing from seeds"), segments, intent.marginMm, input.growth, within(tell, 0.1, 0.8, "Growing from the seeds"));
  }
  intent.into.forEach(locked);
  if (intent.into.includes(intent.segment) || new Set(intent.into).size < intent.into.length) throw new EffectError("«into» names other segments, each once");
  return splitIslands(grid, labels, intent.segment, intent.into, within(tell, 0.1, 0.8, "Finding the parts"));
}

/** What the segment shall hold, as what each voxel shall hold. */
function asLabels({ region, bits }: Wanted, { grid, labels }: EffectInput, segment: number): Relabelled {
  const target = new Uint8Array(bits.length).fill(untouched);
  eachVoxel(grid, region, (i, at) => { if (bits[at] !== 0) target[at] = segment; else if (labels[i] === segment) target[at] = 0; });
  return { region, target };
}

function targetOf(intent: EffectIntent, input: EffectInput, tell?: Tell): Relabelled {
  if (intent.effect === "threshold") return thresholded(input, intent, within(tell, 0.1, 0.8, "Looking at the CT"));
  if (intent.effect === "jointSmooth" || intent.effect === "split" || intent.effect === "growFromSeeds") return relabelledBy(input, intent, tell);
  return asLabels(wantedBy(input, intent, tell), input, intent.segment);
}

/**
 * Applies an intent: what voxels shall hold, within the masking rules. Pure; the same in a page's worker and on
 * the command line.
 * @param tell told how far it is; what it throws stops the effect
 * @throws EffectError
 */
export function applyEffect(intent: EffectIntent, input: EffectInput, tell?: Tell): EffectStroke[] {
  const { grid, labels } = input, { segment, editableRange: range } = intent;
  if (labels.length !== grid.dims[0] * grid.dims[1] * grid.dims[2]) throw new EffectError("one label a voxel is needed");
  if (intent.locked?.includes(segment)) throw new EffectError(`segment ${segment} is locked`);
  tell?.(0, "Looking at the mask");
  const target = targetOf(intent, input, tell);
  const isGentle = intent.effect === "fillBetween" || intent.effect === "growFromSeeds" || (intent.effect === "logic" && intent.operation === "invert"), own = new Set(intent.effect === "jointSmooth" ? [segment, ...intent.segments] : [segment]);
  const masking = { locked: intent.locked, editableArea: intent.editableArea, overwrite: intent.overwrite ?? (isGentle ? "none" : "all") };
  const strokes = writesOf(grid, labels, target, masking, own, range, range ? needHu(input, "the editable range") : undefined, within(tell, 0.8, 1, "Writing the voxels down"));
  tell?.(1, "Writing the voxels down");
  return strokes;
}
