/** The roles of a person in one case (ARCHITECTURE §8). Administrator is per workspace and gives no right in a case. */
export const roles = ["surgeon", "engineer", "segmentationSpecialist", "reviewer", "viewer"] as const;
export type Role = (typeof roles)[number];

/** What a member of a case may be allowed to do. */
export const actions = [
  "case.read", "case.archive", "case.plan", "case.region", "case.invite", "masks.read", "masks.write", "plan.read", "plan.write", "segments.write",
  "comments.write", "comments.resolve", "surface.export", "source.originals", "presence.send",
  "version.read", "version.freeze", "version.change", "version.judge", "version.sign", "package.export", "audit.read",
] as const;
export type Action = (typeof actions)[number];

const every: readonly Role[] = roles;
const makers: readonly Role[] = ["surgeon", "engineer", "segmentationSpecialist"];

/** The one table role × action, read by the API, the rooms, the blob route and the interface. */
export const permissions: Readonly<Record<Action, readonly Role[]>> = {
  "case.read": every,
  "case.archive": ["surgeon", "engineer"],
  // When a case is due.
  "case.plan": ["surgeon", "engineer"],
  // What the case is judged for: its CT report's limits.
  "case.region": ["surgeon", "engineer"],
  "case.invite": ["surgeon", "engineer"],
  "masks.read": every,
  "masks.write": makers,
  "plan.read": every,
  "plan.write": ["surgeon", "engineer"],
  "segments.write": makers,
  "comments.write": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "comments.resolve": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "surface.export": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  // DICOM files that name the scan as the hospital does, out of the encrypted map; the person proves who they are again.
  "source.originals": ["surgeon", "engineer"],
  "presence.send": every,
  "version.read": every,
  "version.freeze": ["surgeon", "engineer"],
  // Which change of state a role may make is the table of core/review/lifecycle.
  "version.change": ["surgeon", "engineer", "reviewer"],
  "version.judge": ["surgeon", "engineer"],
  "version.sign": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "package.export": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "audit.read": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
};

/** What stays allowed when a case is archived: reading only. */
const readOnlyActions: readonly Action[] = ["case.read", "masks.read", "plan.read", "surface.export", "source.originals", "presence.send", "version.read", "package.export", "audit.read"];

/** Whether a role may do an action in a case; no role (not a member) may do nothing. */
export function isAllowed(role: Role | null, action: Action, isArchived = false): boolean {
  if (role === null || (isArchived && !readOnlyActions.includes(action))) return false;
  return permissions[action].includes(role);
}
