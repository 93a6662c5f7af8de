import { materialProfiles } from "./materials.ts";

const choices: Readonly<Record<string, string>> = { blend: "Mirrored side, bent to the rim", mirror: "Mirrored side as it is", spline: "Smooth surface", tabs: "Tabs with screws", hexagonal: "Hexagonal", bone: "As the bone" };

/** What a stored choice of the plan (a material, where the shape comes from, a fixation) is called on screen and on paper; null for what is no choice. */
export function choiceName(value: unknown): string | null {
  if (value === null) return "None";
  return typeof value === "string" ? materialProfiles.find(({ id }) => id === value)?.name ?? choices[value] ?? null : null;
}
