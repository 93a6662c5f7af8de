import type { Derivation } from "../volume/derivation.ts";
import type { Finding, Severity } from "./ctQuality.ts";

const rank: Readonly<Record<Severity, number>> = { pass: 0, attention: 1, blocked: 2 };
/** Codes whose greater value is the worse one, where both are equally severe. */
const greaterIsWorse = new Set(["CT1", "CT2", "CT3", "CT7", "CT9", "fov", "pelvis-coverage", "metal", "streaks", "noise", "quantised", "outside"]);
/** What told of slices that the regular part leaves out, and of the gaps between them; nothing of it is in that part. */
const ofUneven = new Set(["uneven-end-slice", "uneven-spacing", "missing-slices", "resampled", "outside"]);
const keptNote = " This was found before this volume was made, and making it mends nothing of it.";

function isWorse(made: Finding, earlier: Finding): boolean {
  if (made.severity !== earlier.severity) return rank[made.severity] > rank[earlier.severity];
  return greaterIsWorse.has(made.code) && typeof made.value === "number" && typeof earlier.value === "number" && made.value > earlier.value;
}

/**
 * What is found of a volume that was made of another (CK7): all that was found of that one, and what the new voxels say where
 * it is worse. A turned head has air at its ends, a smoothed one no metal, and neither is better covered or freer of it.
 */
export function findingsOfDerived(before: readonly Finding[], made: readonly Finding[], op: Derivation["op"]): Finding[] {
  const earlier = before.filter(({ code }) => op !== "regularPart" || !ofUneven.has(code)), known = new Set(earlier.map(({ code }) => code));
  const kept = earlier.map((one) => {
    const again = made.find(({ code }) => code === one.code);
    if (!again) return one;
    if (isWorse(again, one)) return again;
    return rank[again.severity] < rank[one.severity] && !one.message.endsWith(keptNote) ? { ...one, message: one.message + keptNote } : one;
  });
  return [...kept, ...made.filter(({ code }) => !known.has(code))];
}
