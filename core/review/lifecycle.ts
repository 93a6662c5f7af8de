import type { Manifest } from "./manifest.ts";
import { materialConflict } from "./material.ts";
import type { Role } from "./permissions.ts";

/** The states of a version (ARCHITECTURE §8). */
export const versionStates = ["frozen", "inReview", "signed", "released", "superseded", "voided"] as const;
export type VersionState = (typeof versionStates)[number];

/** What can be done to a version. `sign` is one signature; the version is signed when all that are required are there. */
export const versionActions = ["submit", "withdraw", "sign", "reject", "release", "supersede", "void"] as const;
export type VersionAction = (typeof versionActions)[number];

/** What a signature says. */
export const meanings = ["designed", "reviewed", "approved", "rejected"] as const;
export type Meaning = (typeof meanings)[number];

/** Who may state what: the engineer's and the specialist's work, the review of somebody else, the surgeon's approval. */
export const meaningsOf: Readonly<Record<Role, readonly Meaning[]>> = {
  surgeon: ["approved", "rejected"],
  engineer: ["designed"],
  segmentationSpecialist: ["designed"],
  reviewer: ["reviewed", "rejected"],
  viewer: [],
};

interface Transition { to: VersionState; by: readonly Role[] }
const makers: readonly Role[] = ["surgeon", "engineer"];
const signers: readonly Role[] = ["surgeon", "engineer", "segmentationSpecialist", "reviewer"];

/** The one table state × action; what is not in it cannot be done. `sign` stays in review until the last required one. */
export const transitions: Readonly<Record<VersionState, Partial<Record<VersionAction, Transition>>>> = {
  frozen: { submit: { to: "inReview", by: makers }, void: { to: "voided", by: makers }, supersede: { to: "superseded", by: makers } },
  inReview: {
    withdraw: { to: "frozen", by: makers }, sign: { to: "inReview", by: signers }, reject: { to: "voided", by: ["surgeon", "reviewer"] },
    void: { to: "voided", by: makers }, supersede: { to: "superseded", by: makers },
  },
  signed: { release: { to: "released", by: ["surgeon"] }, void: { to: "voided", by: ["surgeon"] }, supersede: { to: "superseded", by: makers } },
  released: { void: { to: "voided", by: ["surgeon"] }, supersede: { to: "superseded", by: ["surgeon"] } },
  superseded: {},
  voided: {},
};

/** A signature as far as the rules look at it. */
export interface SignatureFact { userId: string; role: Role; meaning: Meaning; manifestHash: string }

/** A written judgement on a report, by the report's hash or by its key in the build graph (both change with its inputs). */
export interface Judgement { reportHash: string; reason: string; byRole: Role }

/** Who may judge what a check leaves open. */
export const judges: readonly Role[] = ["surgeon", "engineer"];

/** Roles that must have signed before a version counts as signed, unless the workspace asks for others. */
export const defaultRequiredMeanings: readonly Meaning[] = ["designed", "approved"];

/** The meanings that a version still has to be signed with: those that nobody has given for this manifest. */
export const meaningsDue = (signatures: readonly Pick<SignatureFact, "meaning">[], required: readonly Meaning[] = defaultRequiredMeanings): Meaning[] => required.filter((meaning) => !signatures.some((one) => one.meaning === meaning));

/** The reports that a version needs, and of which of its hashes each must be. */
export const requiredReports: readonly { check: string; of: readonly ("volume" | "labelmap" | "plan")[] }[] = [
  { check: "ctQuality", of: ["volume"] }, { check: "soundness", of: ["plan", "labelmap"] }, { check: "fit", of: ["plan", "labelmap"] }, { check: "print", of: ["plan", "labelmap"] },
];
/** How a check is called on screen and on paper. */
export const checkNames: Readonly<Record<string, string>> = { ctQuality: "CT quality", soundness: "Plate as planned", fit: "Fit", print: "Printability" };

/** A version, all that the rules need of it. */
export interface VersionFacts {
  state: VersionState;
  manifestHash: string;
  manifest: Pick<Manifest, "reports" | "prescription" | "plan" | "labelmap" | "volume">;
  signatures: readonly SignatureFact[];
  judgements: readonly Judgement[];
  /** Id of the frozen plan's material; null without a plan, and where the version stands no more. */
  plannedMaterial: string | null;
  /** Who drew, planned or froze it: it is their own design, whatever their role is now. */
  designers: readonly string[];
}

/** Reports of a version that were not taken as they are: what each lacks. `reports` is empty where the report is missing. */
export interface OpenReport { check: string; of: string; report: Manifest["reports"][number] | null }

/** The required reports of a version that do not simply pass and that nobody with the right has judged. */
export function openReports({ manifest, judgements }: Pick<VersionFacts, "manifest" | "judgements">): OpenReport[] {
  return requiredReports.flatMap(({ check, of }): OpenReport[] => {
    const words = of.map((name) => (name === "volume" ? "CT" : name)).join(" and ");
    const own = manifest.reports.filter((report) => report.check === check && of.every((name) => report.inputs[name] !== undefined && report.inputs[name] === manifest[name]));
    if (own.length === 0) return [{ check, of: words, report: null }];
    const isTaken = (report: Manifest["reports"][number]): boolean => report.verdict === "pass"
      || judgements.some(({ reportHash, reason, byRole }) => (reportHash === report.sha256 || reportHash === report.inputs.artifact) && reason.trim() !== "" && judges.includes(byRole));
    return own.filter((report) => !isTaken(report)).map((report) => ({ check, of: words, report }));
  });
}

/** RV6 for versions that were frozen before it was looked at: why the prescription's material cannot be right; null where it can. */
const conflictOf = ({ manifest: { prescription }, plannedMaterial }: Pick<VersionFacts, "manifest" | "plannedMaterial">): string | null =>
  prescription && plannedMaterial !== null ? materialConflict(prescription.material, plannedMaterial) : null;

/**
 * RV2: what stands between a version and a signature, one sentence each; none when it can be signed. A report that is for
 * another CT, plan or labelmap than the version's counts as missing.
 */
export function obstacles(version: Pick<VersionFacts, "manifest" | "judgements" | "plannedMaterial">): string[] {
  const { manifest } = version, found: string[] = [], conflict = conflictOf(version);
  if (manifest.prescription === null) found.push("No complete prescription was frozen with this version. Freeze again with indication, side, region, kind and material.");
  if (conflict !== null) found.push(conflict);
  if (manifest.plan === null) found.push("The version has no plan of an implant.");
  for (const { check, of, report } of openReports(version)) {
    const name = checkNames[check] ?? check;
    if (report === null) found.push(`The report «${name}» for exactly this ${of} is missing.`);
    else found.push(report.verdict === "fail" ? `The report «${name}» fails, and nobody with the right has written a judgement.` : `The report «${name}» needs a written judgement.`);
  }
  return found;
}

/**
 * RV5: why a version cannot be released, as it was frozen; null when it can. It is judged by its own CT report, which says fail
 * while a blocked finding is not overridden; a judgement on that report lets it be signed, and not be released.
 */
export function releaseObstacle({ manifest: { reports, volume } }: Pick<VersionFacts, "manifest">): string | null {
  const own = reports.filter(({ check, inputs }) => check === "ctQuality" && inputs.volume !== undefined && inputs.volume === volume);
  if (own.length > 0 && own.every(({ verdict }) => verdict === "pass")) return null;
  return "This version was frozen while a blocked finding of the CT had not been overridden, so it is never released. Override each one in the CT report and freeze a new version; what was signed stays as it is.";
}

/** Why a person may not do something to a version now; null when they may. */
export function refusalOf(version: VersionFacts, action: VersionAction, actor: { userId: string; role: Role }, meaning?: Meaning): string | null {
  const transition = transitions[version.state][action];
  if (!transition) return `A version that is ${version.state} cannot be asked to ${action}.`;
  if (!transition.by.includes(actor.role)) return "Your role in this case does not allow this.";
  if (action === "release") return conflictOf(version) ?? releaseObstacle(version);
  if (action !== "sign" && action !== "reject") return null;
  if (meaning === undefined || !meaningsOf[actor.role].includes(meaning)) return "Your role cannot give a signature with this meaning.";
  if ((action === "reject") !== (meaning === "rejected")) return "Rejecting is signed with the meaning «rejected», and nothing else is.";
  if (version.signatures.some(({ userId }) => userId === actor.userId)) {
    return "You have signed this version already.";
  }
  if (meaning === "reviewed" && version.designers.includes(actor.userId)) return "Nobody reviews their own design.";
  if (action === "sign") {
    const [first] = obstacles(version);
    if (first !== undefined) return first;
  }
  return null;
}

/** The state after an action that `refusalOf` let through; `signatures` include the new one. */
export function stateAfter(state: VersionState, action: VersionAction, signatures: readonly SignatureFact[], manifestHash: string, required: readonly Meaning[] = defaultRequiredMeanings): VersionState {
  const to = transitions[state][action]?.to;
  if (to === undefined) throw new RangeError(`${state} × ${action}`);
  if (action !== "sign") return to;
  const valid = signatures.filter((signature) => signature.manifestHash === manifestHash);
  const isComplete = required.every((meaning) => valid.some((signature) => signature.meaning === meaning)) && new Set(valid.map(({ userId }) => userId)).size >= 2
    && new Set(valid.map(({ role }) => role)).size >= 2;
  return isComplete ? "signed" : to;
}
