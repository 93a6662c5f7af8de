import { fitBandsMm } from "./fit.ts";

/** One band of a map: what it means, and its colour (distinct for all kinds of colour vision: blue to orange, never red against green alone). */
export interface MapBand { name: string; rgb: readonly [number, number, number] }

const fitBands = [
  { name: "overlaps bone", rgb: [204, 51, 92] }, { name: "narrower than planned", rgb: [240, 140, 60] }, { name: "a little off", rgb: [245, 205, 100] },
  { name: "as planned", rgb: [62, 180, 140] }, { name: "wider than planned", rgb: [86, 140, 240] }, { name: "away from the bone", rgb: [214, 214, 222] },
] as const satisfies readonly MapBand[];
const wallBands = [
  { name: "under half of the least wall", rgb: [204, 51, 92] }, { name: "thinner than the least wall", rgb: [240, 140, 60] },
  { name: "up to twice the least wall", rgb: [62, 180, 140] }, { name: "thicker", rgb: [86, 140, 240] },
] as const satisfies readonly MapBand[];

const gapBands = [
  { name: "far inside", rgb: [204, 51, 92] }, { name: "inside", rgb: [240, 140, 60] }, { name: "a little inside", rgb: [245, 205, 100] }, { name: "alike", rgb: [62, 180, 140] },
  { name: "a little outside", rgb: [140, 205, 240] }, { name: "outside", rgb: [86, 140, 240] }, { name: "far outside", rgb: [72, 72, 176] },
] as const satisfies readonly MapBand[];
const apartBands = [
  { name: "alike", rgb: [62, 180, 140] }, { name: "a little apart", rgb: [245, 205, 100] }, { name: "apart", rgb: [240, 140, 60] }, { name: "far apart", rgb: [204, 51, 92] },
] as const satisfies readonly MapBand[];
/** Limits of the bands of a distance between two surfaces, mm. Source: DOMAIN MQ5 (fit, and an outer contour's 1 mm). */
const gapLimitsMm = [fitBandsMm.green, fitBandsMm.amber, 1] as const;

/** Beyond this much more than the plan's gap a point does not face the bone at its rim, mm (as `fitOf` takes it). */
export const rimReachMm = 2;
const overlapMm = 0.05;

function fitBandOf(gapMm: number, marginMm: number): number {
  const off = gapMm - marginMm;
  if (gapMm < -overlapMm) return 0;
  if (off > rimReachMm) return 5;
  if (Math.abs(off) <= fitBandsMm.green) return 3;
  if (Math.abs(off) <= fitBandsMm.amber) return 2;
  return off < 0 ? 1 : 4;
}
function wallBandOf(mm: number, leastWallMm: number): number {
  return mm < leastWallMm / 2 ? 0 : mm < leastWallMm ? 1 : mm <= 2 * leastWallMm ? 2 : 3;
}

/** A map's colours at every vertex (RGBA) and its legend: of each band the limits in mm, and the share of the vertices that lie in it, 0…1, which together are the map's histogram. */
export interface PaintedMap { rgba: Uint8Array; legend: readonly (MapBand & { range: string; share: number })[] }

function painted(map: Float32Array, bands: readonly MapBand[], ranges: readonly string[], bandOf: (mm: number) => number): PaintedMap {
  const rgba = new Uint8Array(4 * map.length), counts = bands.map(() => 0);
  for (let v = 0; v < map.length; v++) {
    const band = bandOf(map[v]);
    rgba.set([...bands[band].rgb, 255], 4 * v);
    counts[band]++;
  }
  return { rgba, legend: bands.map((band, i) => ({ ...band, range: ranges[i], share: map.length > 0 ? counts[i] / map.length : 0 })) };
}

/** The fit map: gap in mm at each vertex against the plan's. Bands: DOMAIN MQ5. */
export function fitColors(gapMm: Float32Array, marginMm: number): PaintedMap {
  const { green, amber } = fitBandsMm;
  const mm = (value: number): string => value.toFixed(2);
  const ranges = [`< −${mm(overlapMm)}`, `< ${mm(marginMm - amber)}`, `${mm(marginMm)} ± ${mm(amber)}`, `${mm(marginMm)} ± ${mm(green)}`, `> ${mm(marginMm + amber)}`, `> ${mm(marginMm + rimReachMm)}`];
  return painted(gapMm, fitBands, ranges, (gap) => fitBandOf(gap, marginMm));
}

/** The thickness map: wall in mm at each vertex against the least that the process makes. */
export function wallColors(thicknessMm: Float32Array, leastWallMm: number): PaintedMap {
  const ranges = [`< ${leastWallMm / 2}`, `< ${leastWallMm}`, `${leastWallMm} to ${2 * leastWallMm}`, `> ${2 * leastWallMm}`];
  return painted(thicknessMm, wallBands, ranges, (mm) => wallBandOf(mm, leastWallMm));
}

/** The distance of a surface to another at each vertex. @param isSigned negative is inside of the other; else only how far */
export function distanceColors(mm: Float32Array, isSigned: boolean): PaintedMap {
  const [near, some, far] = gapLimitsMm, apart = (value: number): number => (Math.abs(value) <= near ? 0 : Math.abs(value) <= some ? 1 : Math.abs(value) <= far ? 2 : 3);
  if (!isSigned) {
    const ranges = [`≤ ${near}`, `≤ ${some}`, `≤ ${far}`, `> ${far}`];
    return painted(mm, apartBands, ranges, apart);
  }
  const ranges = [`< −${far}`, `< −${some}`, `< −${near}`, `± ${near}`, `> ${near}`, `> ${some}`, `> ${far}`];
  return painted(mm, gapBands, ranges, (value) => 3 + (value < 0 ? -apart(value) : apart(value)));
}
