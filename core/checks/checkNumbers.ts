/** One measured thing of a report for people: its name, and its value with unit. */
export interface CheckNumber { name: string; value: string }

const record = (value: unknown): Record<string, unknown> => (typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {});
const told = (value: unknown, unit: string, digits = 2): string | null => (typeof value === "number" && Number.isFinite(value) ? `${value.toFixed(digits)} ${unit}` : null);
const percent = (value: unknown): string | null => (typeof value === "number" ? `${(100 * value).toFixed(1)} %` : null);
const letters = [["R", "L"], ["A", "P"], ["S", "I"]] as const;

/** A direction in RAS by the letters of its sides: «S», «S and R»; a component under a tenth is left out. */
export function directionWords(up: unknown): string | null {
  if (!Array.isArray(up) || up.length !== 3) return null;
  const parts = (up as number[]).map((x, i) => ({ x: Math.abs(x), letter: letters[i][x < 0 ? 1 : 0] })).filter(({ x }) => x > 0.1).sort((a, b) => b.x - a.x);
  return parts.map(({ letter }) => letter).join(" and ");
}

/**
 * What a check measured beside what it judges, out of the numbers of its report: of the fit the gap along the rim and what
 * touches, of the print wall, overhang for its direction of build, size and mass. What a report of before does not hold is left out.
 */
export function checkNumbers(check: string, numbers: Readonly<Record<string, unknown>>): CheckNumber[] {
  const rows: [string, string | null][] = [];
  if (check === "fit") {
    const gap = record(numbers.gapMm), bands = record(numbers.bands), limits = record(bands.limitsMm), contact = record(numbers.contact), overlap = record(numbers.overlap);
    const range = [told(gap.least, "", 2), told(gap.most, "mm", 2)];
    rows.push(
      ["Gap at the rim: least to most", range[0] && range[1] && `${range[0].trim()} to ${range[1]}`], ["Median, 95 %", told(gap.median, "mm") && told(gap.p95, "mm") && `${told(gap.median, "mm")}, ${told(gap.p95, "mm")}`],
      [`Within ± ${String(limits.green)} mm of the plan`, percent(bands.greenShare)], [`Within ± ${String(limits.amber)} mm`, percent(bands.amberShare)],
      ["Touches bone", told(contact.areaMm2, "mm²", 1)], ["Overlaps bone", told(overlap.areaMm2, "mm²", 1)],
    );
  }
  if (check === "print") {
    const wall = record(numbers.thicknessMm), overhang = record(numbers.overhang), box = record(numbers.boundingBox), size = Array.isArray(box.sizeMm) ? (box.sizeMm as number[]) : null, up = directionWords(overhang.up);
    rows.push(
      ["Wall, median", told(wall.median, "mm")], [`Thinner than ${String(numbers.leastWallMm)} mm`, percent(numbers.thinShare)],
      overhang.limitDeg === null ? ["Overhang", "none counts: it is not printed in layers"] : [`Overhang, flatter than ${String(overhang.limitDeg)}°, built towards ${up ?? "?"}`, told(overhang.areaMm2, "mm²", 0)],
      ["Size", size && `${size.map((mm) => mm.toFixed(1)).join(" × ")} mm`], ["Volume", told(typeof numbers.volumeMm3 === "number" ? numbers.volumeMm3 / 1000 : null, "mL")], ["Mass", told(numbers.massG, "g", 1)],
    );
  }
  return rows.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}
