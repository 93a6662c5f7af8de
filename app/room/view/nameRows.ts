/** About the size of a person's name in a picture, px. */
export const nameWidth = 120, nameHeight = 18;

/** Where a name would stand: px from the left and the top, and to which side it gives way. */
export interface NamePlace { left: number; top: number; away: 1 | -1 }

/**
 * Names of people who look at one place stand above or below each other instead of on each other: the first stays, each
 * further one goes away from its crosshair by whole rows until it is free.
 * @returns how far each is moved down, px (up: negative)
 */
export function nameShifts(places: readonly (NamePlace | null)[]): number[] {
  const set: { left: number; top: number }[] = [];
  return places.map((place) => {
    if (!place) return 0;
    let top = place.top;
    while (set.some((other) => Math.abs(other.left - place.left) < nameWidth && Math.abs(other.top - top) < nameHeight)) top += place.away * nameHeight;
    set.push({ left: place.left, top });
    return top - place.top;
  });
}
