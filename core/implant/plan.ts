import { z } from "zod";
import { isPointValue, pointLists, pointsIn, readPointParameter } from "../draft/planPoints.ts";
import { isSectionValue, sectionParameter } from "../draft/sections.ts";
import type { PlanValue } from "../draft/planDoc.ts";
import { materialIds, materialProfiles } from "./materials.ts";

/** What a panel shows beside a parameter's field. */
export interface PlanParameter {
  key: string;
  name: string;
  /** null: no unit. */
  unit: "mm" | "°" | null;
  /** Inclusive; null for what is no number. */
  range: readonly [number, number] | null;
  /** What DOMAIN recommends; outside it the value is taken and shown as such. */
  usual: readonly [number, number] | null;
  default: unknown;
  /** Other values than a number within the range. */
  choices: readonly (string | null)[] | null;
  rule: string;
  /** Where the numbers come from; «unverified» as DOMAIN marks it [K]. */
  source: string;
}

const number = (key: string, name: string, unit: "mm" | "°" | null, range: readonly [number, number], usual: readonly [number, number] | null, byDefault: number, rule: string, source: string): PlanParameter =>
  ({ key, name, unit, range, usual, default: byDefault, choices: null, rule, source });

/** Every parameter of a cranial plan, one flat key each. */
export const planParameters: readonly PlanParameter[] = [
  { key: "family", name: "Family", unit: null, range: null, usual: null, default: "cranial", choices: ["cranial"], rule: "Which kind of implant.", source: "JOBS.md" },
  { key: "bone", name: "Bone", unit: null, range: [1, 127], usual: null, default: 1, choices: null, rule: "Label value of the host bone.", source: "JOBS.md" },
  { key: "region", name: "Region", unit: null, range: [1, 127], usual: null, default: null, choices: [null], rule: "Label value of a painted region that contains the defect; without it the only hole of at least 2 cm² in the vault.", source: "JOBS.md" },
  { key: "outline", name: "Outline", unit: "mm", range: null, usual: null, default: null, choices: [null], rule: "Points on the bone round the defect, RAS mm, in order; instead of a painted region.", source: "JOBS.md" },
  { key: "reference", name: "Shape from", unit: null, range: null, usual: null, default: "blend", choices: ["blend", "mirror", "spline"], rule: "The mirrored side bent to the rim, the mirrored side alone, or a smooth surface alone.", source: "bench cranial" },
  { key: "thickness", name: "Thickness", unit: "mm", range: [0.4, 12], usual: [3, 6], default: 4, choices: ["bone"], rule: "CR1: PEEK and PMMA 3 to 6 mm, CR2: titanium 0.6 to 1.5 mm; «bone» follows the missing tables.", source: "CR1 (S53: 4 mm); ranges unverified" },
  number("marginMm", "Gap to the bone", "mm", [0, 3], [0.3, 1], 0.5, "CR3: distance from rim to bone all round.", "unverified (CR3)"),
  number("bevelDeg", "Bevel", "°", [0, 20], [5, 10], 7, "CR4: the wall opens outward along the insertion axis by at least this angle.", "unverified (CR4)"),
  number("edgeRadiusMm", "Edge radius", "mm", [0, 1.5], null, 0.3, "Rim edges are rounded.", "unverified"),
  number("contourMm", "Contour", "mm", [-2, 2], [-2, 0], 0, "CR12: the outer surface moved in (negative) or out.", "unverified (CR12)"),
  { key: "insertionAxis", name: "Insertion axis", unit: null, range: [-1, 1], usual: null, default: null, choices: [null], rule: "Direction out of the head along which the plate is put in, RAS; null: the direction with the least undercut.", source: "own" },
  { key: "perforation", name: "Perforation", unit: null, range: null, usual: null, default: null, choices: [null, "hexagonal"], rule: "CR10: through holes in a hexagonal pattern.", source: "unverified (CR10)" },
  number("perforationDiameterMm", "Hole", "mm", [1, 4], [2, 3], 2.5, "CR10: Ø 2 to 3 mm.", "unverified (CR10)"),
  number("perforationPitchMm", "Hole pitch", "mm", [6, 25], [10, 15], 12, "CR10: 10 to 15 mm between holes, at most 15 % of the area.", "unverified (CR10)"),
  number("perforationRimMm", "Hole to rim", "mm", [3, 15], [5, 15], 5, "CR10: at least 5 mm from the rim.", "unverified (CR10)"),
  { key: "fixation", name: "Fixation", unit: null, range: null, usual: null, default: null, choices: [null, "tabs"], rule: "CR6: tabs with a screw hole each, evenly spaced.", source: "S55" },
  number("fixationSpacingMm", "Tab spacing", "mm", [20, 90], [40, 60], 50, "CR6: about 40 mm for small, 60 mm for large defects along the rim.", "S55"),
  number("fixationCount", "Tabs", null, [0, 10], [4, 5], 0, "CR6: 4 to 5; 0: from the spacing, 3 to 8.", "S55"),
  { key: "fixationPoints", name: "Screws", unit: "mm", range: null, usual: null, default: null, choices: [null], rule: "CR6: where the tabs' screws go, RAS mm; without points they are spaced evenly.", source: "S55" },
  number("tabThicknessMm", "Tab thickness", "mm", [0.4, 2], [0.4, 0.6], 0.6, "CR8 (titanium 0.5 mm); not less than the process makes.", "unverified (CR8)"),
  number("screwDiameterMm", "Screw", "mm", [1, 2.4], [1.5, 1.6], 1.5, "CR7: Ø 1.5 mm; CR9: hole centre at least 2 Ø from the tab's edge.", "unverified (CR7, CR9)"),
  { key: "material", name: "Material", unit: null, range: null, usual: null, default: "peek-machined", choices: materialIds, rule: "Process and material together.", source: "DOMAIN §7" },
  { key: "buildDirection", name: "Build direction", unit: null, range: [-1, 1], usual: null, default: null, choices: [null], rule: "Direction in which a printed part grows, layer by layer, RAS: overhang is counted for it; null: up, to the top of the head.", source: "own" },
];

const parameter = (key: string): PlanParameter => {
  const found = planParameters.find((p) => p.key === key);
  if (!found) throw new RangeError(key);
  return found;
};
const within = (low: number, high: number, message: string) => z.number({ error: message }).min(low, message).max(high, message);
const numeric = (key: string) => {
  const { range, default: byDefault, unit, name } = parameter(key);
  const [low, high] = range ?? [0, 0];
  const message = `${name} must be a number from ${low} to ${high}${unit ? ` ${unit}` : ""}`;
  return within(low, high, message).default(byDefault as number);
};
const labelMessage = "a label value is a whole number from 1 to 127";
const labelValue = z.number({ error: labelMessage }).int(labelMessage).min(1, labelMessage).max(127, labelMessage);

const pointMessage = "a point is three numbers from -10000 to 10000, RAS mm", coordinate = within(-10_000, 10_000, pointMessage);
const rasMm = z.tuple([coordinate, coordinate, coordinate], { error: pointMessage });
const thicknessMessage = "thickness is «bone» or a number from 0.4 to 12 mm";
const oneOf = (key: string) => `${parameter(key).name} is ${parameter(key).choices?.map((choice) => choice ?? "left out").join(" or ")}`;

/** A direction in RAS; its length does not matter. */
const direction = (what: string) => {
  const message = `${what} is three numbers from -1 to 1: right, front, up`, share = within(-1, 1, message);
  return z.tuple([share, share, share], { error: message }).refine(([x, y, z]) => x * x + y * y + z * z > 0.01, `${what} has no direction`);
};

/** The plan of a cranial plate. Everything left out takes its default; an unknown key is refused by name. */
export const cranialPlan = z.strictObject({
  family: z.literal("cranial", { error: oneOf("family") }),
  bone: labelValue,
  region: labelValue.nullable().default(null),
  outline: z.array(rasMm, { error: "an outline is a list of points, RAS mm" }).min(3, "an outline has at least 3 points").max(200, "an outline has at most 200 points").nullable().default(null),
  reference: z.enum(["blend", "mirror", "spline"], { error: oneOf("reference") }).default("blend"),
  thickness: z.union([z.literal("bone"), within(0.4, 12, thicknessMessage)], { error: thicknessMessage }).default(4),
  marginMm: numeric("marginMm"),
  bevelDeg: numeric("bevelDeg"),
  edgeRadiusMm: numeric("edgeRadiusMm"),
  contourMm: numeric("contourMm"),
  insertionAxis: direction("the insertion axis").nullable().default(null),
  perforation: z.literal("hexagonal", { error: oneOf("perforation") }).nullable().default(null),
  perforationDiameterMm: numeric("perforationDiameterMm"),
  perforationPitchMm: numeric("perforationPitchMm"),
  perforationRimMm: numeric("perforationRimMm"),
  fixation: z.literal("tabs", { error: oneOf("fixation") }).nullable().default(null),
  fixationSpacingMm: numeric("fixationSpacingMm"),
  fixationCount: numeric("fixationCount").refine((n) => Number.isInteger(n), "the number of tabs is a whole number"),
  fixationPoints: z.array(rasMm, { error: "screws are a list of points, RAS mm" }).min(1, "a list of screws has at least one point").max(10, "a plate has at most 10 tabs").nullable().default(null),
  tabThicknessMm: numeric("tabThicknessMm"),
  screwDiameterMm: numeric("screwDiameterMm"),
  material: z.enum(materialIds as [string, ...string[]], { error: `material is one of ${materialIds.join(", ")}` }).default("peek-machined"),
  // Left out where it is the default, so that a plan of before this key has the bytes, and the hash, that it always had.
  buildDirection: direction("the build direction").nullish(),
}).refine((plan) => plan.region === null || plan.region !== plan.bone, { path: ["region"], message: "the region must be another segment than the bone" })
  .refine((plan) => plan.region === null || plan.outline === null, { path: ["outline"], message: "the defect is given by a painted region or by an outline, not by both" });

export type CranialPlan = Omit<z.infer<typeof cranialPlan>, "buildDirection"> & { buildDirection?: readonly [number, number, number] };

/** Towards the top of the head: how a part is built where its plan says nothing. */
const upwards = [0, 0, 1] as const;

/** The direction that a plan's part is built in, RAS, length 1. */
export function buildDirectionOf({ buildDirection: [x, y, z] = upwards }: Pick<CranialPlan, "buildDirection">): readonly [number, number, number] {
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}

/** Names that an implant has in the plan document beside its family's parameters. */
const implantNames: readonly string[] = ["name", "isRemoved"];

/** Whether a plan document may hold a parameter of this name; what value is right, `readPlan` says. */
export const isPlanParameter = (name: string): boolean => implantNames.includes(name) || name === sectionParameter || readPointParameter(name) !== null
  || (!(pointLists as readonly string[]).includes(name) && planParameters.some(({ key }) => key === name));

/** Whether a plan document may hold this value under this name: points and sections have their form, what else is right `readPlan` says. */
export const isParameterValue = (name: string, value: PlanValue): boolean => (name === sectionParameter ? isSectionValue(value) : readPointParameter(name) === null || isPointValue(value));

/** The parameters of an implant in a plan document as `readPlan` takes them: without the names that are no part of the plate, its points as lists. */
export function planDataOf(parameters: Readonly<Record<string, PlanValue>>): Record<string, unknown> {
  const plain = Object.fromEntries(Object.entries(parameters).filter(([name]) => !implantNames.includes(name) && !["outline", "fixationPoints"].includes(readPointParameter(name)?.list ?? "")));
  const listed = (["outline", "fixationPoints"] as const).map((list) => [list, pointsIn(parameters, list).map(({ at }) => at)] as const);
  return { ...plain, ...Object.fromEntries(listed.filter(([, points]) => points.length > 0)) };
}

/** One thing that is wrong with a plan: the key, and what to do. */
export interface PlanFault { key: string; message: string }

/** Reads a plan from JSON data. @returns the plan with all defaults filled in (but for that of `buildDirection`), or every fault with its key */
export function readPlan(data: unknown): { plan: CranialPlan } | { faults: PlanFault[] } {
  const read = cranialPlan.safeParse(data);
  if (read.success) {
    const { buildDirection, ...plan } = read.data;
    return { plan: { ...plan, ...buildDirection && { buildDirection } } };
  }
  return {
    faults: read.error.issues.flatMap((issue): PlanFault[] => issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ key, message: `unknown key «${key}»` }))
      : [{ key: issue.path.join("."), message: `${issue.path.join(".") || "plan"}: ${issue.message}` }]),
  };
}

/** A parameter as it is for a material: what is usual of a plate's thickness is the material's own rule (CR1, CR2). */
export function forMaterial(parameter: PlanParameter, material: unknown): PlanParameter {
  const profile = materialProfiles.find(({ id }) => id === material);
  if (parameter.key !== "thickness" || !profile) return parameter;
  const [least, , most] = profile.plateMm;
  return { ...parameter, usual: [least, most], source: profile.sources.plate };
}

/** What in a plan lies outside the usual range of its rule: taken, and shown beside the field. */
export function unusualValues(plan: CranialPlan): { key: string; value: number; usual: readonly [number, number]; rule: string; source: string }[] {
  return planParameters.flatMap((parameter) => {
    const { key, usual, rule, source } = forMaterial(parameter, plan.material);
    const value = plan[key as keyof CranialPlan];
    return usual && typeof value === "number" && (value < usual[0] || value > usual[1]) && !(key === "fixationCount" && value === 0) ? [{ key, value, usual, rule, source }] : [];
  });
}
