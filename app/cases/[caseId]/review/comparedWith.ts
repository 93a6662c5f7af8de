import type { Meaning, VersionState } from "../../../../core/review/lifecycle.ts";
import { meaningWords, stateWords } from "./words.ts";

/** What of a version says whether it was signed. */
export interface Standing { number: number; state: VersionState; signatures: readonly { name: string; meaning: Meaning }[] }

/** Whether all signed who must: a version that is superseded or voided by now keeps its approval. */
const isSigned = ({ state, signatures }: Standing): boolean => state === "signed" || state === "released" || ((state === "superseded" || state === "voided") && signatures.some(({ meaning }) => meaning === "approved"));

/**
 * With which version another is compared, and whether that one was signed: a comparison with the last version must not pass
 * for one with what was approved last. @param before the version compared with @param versions all of the case
 */
export function comparedWith(before: Standing, versions: readonly Standing[]): string {
  const { number, state, signatures } = before, begin = `Compared with version ${number}, which`;
  if (isSigned(before)) return state === "signed" || state === "released" ? `${begin} is ${stateWords[state].toLowerCase()}.` : `${begin} was signed and is ${stateWords[state].toLowerCase()} now.`;
  const last = versions.filter((one) => one.number < number && isSigned(one)).sort((one, other) => other.number - one.number)[0];
  const known = last ? `The last signed version is ${last.number}; there may be more changes since it than are shown here.` : "No version before it was signed either.";
  const rejected = signatures.find(({ meaning }) => meaning === "rejected"), given = signatures.filter(({ meaning }) => meaning !== "rejected").map(({ name, meaning }) => `«${meaningWords[meaning]}» by ${name}`);
  if (rejected) return `${begin} was rejected by ${rejected.name} and never signed. ${known}`;
  return given.length > 0 ? `${begin} is not signed by all who must: so far ${given.join(" and ")}. ${known}` : `${begin} was never signed. ${known}`;
}
