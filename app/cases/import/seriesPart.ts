import type { PreparedSeries } from "./scan.ts";

/** Slices of a series from one to another, counted along the stack from 0, both taken. */
export interface Part { first: number; last: number }
/** What is sent of a series: its files, about how many bytes they are, and what the import is told of a part. */
export interface TakenPart { members: number[]; bytes: number; part: Part | null; range: { fromMm: number; toMm: number; unsent: number } | null; isTooLong: boolean }

/** The whole series; of one that is too long the part chosen, or as many slices as can be taken from its upper end. */
export function partOf({ members, bytes, slices, tooLong }: Pick<PreparedSeries, "members" | "bytes" | "slices" | "tooLong">, chosen: Part | null): TakenPart {
  if (!tooLong) return { members, bytes, part: null, range: null, isTooLong: false };
  const { places, most } = tooLong, part = chosen ?? { first: slices.length - most, last: slices.length - 1 }, wanted = new Set(slices.slice(part.first, part.last + 1).map(({ at }) => at));
  const sent = members.filter((member) => wanted.has(member)), unsent = slices.filter(({ at }) => !wanted.has(at)).length;
  return { members: sent, bytes: Math.round(bytes * sent.length / members.length), part, range: { fromMm: places[part.first], toMm: places[part.last], unsent }, isTooLong: part.last - part.first + 1 > most };
}
