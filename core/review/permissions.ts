/** The roles of a person in one case (ARCHITECTURE §8). Administrator is per workspace and gives no right in a case. */
export const roles = ["surgeon", "engineer", "segmentationSpecialist", "reviewer", "viewer"] as const;
export type Role = (typeof roles)[number];

/** What a member of a case may be allowed to do. */
export const actions = [
  "case.read", "case.archive", "case.invite", "masks.read", "masks.write", "segments.write",
  "comments.write", "comments.resolve", "surface.export", "presence.send",
] as const;
export type Action = (typeof actions)[number];

const every: readonly Role[] = roles;
const makers: readonly Role[] = ["surgeon", "engineer", "segmentationSpecialist"];

/** The one table role × action, read by the API, the rooms, the blob route and the interface. */
export const permissions: Readonly<Record<Action, readonly Role[]>> = {
  "case.read": every,
  "case.archive": ["surgeon", "engineer"],
  "case.invite": ["surgeon", "engineer"],
  "masks.read": every,
  "masks.write": makers,
  "segments.write": makers,
  "comments.write": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "comments.resolve": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "surface.export": ["surgeon", "engineer", "segmentationSpecialist", "reviewer"],
  "presence.send": every,
};

/** What stays allowed when a case is archived: reading only. */
const readOnlyActions: readonly Action[] = ["case.read", "masks.read", "surface.export", "presence.send"];

/** Whether a role may do an action in a case; no role (not a member) may do nothing. */
export function isAllowed(role: Role | null, action: Action, isArchived = false): boolean {
  if (role === null || (isArchived && !readOnlyActions.includes(action))) return false;
  return permissions[action].includes(role);
}
