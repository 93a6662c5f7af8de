/** How much brighter than what lies beside it ink is, in units of the pixels (HU of a CT). */
export const contrast = 150;
/** Within how many pixels: a stroke's width. */
export const reach = 12;

/** Finds the pixels that letters may be of. */
export interface InkEngine {
  /**
   * Indices (x + y · width), rising, of the pixels of ink: at least `contrast` above the picture's lowest value, with a neighbour of
   * their own value but not eight of them, and something darker by `contrast` within `reach` pixels, or the picture's end, on
   * both sides along the row or along the column. Turning the picture round turns the answer round, nothing else.
   */
  find(values: Int16Array, width: number, height: number): Uint32Array;
}

/** Whether something clearly darker lies within a stroke's width before `at` or the picture's end: `room` pixels are there, `step` apart. */
function isDarkerBeside(values: Int16Array, at: number, step: number, room: number, limit: number): boolean {
  if (room < reach) return true;
  for (let d = 1, near = at + step; d <= reach; d++, near += step) if (values[near] <= limit) return true;
  return false;
}

/** Counts, for each pixel that is at least `least`, the neighbours of its exact value; each pair is looked at once. */
function equalNeighbours(values: Int16Array, width: number, height: number, least: number): Uint8Array {
  const same = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) {
    const value = values[at];
    if (value < least) continue;
    if (x < width - 1 && values[at + 1] === value) { same[at]++; same[at + 1]++; }
    if (y === height - 1) continue;
    const below = at + width;
    if (values[below] === value) { same[at]++; same[below]++; }
    if (x > 0 && values[below - 1] === value) { same[at]++; same[below - 1]++; }
    if (x < width - 1 && values[below + 1] === value) { same[at]++; same[below + 1]++; }
  }
  return same;
}

/** The kernel's twin in TypeScript, for where WebAssembly is refused. */
export class InkTwin implements InkEngine {
  find(values: Int16Array, width: number, height: number): Uint32Array {
    let lowest = Infinity;
    for (let at = 0; at < width * height; at++) if (values[at] < lowest) lowest = values[at];
    // Air, which most of a picture is, is left out: nothing beside it can be darker.
    const same = equalNeighbours(values, width, height, lowest + contrast), found: number[] = [];
    for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) {
      if (same[at] === 0 || same[at] === 8) continue;
      // Something clearly darker on each of two opposite sides.
      const limit = values[at] - contrast;
      if ((isDarkerBeside(values, at, 1, width - 1 - x, limit) && isDarkerBeside(values, at, -1, x, limit))
        || (isDarkerBeside(values, at, width, height - 1 - y, limit) && isDarkerBeside(values, at, 0 - width, y, limit))) found.push(at);
    }
    return Uint32Array.from(found);
  }
}
