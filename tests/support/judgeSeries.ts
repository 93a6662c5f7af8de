import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { decodeDicom, type Decoded } from "../../workers/import/dicomSeries.ts";
import { defaultLimits } from "../../workers/import/limits.ts";
import { ImportRefused } from "../../workers/import/refused.ts";
import { collectFiles } from "../../workers/import/sourceFiles.ts";
import { dot, type MadeSeries } from "./madeSeries.ts";

/** Codes that geometry and values alone decide; the others judge the pictures. */
const judged = ["CT4", "CT5", "CT6", "spacing", "missing-slices", "uneven-spacing", "uneven-end-slice", "resampled", "quantised", "clamped", "padding", "duplicates", "broken-files", "broken-slices", "other-files", "regular-part"];

/** Imports files, each in a folder of its own, in `dir`. */
export async function imported(files: MadeSeries["files"], dir: string): Promise<Decoded | ImportRefused> {
  const folder = join(dir, "files"), work = join(dir, "work");
  await mkdir(work, { recursive: true });
  // Names may be equal: folders in folders keep them apart.
  for (const [at, { name, bytes }] of files.entries()) {
    await mkdir(join(folder, `${at % 3}`, `${at}`), { recursive: true });
    await writeFile(join(folder, `${at % 3}`, `${at}`, name), bytes);
  }
  try {
    return await decodeDicom(await collectFiles([folder], work, defaultLimits, true), {}, defaultLimits, work, () => undefined, () => undefined);
  } catch (error) {
    if (error instanceof ImportRefused) return error;
    throw error;
  } finally {
    await Promise.all([folder, work].map((path) => rm(path, { recursive: true, force: true })));
  }
}

const hu = (milli: number): number => Math.max(-32_768, Math.min(32_767, Math.round(milli / 1000)));
const band = (share: number) => share <= 0.001 ? "pass" : share <= 0.1 ? "attention" : "blocked";
/** As it is told and judged: in hundredths of a degree. */
const degreesOf = (tangent: number) => Number((Math.atan(tangent) * 180 / Math.PI).toFixed(2));
/** Code and severity of everything that is due, and how far values were rounded. */
function due({ slices, gapMm, tangent, isAskew, copies, strays }: MadeSeries): { codes: string[]; roundedBy: number; clamped: number; padded: number } {
  const gaps = slices.slice(1).map(({ along }, k) => along - slices[k].along), odd = gaps.flatMap((mm, k) => (Math.abs(mm - gapMm) > 0.01 ? [{ mm, k }] : [])), missing = odd.filter(({ mm }) => mm >= 1.5 * gapMm), uneven = odd.filter(({ mm }) => mm < 1.5 * gapMm);
  const isEnd = odd.length === 1 && (odd[0].k === 0 || odd[0].k === gaps.length - 1), degrees = degreesOf(tangent), share = Math.max(0, ...uneven.map(({ mm }) => Math.abs(mm - gapMm) / gapMm));
  const values = slices.flatMap(({ milliHu }) => [...milliHu]), known = values.filter((milli) => !Number.isNaN(milli));
  const roundedBy = known.reduce((most, milli) => Math.max(most, Math.abs(milli / 1000 - Math.round(milli / 1000))), 0), clamped = known.filter((milli) => hu(milli) !== Math.round(milli / 1000)).length, padded = values.length - known.length;
  const codes = [
    `CT4 ${band(gapMm - 1)}`, `CT6 ${degrees > 0.1 ? "attention" : "pass"}`, ...odd.length === 0 ? ["spacing pass"] : [], ...missing.map(() => "missing-slices blocked"),
    ...uneven.length > 0 ? [isEnd ? "uneven-end-slice attention" : `uneven-spacing ${share <= 0.1 ? "attention" : "blocked"}`] : [], ...isAskew || odd.length > 0 ? ["resampled attention"] : [],
    ...roundedBy > 0 ? ["quantised attention"] : [], ...clamped > 0 ? ["clamped attention"] : [], ...padded > 0 ? ["padding pass"] : [], ...copies > 0 ? ["duplicates attention"] : [], ...strays > 0 ? ["other-files pass"] : [],
  ];
  return { codes: codes.sort(), roundedBy, clamped, padded };
}
const toRas = (lps: readonly number[]) => [-lps[0], -lps[1], lps[2]];

/** Every pixel of the slices that lie on planes of the grid: at its place, within 1e-3 mm beside what a series may lie askew and still count as straight, with its HU. @returns how many pixels */
function checkVoxels({ slices, row, column, pixelSpacing, columns, run, gapMm, besideMm }: MadeSeries, { grid: { dims, spacing, origin }, hu: made }: Decoded): number {
  let checked = 0;
  for (const { position, along, milliHu } of slices) {
    const off = (along - slices[run.first].along) / gapMm;
    if (Math.abs(off - Math.round(off)) * gapMm > 1e-6) continue;
    for (let p = 0; p < milliHu.length; p++) {
      const place = toRas(position.map((x, a) => x + row[a] * pixelSpacing[1] * (p % columns) + column[a] * pixelSpacing[0] * Math.floor(p / columns)));
      const at = place.map((mm, a) => Math.round((mm - origin[a]) / spacing[a]));
      place.forEach((mm, a) => { if (Math.abs(origin[a] + spacing[a] * at[a] - mm) > besideMm + 1e-3) throw new Error(`pixel ${p} of the slice at ${along} lies ${origin[a] + spacing[a] * at[a] - mm} mm beside its voxel`); });
      const found = made[at[0] + dims[0] * (at[1] + dims[1] * at[2])], exact = milliHu[p];
      if (Number.isNaN(exact) ? found !== -1024 : Number.isInteger(exact / 1000) ? found !== hu(exact) : Math.abs(found - Math.max(-32_768, Math.min(32_767, exact / 1000))) > 0.5 + 1e-9) throw new Error(`pixel ${p} of the slice at ${along} is ${found} HU, not ${exact / 1000}`);
      checked++;
    }
  }
  return checked;
}

/** The field at every voxel that has whole slices around it: 4 HU are 0.1 mm, of which rounding to HU takes some. @returns how many voxels, and the worst */
function checkField({ field, slices, row, column, pixelSpacing, columns, rows }: MadeSeries, { grid: { dims, spacing, origin }, hu: made }: Decoded): { checked: number; worst: number } {
  const along = slices.map((slice) => slice.along), n: number[] = [row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2], row[0] * column[1] - row[1] * column[0]];
  let checked = 0, worst = 0;
  for (let z = 0, at = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++, at++) {
    const lps = toRas([x, y, z].map((index, a) => origin[a] + spacing[a] * index)), mm = dot(lps, n), above = along.findIndex((one) => one > mm);
    // At the ends, and where a slice beside reaches no farther, a value is repeated.
    if (above < 3 || above > along.length - 3) continue;
    const isIn = slices.slice(above - 3, above + 3).every(({ position }) => { const d = lps.map((c, a) => c - position[a]), i = dot(d, row) / pixelSpacing[1], j = dot(d, column) / pixelSpacing[0]; return i >= 1 && i <= columns - 2 && j >= 1 && j <= rows - 2; });
    if (!isIn) continue;
    checked++;
    worst = Math.max(worst, Math.abs(made[at] - (field?.(lps) ?? 0)));
  }
  return { checked, worst };
}

export interface Judged { volumes: number; pixels: number; voxels: number; worstHu: number }
/**
 * Imports a made series, as the files given hold it, and compares everything with what it was made of: codes, severities and values
 * of the findings, every slice's place, every pixel or the field. @returns counts @throws where anything differs
 */
export async function judgeSeries(series: MadeSeries, files: MadeSeries["files"], told: string, dir: string): Promise<Judged> {
  let pixels = 0, voxels = 0, worstHu = 0;
  const made = await imported(files, dir);
  if (made instanceof ImportRefused) {
    expect(made.code, told).toBe(series.refusal);
    expect((made.details[made.code === "several-series" ? "series" : "files"] as unknown[]).length, `${told}: ${made.message}`).toBe(made.code === "several-series" ? 2 : 1);
    return { volumes: 0, pixels, voxels, worstHu };
  }
  expect(null, told).toBe(series.refusal);
  const { codes, roundedBy, clamped, padded } = due(series), { findings, provenance } = made.report, valueOf = (code: string) => findings.find((one) => one.code === code)?.value;
  expect(findings.filter(({ code }) => judged.includes(code)).map(({ code, severity }) => `${code} ${severity}`).sort(), told).toEqual(codes);
  if (roundedBy > 0) expect(valueOf("quantised"), told).toBeCloseTo(roundedBy, 6);
  if (clamped > 0) expect(valueOf("clamped"), told).toBe(clamped);
  if (padded > 0) expect(valueOf("padding"), told).toBe(padded);
  expect(valueOf("CT6"), told).toBeCloseTo(degreesOf(series.tangent), 5);
  expect(findings.find(({ code }) => code === "CT6")?.message, told).toMatch(degreesOf(series.tangent) <= 0.1 ? /not tilted/ : series.isAskew ? /corrected by resampling/ : /nothing was resampled/);
  // Each slice by its own position, in the order of the scan.
  expect(made.source.slices.length, told).toBe(series.slices.length);
  series.slices.forEach(({ position }, k) => toRas(position).forEach((mm, a) => expect(Math.abs((made.source.slices[k].position?.[a] ?? Infinity) - mm), `${told}: slice ${k}`).toBeLessThanOrEqual(1e-3)));
  expect((provenance.evenRun as { slices: number }).slices, told).toBe(series.run.last - series.run.first + 1);
  try {
    if (!series.isAskew) pixels += checkVoxels(series, made);
    if (series.field) {
      const { checked, worst } = checkField(series, made);
      voxels += checked;
      worstHu = Math.max(worstHu, worst);
      if (worst > 4) throw new Error(`a voxel is ${worst.toFixed(2)} HU, ${(worst / 40).toFixed(3)} mm, off the field`);
    }
  } catch (error) {
    throw new Error(told, { cause: error });
  }
  return { volumes: 1, pixels, voxels, worstHu };
}
