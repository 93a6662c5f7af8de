import { nextOf, openRings, twinsOf } from "./repairTopology.ts";
import type { Crossing, RepairReport, Work } from "./repairWork.ts";
import { pierces } from "./selfIntersections.ts";

/** Most holes whose places are told. */
const mostTold = 20;

/** What a report tells of the open rings of a state. @param crossing which triangles of that state cross */
export function openHolesOf({ P, T }: Pick<Work, "P" | "T">, crossing: Crossing): Pick<RepairReport, "holesLeftOpen" | "holesWithCrossingRim" | "openHoles"> {
  const rings = openRings(twinsOf(P, T)).sort((one, other) => other.length - one.length);
  if (rings.length === 0) return { holesLeftOpen: 0, holesWithCrossingRim: 0, openHoles: [] };
  const positions = Float32Array.from(P), partners = new Map<number, number[]>();
  for (const [s, t] of crossing.pairs) for (const [one, other] of [[s, t], [t, s]]) {
    const known = partners.get(one);
    if (known) known.push(other);
    else partners.set(one, [other]);
  }
  /** Whether an open side goes through a triangle: then its own triangle crosses that one. */
  const goesThrough = (h: number): boolean => (partners.get(Math.floor(h / 3)) ?? []).some((t) => pierces(positions, 3 * T[h], 3 * T[nextOf(h)], 3 * T[3 * t], 3 * T[3 * t + 1], 3 * T[3 * t + 2]));
  const holes = rings.map((ring) => ({
    centreMm: [0, 1, 2].map((i) => ring.reduce((sum, h) => sum + P[3 * T[h] + i], 0) / ring.length) as [number, number, number],
    edges: ring.length, rimCrosses: ring.some(goesThrough),
  }));
  return { holesLeftOpen: holes.length, holesWithCrossingRim: holes.filter(({ rimCrosses }) => rimCrosses).length, openHoles: holes.slice(0, mostTold) };
}

/** What a person can do about holes whose own rim goes through other triangles; null where there are none. */
export function crossingRimAdvice({ holesLeftOpen, holesWithCrossingRim = 0 }: Pick<RepairReport, "holesLeftOpen" | "holesWithCrossingRim">): string | null {
  if (holesWithCrossingRim === 0) return null;
  const which = holesLeftOpen === 1 ? "The rim of the hole left open goes" : holesWithCrossingRim === holesLeftOpen ? "The rims of the holes left open go" : `The rims of ${holesWithCrossingRim} of the ${holesLeftOpen} holes left open go`;
  return `${which} through other triangles, so nothing can close there without crossing. Wrap the surface; or take apart the bodies that lie in each other, or mesh the place anew where the surface was made, and repair it again.`;
}
