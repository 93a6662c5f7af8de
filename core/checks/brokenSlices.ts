import { finding, type Finding } from "./ctQuality.ts";
import { isInPart, type SeriesPart, type SeriesPlan } from "./series.ts";

/** A file of which no slice was made. */
export interface BrokenSlice {
  /** What messages call it. */
  label: string;
  /** Whether it is of the series that was taken; null where that cannot be read, and nothing speaks against it. */
  isOfSeries: boolean | null;
  instanceNumber: number | null;
  /** LPS mm. */
  position: readonly [number, number, number] | null;
}

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const round = (mm: number) => Number(mm.toFixed(3));
/** What lies in the direction of each axis of RAS, and against it. */
const ends = [["patient's right", "patient's left"], ["front", "back"], ["head", "feet"]] as const;
/** Where a direction in RAS points, by its greatest part. */
function towards(ras: readonly number[]): string {
  const axis = [0, 1, 2].reduce((best, a) => Math.abs(ras[a]) > Math.abs(ras[best]) ? a : best, 0);
  return ends[axis][ras[axis] > 0 ? 0 : 1];
}

/** Place along the normal by Instance Number, where all slices that were read follow it evenly: a hint, never a position. */
function byNumber(along: readonly number[], numbers: readonly (number | null)[], gapMm: number): ((instance: number) => number) | null {
  const first = numbers[0], last = numbers[numbers.length - 1];
  if (first === null || last === null || first === last) return null;
  const perNumber = (along[along.length - 1] - along[0]) / (last - first), of = (instance: number) => along[0] + perNumber * (instance - first);
  return numbers.every((n, k) => n !== null && Math.abs(of(n) - along[k]) < gapMm / 2) ? of : null;
}

/**
 * Slices that are lost because their files are broken (W3: a missing slice blocks until a person acknowledges it): which they
 * were, by Instance Number and position as far as their bytes still tell, and at which end the volume is shorter for it.
 * @param numbers Instance Numbers in the plan's order, null where a file has none
 * @param part that was taken of the series: a slice that lies beside it is not missed (IM16)
 */
export function judgeBrokenSlices(plan: SeriesPlan, numbers: readonly (number | null)[], broken: readonly BrokenSlice[], part?: SeriesPart): Finding[] {
  const { along, spacing: { gapMm, missing } } = plan, [r, c] = [plan.rowDirection, plan.columnDirection];
  // A place along the normal is the same number in RAS as in LPS: both turn together.
  const normal = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
  const guess = byNumber(along, numbers, gapMm), low = along[0], high = along[along.length - 1];
  const groups = new Map<"low" | "high" | "inside" | "unknown", string[]>(), names = new Map<string, string[]>();
  for (const { label, isOfSeries, instanceNumber, position } of broken) {
    if (isOfSeries === false) continue;
    const ras = position && [0 - position[0], 0 - position[1], position[2]], told = ras ? dot(ras, normal) : instanceNumber !== null && guess ? guess(instanceNumber) : null;
    if (part && told !== null && !isInPart(told, part)) continue;
    const place = told === null ? "unknown" : told < low - gapMm / 2 ? "low" : told > high + gapMm / 2 ? "high" : "inside";
    const by = [...instanceNumber === null ? [] : [`Instance Number ${instanceNumber}`], ...position ? [`Image Position ${position.map(round).join("\\")} mm`] : told === null ? [] : [`by that number ${round(told)} mm along the slices' normal`]];
    groups.set(place, [...groups.get(place) ?? [], `${label}${by.length > 0 ? ` (${by.join(", ")})` : " (neither number nor position can be read)"}${isOfSeries === null ? ", of a series that cannot be read" : ""}`]);
    names.set(place, [...names.get(place) ?? [], label]);
  }
  return [...groups].map(([place, told]) => {
    const count = told.length, are = count === 1 ? "One slice is" : `${count} slices are`, which = `${told.slice(0, 20).join("; ")}${count > 20 ? " …" : ""}`, sign = place === "low" ? -1 : 1;
    const end = `towards the ${towards(normal.map((x) => sign * x))}`;
    const message = place === "inside" ? `${are} broken and not read: ${which}. ${count === 1 ? "It lies" : "They lie"} between the others; what stands there was made from the neighbours.`
      : place === "unknown" ? `${count === 1 ? "One file is" : `${count} files are`} broken and not read: ${which}. Where ${count === 1 ? "it belongs" : "they belong"} cannot be told: ${missing.length > 0 ? "to the gap between slices, or to an end, where the volume is then shorter" : "no slice is missing between the others, so that the volume may be shorter at an end"}.`
        : `${are} broken and not read: ${which}. The volume is shorter ${end} for it: it ends at ${round(place === "low" ? low : high)} mm along the slices' normal.`;
    return finding("broken-slices", "blocked", message, { value: count, limit: 0, unit: "slices", files: (names.get(place) ?? []).slice(0, 50) });
  });
}
