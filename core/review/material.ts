import { materialProfiles } from "../implant/materials.ts";

/**
 * Why a prescription's material cannot be right: it names a profile (core/implant/materials) that is not the plan's. Words of a
 * prescriber that name no profile («PEEK») are for people to read.
 * @param planned the id of the plan's material
 */
export function materialConflict(prescribed: string, planned: string): string | null {
  const written = prescribed.trim().toLowerCase(), named = materialProfiles.find(({ name }) => name.toLowerCase() === written);
  if (!named || named.id === planned) return null;
  return `The prescription says «${named.name}», and the plan, its walls and its checks are of «${materialProfiles.find(({ id }) => id === planned)?.name ?? planned}». Correct whichever is wrong, then freeze again.`;
}
