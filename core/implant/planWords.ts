import { directionWords } from "../checks/checkNumbers.ts";
import { materialProfiles } from "./materials.ts";

const choices: Readonly<Record<string, string>> = { blend: "Mirrored side, bent to the rim", mirror: "Mirrored side as it is", spline: "Smooth surface", tabs: "Tabs with screws", hexagonal: "Hexagonal", bone: "As the bone" };

/** What a stored choice of the plan (a material, where the shape comes from, a fixation) is called on screen and on paper; null for what is no choice. */
export function choiceName(value: unknown): string | null {
  if (value === null) return "None";
  return typeof value === "string" ? materialProfiles.find(({ id }) => id === value)?.name ?? choices[value] ?? null : null;
}

/** A direction that a part is built in: by the letters of its sides and its numbers; up where the plan says nothing. */
export function buildDirectionName(value: unknown): string {
  const words = directionWords(value);
  return words === null ? "Up (S)" : `${words} (${(value as readonly number[]).map((x) => String(Math.round(x * 1000) / 1000)).join(", ")})`;
}
