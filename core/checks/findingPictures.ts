import type { Grid } from "../space/grid.ts";
import type { Picture } from "../surface/picture.ts";
import type { Finding } from "./ctQuality.ts";
import type { Motion } from "./motion.ts";
import type { EdgePlane } from "./scanEdges.ts";
import type { SeriesPlan } from "./series.ts";
import type { VolumeFacts } from "./volumeFacts.ts";
import { lookInPlanes, type LookedAt, type TextSearch } from "./writtenText.ts";

/** Width of a picture, and height of a plot, pixels. */
const width = 360, plotHeight = 160, margin = 10;
const ground = [14, 17, 22] as const, line = [92, 101, 117] as const, plain = [125, 170, 230] as const, odd = [245, 184, 74] as const, bad = [239, 83, 80] as const;
type Rgb = readonly [number, number, number];

function blank(height: number): Picture & { dot(x: number, y: number, rgb: Rgb): void } {
  const rgba = new Uint8Array(4 * width * height);
  const dot = (x: number, y: number, rgb: Rgb): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    for (let c = 0; c < 3; c++) rgba[4 * (x + y * width) + c] = rgb[c];
    rgba[4 * (x + y * width) + 3] = 255;
  };
  new Uint32Array(rgba.buffer).fill(new Uint32Array(Uint8Array.of(...ground, 255).buffer)[0]);
  return { width, height, rgba, dot };
}

/** Bars from the left to the right, the greatest as high as the plot; `rule`: a line at this value. */
function bars(values: readonly number[], rgbOf: (index: number) => Rgb, rule: number | null): Picture {
  const { dot, ...picture } = blank(plotHeight), most = Math.max(...values, rule ?? 0, 1e-9), inner = plotHeight - 2 * margin, span = (width - 2 * margin) / values.length;
  const yOf = (value: number) => plotHeight - margin - Math.round(inner * value / most);
  for (const [i, value] of values.entries()) {
    const from = margin + Math.floor(i * span), to = Math.max(from + 1, margin + Math.floor((i + 1) * span) - (span >= 3 ? 1 : 0));
    for (let x = from; x < to; x++) for (let y = Math.max(0, yOf(value)); y < plotHeight - margin; y++) dot(x, y, rgbOf(i));
  }
  if (rule !== null) for (let x = margin; x < width - margin; x++) dot(x, yOf(rule), line);
  return picture;
}

/** A window of HU: the lowest, which is black, and how many make white. */
const boneWindow = { low: -400, span: 2000 }, softWindow = { low: -160, span: 400 };
const greyOf = (value: number, { low, span }: { low: number; span: number }) => Math.floor(255 * Math.min(1, Math.max(0, (value - low) / span)));

/** One plane of the volume seen from the feet, the patient's right on the left, front on top; what is marked is red. */
function axial({ dims: [nx, ny], spacing }: Grid, hu: Int16Array, plane: number, isMarked: (value: number, x: number, y: number, at: number) => boolean, window = boneWindow): Picture {
  const scale = width / (nx * spacing[0]), picture = blank(Math.max(1, Math.min(720, Math.round(ny * spacing[1] * scale)))), { rgba } = picture;
  for (let y = 0; y < picture.height; y++) for (let x = 0; x < width; x++) {
    const i = nx - 1 - Math.min(nx - 1, Math.floor((x + 0.5) * nx / width)), j = ny - 1 - Math.min(ny - 1, Math.floor((y + 0.5) * ny / picture.height)), from = i + nx * (j + ny * plane), value = hu[from];
    const grey = greyOf(value, window), isBad = isMarked(value, i, j, from), at = 4 * (x + y * width);
    rgba[at] = isBad ? bad[0] : grey;
    rgba[at + 1] = isBad ? bad[1] : grey;
    rgba[at + 2] = isBad ? bad[2] : grey;
  }
  return picture;
}

/** One plane that is no part of the volume, in the same way. */
const flat = ({ dims, spacing, values }: Pick<EdgePlane, "dims" | "spacing" | "values">, isMarked: (value: number, at: number) => boolean): Picture =>
  axial({ dims: [...dims, 1], spacing: [...spacing, 1], origin: [0, 0, 0] }, values, 0, (value, _x, _y, at) => isMarked(value, at));

/** The middle coronal plane seen from the front, the patient's right on the left, feet below, with a line between two planes. */
function stepView({ dims: [nx, ny, nz], spacing }: Grid, hu: Int16Array, plane: number): Picture {
  const scale = width / (nx * spacing[0]), { dot, ...picture } = blank(Math.max(1, Math.min(720, Math.round(nz * spacing[2] * scale)))), { height, rgba } = picture, middle = Math.floor(ny / 2);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const i = nx - 1 - Math.min(nx - 1, Math.floor((x + 0.5) * nx / width)), k = nz - 1 - Math.min(nz - 1, Math.floor((y + 0.5) * nz / height));
    rgba.fill(greyOf(hu[i + nx * (middle + ny * k)], boneWindow), 4 * (x + y * width), 4 * (x + y * width) + 3);
  }
  for (let x = 0; x < width; x++) if (x < 24 || x >= width - 24) dot(x, Math.round(height * (nz - 1 - plane) / nz), odd);
  return picture;
}

/** The densest voxel of each line from front to back, seen from the front, the patient's right on the left, feet below. */
function frontView({ dims: [nx, ny, nz], spacing }: Grid, hu: Int16Array): Picture {
  const scale = width / (nx * spacing[0]), { height, rgba } = blank(Math.max(1, Math.min(720, Math.round(nz * spacing[2] * scale)))), densest = new Int16Array(nx * nz).fill(-32_768);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) if (hu[at] > densest[i + nx * k]) densest[i + nx * k] = hu[at];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const i = nx - 1 - Math.min(nx - 1, Math.floor((x + 0.5) * nx / width)), k = nz - 1 - Math.min(nz - 1, Math.floor((y + 0.5) * nz / height));
    rgba.fill(greyOf(densest[i + nx * k], boneWindow), 4 * (x + y * width), 4 * (x + y * width) + 3);
  }
  return { width, height, rgba };
}

/** A slice as its file holds it, with the boxes of what looks like text. */
function textView({ columns, rows, values, boxes }: LookedAt): Picture {
  const scale = width / columns, picture = blank(Math.max(1, Math.min(720, Math.round(rows * scale)))), { height, rgba, dot } = picture;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = Math.min(columns - 1, Math.floor((x + 0.5) / scale)) + columns * Math.min(rows - 1, Math.floor((y + 0.5) * rows / height));
    rgba.fill(greyOf(values[at], boneWindow), 4 * (x + y * width), 4 * (x + y * width) + 3);
  }
  const paint = (x: number, y: number) => { if (y < height) dot(x, y, odd); };
  for (const { left, right, top, bottom } of boxes) {
    const [x0, x1] = [Math.floor(left * scale) - 2, Math.ceil((right + 1) * scale) + 1], [y0, y1] = [Math.floor(top * height / rows) - 2, Math.ceil((bottom + 1) * height / rows) + 1];
    for (let x = x0; x <= x1; x++) { paint(x, y0); paint(x, y1); }
    for (let y = y0; y <= y1; y++) { paint(x0, y); paint(x1, y); }
  }
  return { width, height, rgba };
}

/** What was taken out of a volume: the plane that lost most, the lost voxels red. */
export function removedPicture(grid: Grid, before: Int16Array, after: Int16Array): FindingPicture {
  const [nx, ny] = grid.dims, isLost = (at: number) => before[at] >= -300 && after[at] < -300;
  const plane = worstPlane(grid, (k) => { let count = 0; for (let at = k * nx * ny; at < (k + 1) * nx * ny; at++) if (isLost(at)) count++; return count; });
  return { code: "derived", shows: `The plane that lost most, at z ${(grid.origin[2] + plane * grid.spacing[2]).toFixed(1)} mm; what was taken out is red.`, picture: axial(grid, before, plane, (_value, _x, _y, at) => isLost(at)) };
}

/** The plane for which a measure is greatest; the first of equals. */
function worstPlane({ dims: [, , nz] }: Grid, measure: (plane: number) => number): number {
  let best = 0, most = -1;
  for (let k = 0; k < nz; k++) {
    const value = measure(k);
    if (value > most) { most = value; best = k; }
  }
  return best;
}

/** The slices from the side: a line each where its header puts it, drawn along the slices' columns. */
function sideView(plan: SeriesPlan, columnMm: number, rows: number): Picture {
  const { dot, ...picture } = blank(240), axis = Math.abs(plan.columnDirection[1]) >= Math.abs(plan.columnDirection[0]) ? 1 : 0;
  const ends = plan.corners.map((corner) => [[corner[axis], corner[2]], [corner[axis] + plan.columnDirection[axis] * columnMm * rows, corner[2] + plan.columnDirection[2] * columnMm * rows]] as const), all = ends.flat();
  const [uLow, uHigh, zLow, zHigh] = [Math.min(...all.map(([u]) => u)), Math.max(...all.map(([u]) => u)), Math.min(...all.map(([, z]) => z)), Math.max(...all.map(([, z]) => z))];
  const scale = Math.min((width - 2 * margin) / Math.max(1, uHigh - uLow), (240 - 2 * margin) / Math.max(1, zHigh - zLow)), steps = 2 * width;
  for (const [a, b] of ends) for (let s = 0; s <= steps; s++) {
    const u = a[0] + (b[0] - a[0]) * s / steps, z = a[1] + (b[1] - a[1]) * s / steps;
    dot(margin + Math.floor((uHigh - u) * scale), 240 - margin - 1 - Math.floor((z - zLow) * scale), plain);
  }
  return picture;
}

export interface PictureInputs { grid: Grid; hu: Int16Array; facts: Pick<VolumeFacts, "histogram" | "metalOfPlane" | "boneAtTopMm2" | "vaultAtTopMm2" | "edgePlanes">; motion?: Motion | null; text?: TextSearch; plan: SeriesPlan | null; rowsMm: number; rows: number }
/** A picture of a finding, and what it shows, for people who cannot see it. */
export interface FindingPicture { code: string; shows: string; picture: Picture }

/**
 * Pictures for the findings that one helps to understand: gaps and tilt from the slices' positions; metal, streaks, motion, text,
 * the field of view and the plane that cuts bone from the voxels; the histogram for the HU's peaks. Drawn on the CPU, the same bytes everywhere (JB5).
 */
export function findingPictures(findings: readonly Finding[], { grid, hu, facts, motion, text, plan, rowsMm, rows }: PictureInputs): FindingPicture[] {
  const made: FindingPicture[] = [], zOf = (plane: number) => (grid.origin[2] + plane * grid.spacing[2]).toFixed(1);
  for (const { code, severity, value } of findings) {
    if (made.some((other) => other.code === code)) continue;
    if (plan && ["spacing", "uneven-end-slice", "uneven-spacing", "missing-slices"].includes(code) && plan.along.length > 1) {
      const gaps = plan.along.slice(1).map((mm, k) => mm - plan.along[k]), isOdd = new Set(plan.spacing.odd.map(({ afterSlice }) => afterSlice)), isMissing = new Set(plan.spacing.missing.map(({ afterSlice }) => afterSlice));
      made.push({ code, shows: `The ${gaps.length} gaps between slices, from the feet up; the line is ${plan.spacing.gapMm} mm.`, picture: bars(gaps, (k) => isMissing.has(k) ? bad : isOdd.has(k) ? odd : plain, plan.spacing.gapMm) });
    } else if (code === "CT6" && plan && severity !== "pass") made.push({ code, shows: "The slices seen from the side, as their headers place them.", picture: sideView(plan, rowsMm, rows) });
    else if (code === "metal" && severity !== "pass") {
      const plane = worstPlane(grid, (k) => facts.metalOfPlane[k]);
      made.push({ code, shows: `The plane with most metal, at z ${zOf(plane)} mm; above 2500 HU is red.`, picture: axial(grid, hu, plane, (v) => v >= 2500) });
    } else if (code === "fov" && severity !== "pass") {
      const limit = severity === "blocked" ? 300 : -300, { zMm, rim, ...plane } = facts.edgePlanes[severity === "blocked" ? "bone" : "body"];
      made.push({ code, shows: `The plane that is cut most, at z ${zMm.toFixed(1)} mm; what reaches the edge is red.`, picture: flat(plane, (v, at) => rim[at] === 1 && v >= limit) });
    } else if (code === "CT9" && severity !== "pass") {
      const isTop = [facts.boneAtTopMm2, facts.vaultAtTopMm2].some((mm2) => value === Number(mm2.toFixed(1))), { zMm, ...plane } = facts.edgePlanes[isTop ? "top" : "bottom"];
      made.push({ code, shows: `The ${isTop ? "topmost" : "lowest"} plane, at z ${zMm.toFixed(1)} mm; bone is red.`, picture: flat(plane, (v) => v >= 300) });
    } else if (code === "streaks" && severity !== "pass") {
      const plane = worstPlane(grid, (k) => facts.metalOfPlane[k]);
      made.push({ code, shows: `The plane with most metal, at z ${zOf(plane)} mm, in a window for soft tissue (−160 to 240 HU); metal is red.`, picture: axial(grid, hu, plane, (v) => v >= 2500, softWindow) });
    } else if (code === "motion" && severity !== "pass" && motion && motion.stepMm > 0.5) made.push({ code, shows: `The head to foot view through the middle; the marks show the step, at z ${motion.zMm.toFixed(1)} mm.`, picture: stepView(grid, hu, (motion.zMm - grid.origin[2]) / grid.spacing[2]) });
    else if (code === "pelvis-coverage" && severity !== "pass") made.push({ code, shows: "All bone of the scan seen from the front, the patient's right on the left: whether crests and ischia lie in it.", picture: frontView(grid, hu) });
    else if (code === "burned-in") {
      const { looked, shown } = text ?? lookInPlanes(grid, hu);
      made.push({ code, shows: shown.boxes.length > 0 ? `What looks like text in slice ${shown.slice + 1} from its first end is framed.` : `No text was recognised in ${looked} slices; this is the middle one.`, picture: textView(shown) });
    } else if (code === "hu-peaks") {
      // Bins of 25 HU from −1100 to 1600; roots, so that bone shows beside air.
      const bins = Array<number>(108).fill(0);
      for (let v = 0; v < 2700; v++) bins[Math.floor(v / 25)] += facts.histogram[v - 1100 + 32_768];
      made.push({ code, shows: "How often each HU occurs, −1100 to 1600, as square roots; amber: air about −1000 and soft tissue about 40.", picture: bars(bins.map((n) => Math.sqrt(n)), (i) => Math.abs(i - 4) <= 1 || Math.abs(i - 45) <= 2 ? odd : plain, null) });
    }
  }
  return made;
}
