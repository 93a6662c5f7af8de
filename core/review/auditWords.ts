import { planParameters } from "../implant/plan.ts";

/** What an audit action says of whoever did it, by its name in the record: «Anna Berg froze a version». */
export const auditWords: Readonly<Record<string, string>> = {
  "artifact.failed": "could not build a result", "artifact.made": "built a result", "artifact.retried": "asked once more for what could not be built",
  "case.archived": "archived the case", "case.created": "created the case", "case.dueSet": "set the due date", "case.regionAsked": "asked for another region", "case.regionSet": "changed the region, and the CT report was judged anew", "case.regionFailed": "could not judge the CT report for another region",
  "comment.added": "wrote a comment", "comment.resolved": "resolved a comment", "comment.reopened": "reopened a comment",
  "draft.recovered": "took the draft back to its last good entry",
  "finding.overridden": "overrode a finding in writing",
  "implant.exported": "exported the implant", "labelmap.exported": "exported a labelmap",
  "import.refused": "refused the upload", "import.asked": "asked which volume of the upload to take",
  "masks.carried": "carried the masks to the new volume",
  "member.invitationRevoked": "took an invitation back", "member.invited": "invited somebody", "member.joined": "joined the case", "member.removed": "took somebody out of the case", "member.set": "set somebody's role",
  "package.asked": "asked for a package", "package.failed": "could not make a package", "package.exported": "downloaded a package", "package.made": "made a package",
  "passkey.begun": "began to add a passkey", "passkey.enrolled": "added a passkey", "passkey.revoked": "removed a passkey",
  "plan.changed": "changed the plan",
  "report.judged": "judged a check in writing",
  "segment.added": "added a segment", "segment.changed": "changed a segment", "segment.removed": "removed a segment",
  "session.begun": "signed in", "session.ended": "signed out", "signIn.refused": "was refused at sign-in",
  "signature.added": "signed a version", "signature.refused": "was refused a signature", "signing.begun": "began to sign",
  "surface.exported": "exported a surface", "surface.imported": "imported a surface", "surface.mendAsked": "asked for a surface's repair", "surface.mendDiscarded": "discarded a surface's repair", "surface.mended": "kept a surface's repair", "surface.removed": "removed a surface",
  "totp.begun": "began to set up one-time codes", "totp.enrolled": "set up one-time codes", "totp.removed": "removed one-time codes",
  "upload.cancelled": "cancelled an upload", "upload.finished": "finished an upload", "upload.started": "began an upload", "upload.uidsKept": "kept the original UIDs, encrypted",
  "version.freezeAsked": "asked for a version", "version.freezeFailed": "could not freeze a version", "version.frozen": "froze a version", "version.submit": "sent a version to review", "version.withdraw": "took a version back from review", "version.sign": "signed a version",
  "version.reject": "rejected a version", "version.release": "released a version", "version.supersede": "superseded a version", "version.void": "voided a version",
  "volume.slicesExported": "downloaded the slices as acquired", "volume.deriveAsked": "asked for a processed volume", "volume.deriveFailed": "could not process the volume", "volume.derived": "processed the volume",
  "workspace.setUp": "set the workspace up",
};

/** What an action is about, by the first part of its name. */
export const auditKinds: Readonly<Record<string, string>> = {
  artifact: "Results", case: "Case", comment: "Comments", draft: "Draft", finding: "CT quality", implant: "Implant", import: "Import", labelmap: "Labelmap", masks: "Masks", member: "Members", package: "Packages", passkey: "Passkeys",
  plan: "Plan", report: "Checks", segment: "Segments", session: "Sign-in", signIn: "Sign-in", signature: "Signatures", signing: "Signing", surface: "Surfaces", totp: "One-time codes", upload: "Upload", version: "Versions", volume: "Volume", workspace: "Workspace",
};

/** The words for an action; the name itself where it has none. */
export const auditWordsOf = (action: string): string => auditWords[action] ?? action;
export const auditKindOf = (action: string): string => auditKinds[action.split(".")[0]] ?? action.split(".")[0];

const spaced = (name: string): string => (/^[a-z]+([A-Z][a-z]+)+$/.test(name) ? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : name);
const shortened = (text: string): string => text.replace(/[0-9a-f]{64}/g, (hash) => `${hash.slice(0, 10)}…`);

function valueTold(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueTold).join(", ");
  if (typeof value === "object" && value !== null) return auditFieldsOf(value, " ");
  return value === null || value === undefined ? "none" : typeof value === "string" ? shortened(spaced(value)) : String(value);
}

/** One change of a plan: «Thickness 4 → 3 mm»; a key that is no parameter of a plate, such as a measurement's, by its own name. */
function changeTold({ key, old, now }: { key: string; old?: unknown; now?: unknown }): string {
  const name = key.slice(key.indexOf("/") + 1), parameter = planParameters.find((one) => one.key === name);
  return `${parameter?.name ?? spaced(name)} ${valueTold(old)} → ${valueTold(now)}${parameter?.unit ? ` ${parameter.unit}`.replace(" °", "°") : ""}`;
}

/** What an event is about, in one line: its fields in words, a hash by its first ten digits; whole and as it was recorded it stands in the export. */
export function auditFieldsOf(object: unknown, between = " · "): string {
  if (typeof object !== "object" || object === null) return "";
  return Object.entries(object).filter(([, value]) => value !== null).map(([key, value]) => {
    if (key === "changes" && Array.isArray(value) && value.every((one) => typeof (one as { key?: unknown } | null)?.key === "string")) return value.map(changeTold).join(", ");
    return `${spaced(key)} ${valueTold(value)}`;
  }).join(between);
}
