import type { Role } from "../../core/review/permissions.ts";

/** How a role is called on screen. */
export const roleNames: Readonly<Record<Role, string>> = {
  surgeon: "Surgeon", engineer: "Engineer", segmentationSpecialist: "Segmentation specialist", reviewer: "Reviewer", viewer: "Viewer",
};

/** Colours of people: fixed, told apart with any colour vision by their order of lightness and hue. */
export const personColors = ["#ff8a5c", "#4fd1c5", "#b794f6", "#f6d365", "#7fb8ff", "#f79ac0", "#a3d977", "#d9b08c"] as const;

/** The colour of a person, the same on every screen: FNV-1a of the user id. */
export function personColor(userId: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  return personColors[(hash >>> 0) % personColors.length];
}

/** One or two letters for an avatar: «Ana Moreno» → AM. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /^\p{L}/u.test(word) && !/^(dr|prof|mr|mrs|ms)\.?$/i.test(word));
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}
