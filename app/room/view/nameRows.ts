/** About the size of a person's name in a picture, px. */
export const nameWidth = 120, nameHeight = 18;

/** Where a name would stand: px from the left and the top, and to which side it gives way. */
export interface NamePlace { left: number; top: number; away: 1 | -1 }

/**
 * A name beside the crosshair at x: to its right, and to its left where it would leave the picture; in a picture too narrow
 * for either, over its column. @returns its left edge, px
 */
export const nameLeft = (x: number, pictureWidth: number): number => (isNameLeft(x, pictureWidth) ? x - 6 - nameWidth : Math.max(0, Math.min(x + 6, pictureWidth - nameWidth)));
export const isNameLeft = (x: number, pictureWidth: number): boolean => x > pictureWidth - nameWidth && x >= nameWidth + 6;
/** CSS that moves an element whose left edge stands at `left` px back until its right edge is in the picture, however wide its words are. */
export const nameSlide = (left: number, pictureWidth: number): string => `translateX(min(0px, ${pictureWidth - left}px - 100%))`;

/**
 * Names of people who look at one place stand above or below each other instead of on each other: the first stays, each
 * further one goes away from its crosshair by whole rows until it is free, and back past it where the picture ends.
 * @param height of the picture, px
 * @returns how far each is moved down, px (up: negative)
 */
export function nameShifts(places: readonly (NamePlace | null)[], height: number): number[] {
  const set: { left: number; top: number }[] = [], rows = Math.ceil(height / nameHeight);
  return places.map((place) => {
    if (!place) return 0;
    const { left, top, away } = place;
    const isFree = (shift: number) => top + shift >= 0 && top + shift + nameHeight <= height && set.every((other) => Math.abs(other.left - left) >= nameWidth || Math.abs(other.top - top - shift) >= nameHeight);
    const shifts = [away, -away].flatMap((side) => Array.from({ length: rows }, (_, k) => side * nameHeight * (k + 1)));
    const shift = [0, ...shifts].find(isFree) ?? 0;
    set.push({ left, top: top + shift });
    return shift;
  });
}
