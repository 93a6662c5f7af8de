import { dicomSlice, element } from "../workers/import/dicomWriter.ts";
import { seeded } from "./seeded.ts";

type Vector = [number, number, number];
/** A slice as it was made: what its file says, and what is to come of it. */
export interface MadeSlice {
  /** LPS mm of the first pixel's centre, and its place along the normal. */
  position: Vector; along: number;
  /** HU of each pixel in thousandths, before anything is rounded; padding is NaN. */
  milliHu: Float64Array;
  bytes: Uint8Array;
}
/** A series of slices with what a reader has to find in it. */
export interface MadeSeries {
  seed: number;
  /** What it was made of, in words, for a failure. */
  what: string;
  files: { name: string; bytes: Uint8Array }[];
  columns: number; rows: number; pixelSpacing: [number, number];
  row: Vector; column: Vector;
  /** Along the normal; the ones of the longest even run follow each other `gapMm` apart. */
  slices: MadeSlice[];
  gapMm: number; run: { first: number; last: number };
  /** Tangent of the angle between the normal and the way from slice to slice. */
  tangent: number;
  /** How far the farthest slice lies beside the normal through the first, or the farthest pixel beside its axis, mm; beyond 0.05 mm the series is askew. */
  besideMm: number;
  isAskew: boolean;
  /** HU of the field that the slices sample, at an LPS place; null for pixels that are noise. */
  field: ((lps: readonly number[]) => number) | null;
  /** Instead of a volume. */
  refusal: "duplicate-positions" | "several-series" | null;
  copies: number; strays: number;
}

export const dot = (a: readonly number[], b: readonly number[]): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const axes: Vector[] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
/** Every way in which rows and columns can run along the patient's axes; with both orders of the slices the 48 orientations. */
const pairs = axes.flatMap((a) => axes.filter((b) => dot(a, b) === 0).map((b) => [a, b] as const));
/** How far the farthest slice has to wander sideways, mm, and how far a direction has to leave its axis, before a series is resampled. */
const asideMm = 0.05;

/** Gaps of a scan, in units of its even one, of which some are wide or odd; one run of even ones is the longest. */
function gapsOf(next: () => number, count: number): { units: number[]; first: number; last: number } {
  for (;;) {
    const units = Array<number>(count - 1).fill(1), kind = next();
    if (kind > 0.4) for (let n = 1 + Math.floor(next() * 2); n > 0; n--) units[Math.floor(next() * units.length)] = [2, 2, 3, 1.05, 0.95, 1.3, 0.6][Math.floor(next() * 7)];
    if (kind > 0.85) units[next() < 0.5 ? 0 : units.length - 1] = next() < 0.5 ? 0.5 : 1.25;
    const runs: { first: number; last: number }[] = [];
    for (let k = 0; k < units.length;) {
      let end = k + 1;
      while (end < units.length && units[end] === units[k]) end++;
      runs.push({ first: k, last: end });
      k = end;
    }
    runs.sort((a, b) => b.last - b.first - (a.last - a.first));
    const [best, other] = runs;
    if (units[best.first] === 1 && best.last - best.first >= 2 && (!other || other.last - other.first < best.last - best.first)) return { units, ...best };
  }
}

/** How stored values become HU: text as makers write it, and thousandths. */
interface Rescale { slope: string; slopeMilli: number; intercept: string; interceptMilli: number }
const rescaleOf = (slope: string, intercept: string): Rescale => ({ slope, slopeMilli: Math.round(Number(slope) * 1000), intercept, interceptMilli: Math.round(Number(intercept) * 1000) });

/**
 * A CT series made by a seed: any of the 48 orientations, the gantry or the table tilted by up to 30°, slices missing or at odd
 * distances, doubled, out of order, under any name; signed or not, of 12 or 16 bits with rubbish above them, rescaled alike or slice by slice.
 */
export function madeSeries(seed: number): MadeSeries {
  const next = seeded(seed), pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)], between = (low: number, high: number) => low + (high - low) * next();
  const count = 6 + Math.floor(next() * 6), { units, first, last } = gapsOf(next, count), baseMm = pick([0.6, 0.75, 0.8, 1, 1.05, 1.5, 2.5]);
  const [rowAxis, columnAxis] = pick(pairs), table = cross(rowAxis, columnAxis), tilt = pick(["none", "none", "gantry", "table"]), deg = tilt === "none" ? 0 : pick([between(-30, 30), between(-30, 30), between(-0.5, 0.5), 30, -30]), angle = deg * Math.PI / 180;
  // A tilted gantry turns rows or columns of pixels out of the table's plane; slices still follow each other along the table. A table that moves sideways shifts straight slices.
  const isRow = next() < 0.5, turned = (v: Vector): Vector => v.map((x, i) => x * Math.cos(angle) + table[i] * Math.sin(angle)) as Vector;
  const row = tilt === "gantry" && isRow ? turned(rowAxis) : rowAxis, column = tilt === "gantry" && !isRow ? turned(columnAxis) : columnAxis, normal = cross(row, column);
  const step: Vector = tilt === "table" ? normal.map((x, i) => x + Math.tan(angle) * (isRow ? row : column)[i]) as Vector : table, gapMm = baseMm * dot(step, normal), tangent = Math.abs(Math.tan(angle));
  const pixelSpacing: [number, number] = [pick([0.4, 0.5, 0.75]), pick([0.4, 0.5, 0.75])], isLinear = next() < 0.5, columns = isLinear ? 26 : 7, rows = isLinear ? 24 : 6, start: Vector = [between(-200, 200), between(-200, 200), between(-900, 900)].map((mm) => Math.round(mm * 1000) / 1000) as Vector;
  const isSigned = next() < 0.5, bits = pick([12, 16]), low = isSigned ? -(2 ** (bits - 1)) : 0, span = 2 ** bits, padding = !isLinear && next() < 0.3 ? low : undefined;
  const steps = [0, ...units.map((_, k) => units.slice(0, k + 1).reduce((sum, unit) => sum + unit, 0) * baseMm)], positions = steps.map((mm) => start.map((x, i) => x + step[i] * mm) as Vector);
  const middle = [0, 1, 2].map((i) => (positions[0][i] + positions[count - 1][i]) / 2 + row[i] * pixelSpacing[1] * (columns - 1) / 2 + column[i] * pixelSpacing[0] * (rows - 1) / 2);
  const slant = [between(-1, 1), between(-1, 1), between(-1, 1)], slantLength = Math.sqrt(dot(slant, slant)) || 1, field = (lps: readonly number[]) => 500 + 40 * dot(slant, lps.map((x, i) => x - middle[i])) / slantLength;
  const whole = ["-1024", "0", "-1000", "-1024.0", "-1.024E3", "100"], rescales = isLinear ? (isSigned ? ["0", "100", "0.0"] : ["-1024", "-1000", "-1024.000"]).map((intercept) => rescaleOf("1", intercept))
    : pick([[rescaleOf(pick(["1", "1.0", "+1", "1.000000"]), pick(whole))], whole.map((intercept) => rescaleOf("1", intercept)), [rescaleOf("2", "-1024")], [rescaleOf(pick(["0.5", "0.3", "1.25", "0.001"]), pick(["-1024", "-0.5", "10.125"]))], ["0.25", "1", "3.125"].map((slope) => rescaleOf(slope, "-1000.5"))]);
  const uid = `1.2.826.${seed}`, shuffledNumbers = [...steps.keys()].sort(() => next() - 0.5);
  const file = (k: number, time?: number): MadeSlice => {
    const implicit = next() < 0.3, { slope, slopeMilli, intercept, interceptMilli } = pick(rescales), stored = new Uint16Array(columns * rows), milliHu = new Float64Array(columns * rows);
    for (let j = 0, p = 0; j < rows; j++) for (let i = 0; i < columns; i++, p++) {
      const value = isLinear ? Math.round(field(positions[k].map((x, a) => x + row[a] * pixelSpacing[1] * i + column[a] * pixelSpacing[0] * j)) - interceptMilli / 1000) : low + Math.floor(next() * span);
      // What stands above Bits Stored is an overlay of old, or rubbish.
      stored[p] = (value & (span - 1)) | (bits < 16 ? Math.floor(next() * 16) << bits : 0);
      milliHu[p] = value === padding ? Number.NaN : value * slopeMilli + interceptMilli;
    }
    const bytes = dicomSlice({
      z: 0, index: k, columns, rows, pixelSpacing, place: { position: positions[k], orientation: [...row, ...column] }, stored, bits, padding, signed: isSigned, slope, intercept, thickness: "1", seriesUid: uid, sopUid: `${uid}.${Math.floor(next() * 1e9)}.${k}`,
      extra: [...time === undefined ? [] : [element(0x20, 0x12, "IS", String(time), implicit)], element(0x20, 0x13, "IS", String(shuffledNumbers[k] + 1), implicit)], implicit,
    });
    return { position: positions[k], along: dot(positions[k], normal), milliHu, bytes };
  };
  const slices = steps.map((_, k) => file(k)), trouble = next(), files = slices.map(({ bytes }) => bytes);
  let refusal: MadeSeries["refusal"] = null, copies = 0;
  // Sent again under another UID, pixels and all: which one is the scan's nobody can know (RELIABILITY H7).
  const twin = (slice: Uint8Array): Uint8Array => { const bytes = slice.slice(), at = Buffer.from(bytes).indexOf(`${uid}.`) + uid.length + 1; bytes[at] = bytes[at] === 57 ? 49 : bytes[at] + 1; return bytes; };
  if (trouble < 0.15) for (copies = 1 + Math.floor(next() * 3); files.length < count + copies;) files.push(pick(slices).bytes);
  else if (trouble < 0.22) { refusal = "duplicate-positions"; files.push(next() < 0.5 ? twin(pick(slices).bytes) : file(Math.floor(next() * count)).bytes); }
  else if (trouble < 0.27) { refusal = "several-series"; files.splice(0, count, ...[1, 2].flatMap((time) => steps.map((_, k) => file(k, time).bytes))); }
  const strays = next() < 0.2 ? 1 : 0, named = files.map((bytes) => ({ name: `${Math.floor(next() * 2 ** 40).toString(36)}${pick(["", ".dcm", ".IMA", ".0001"])}`, bytes }));
  if (strays > 0) named.push({ name: "README.TXT", bytes: new TextEncoder().encode("no image") });
  const lengthMm = slices[count - 1].along - slices[0].along, besideMm = Math.max(tangent * lengthMm, tilt === "gantry" ? Math.abs(Math.sin(angle)) * (isRow ? pixelSpacing[1] * (columns - 1) : pixelSpacing[0] * (rows - 1)) : 0), isAskew = besideMm > asideMm;
  const what = `${count} slices ${baseMm} mm apart, gaps ${units.join(" ")}, rows ${row.map((x) => x.toFixed(3)).join(" ")}, columns ${column.map((x) => x.toFixed(3)).join(" ")}, ${tilt} tilt ${deg.toFixed(3)}°, ${isSigned ? "signed" : "unsigned"} ${bits} bits, rescale ${rescales.map(({ slope, intercept }) => `${slope} ${intercept}`).join(", ")}${padding === undefined ? "" : `, padding ${padding}`}, ${isLinear ? "a slanted field" : "noise"}${copies > 0 ? `, ${copies} copies` : ""}${refusal ? `, ${refusal}` : ""}`;
  return { seed, what, files: named.sort(() => next() - 0.5), columns, rows, pixelSpacing, row, column, slices, gapMm, run: { first, last }, tangent, besideMm, isAskew, field: isLinear ? field : null, refusal, copies, strays };
}
