import { z } from "zod";
import { judgeCoverage, judgeThickness, type Coverage, type Finding, type Region } from "./ctQuality.ts";
import { judgePelvis, type PelvisProfile } from "./pelvisCoverage.ts";

const mm = z.number().nullable(), mm2 = z.number().min(0), asFinding = z.object({
  code: z.string(), severity: z.enum(["pass", "attention", "blocked"]), value: z.union([z.number(), z.string(), z.null()]), limit: z.union([z.number(), z.string(), z.null()]), unit: z.string().nullable(), message: z.string(), files: z.array(z.string()),
});
/**
 * What the checks that depend on a case's region are judged by, kept in a report's provenance so that another region can be
 * judged without the scan. `pelvis`: what CK6 found, which no region changes; null where nobody has looked.
 */
export const regionFacts = z.object({
  thicknessMm: mm, planesMm: mm,
  cut: z.object({ boneAtTopMm2: mm2, vaultAtTopMm2: mm2, boneAtBottomMm2: mm2, frontAtBottomMm2: mm2 }),
  pelvis: asFinding.nullable(),
});
export interface RegionFacts extends z.infer<typeof regionFacts> { pelvis: Finding | null }

/** The facts of a scan. @param profile of its bone, where it was looked at */
export const factsOf = (thicknessMm: number | null, planesMm: number | null, { boneAtTopMm2, vaultAtTopMm2, boneAtBottomMm2, frontAtBottomMm2 }: Coverage, profile: PelvisProfile | null): RegionFacts =>
  ({ thicknessMm, planesMm, cut: { boneAtTopMm2, vaultAtTopMm2, boneAtBottomMm2, frontAtBottomMm2 }, pelvis: profile && judgePelvis(profile) });

/** The facts that a report keeps; null where it keeps none. */
export function keptFacts(provenance: unknown): RegionFacts | null {
  const read = regionFacts.safeParse((provenance as { regionFacts?: unknown } | null)?.regionFacts);
  return read.success ? read.data : null;
}

const rank = { pass: 0, attention: 1, blocked: 2 } as const;
const worse = (a: Finding, b: Finding): Finding => rank[b.severity] > rank[a.severity] || (b.severity === a.severity && Number(b.value) > Number(a.value)) ? b : a;

/**
 * CK7: of a volume that was made of another the worse of both; each number only blocks more where it is greater.
 * @param coarserMm edge of its voxels along z where that is greater than before, else 0
 */
export function factsOfDerived(before: RegionFacts, coverage: Coverage, profile: PelvisProfile, coarserMm: number): RegionFacts {
  const { cut, thicknessMm, planesMm, pelvis } = before, made = judgePelvis(profile);
  return {
    thicknessMm: thicknessMm === null ? null : Math.max(thicknessMm, coarserMm), planesMm: planesMm === null ? null : Math.max(planesMm, coarserMm),
    cut: {
      boneAtTopMm2: Math.max(cut.boneAtTopMm2, coverage.boneAtTopMm2), vaultAtTopMm2: Math.max(cut.vaultAtTopMm2, coverage.vaultAtTopMm2),
      boneAtBottomMm2: Math.max(cut.boneAtBottomMm2, coverage.boneAtBottomMm2), frontAtBottomMm2: Math.max(cut.frontAtBottomMm2, coverage.frontAtBottomMm2),
    },
    pelvis: pelvis ? worse(pelvis, made) : made,
  };
}

/** The checks that depend on the region, each in its place among a report's findings: slice thickness, coverage, and that of the pelvis. */
const placesOf: readonly (readonly string[])[] = [["CT1", "CT2", "CT3"], ["CT9"], ["pelvis-coverage"]];
export const regionCodes: ReadonlySet<string> = new Set(placesOf.flat());

/**
 * A report's findings for another region: those that depend on it judged anew, each in its place, all others as they are. The
 * pelvis stands only where that is the region. @throws Error where the pelvis is asked for and nobody has looked
 */
export function judgeRegionAnew(findings: readonly Finding[], facts: RegionFacts, region: Region): Finding[] {
  if (region === "pelvis" && !facts.pelvis) throw new Error("the pelvis' coverage is not known");
  const anew = [judgeThickness(region, facts.thicknessMm, facts.planesMm), judgeCoverage(facts.cut, region), region === "pelvis" ? facts.pelvis : null], found: Finding[] = [], isPut = [false, false, false];
  for (const one of findings) {
    const place = placesOf.findIndex((codes) => codes.includes(one.code));
    if (place < 0) { found.push(one); continue; }
    const made = anew[place];
    if (made && !isPut[place]) found.push(made);
    isPut[place] = true;
  }
  for (const [place, made] of anew.entries()) if (made && !isPut[place]) found.push(made);
  return found;
}
