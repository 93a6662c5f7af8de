/** A rectangle of pixels, both corners within it. */
export interface PixelBox { left: number; top: number; right: number; bottom: number }

/** Sizes of letters, pixels: down to the smallest that a person can read, up to a tenth of a 512 picture. */
const leastHeight = 5, mostHeight = 56, mostWidth = 64, leastLetters = 3;
/** How much brighter than what lies beside it ink is, in units of the pixels (HU of a CT). */
const contrast = 150;
/** Within how many pixels: a stroke's width. */
const reach = 12;

interface Glyph extends PixelBox { value: number; count: number }

/** Whether something clearly darker lies within a stroke's width before `at` or the picture's end: `room` pixels are there, `step` apart. */
function isDarkerBeside(values: ArrayLike<number>, at: number, step: number, room: number, limit: number): boolean {
  if (room < reach) return true;
  for (let d = 1, near = at + step; d <= reach; d++, near += step) if (values[near] <= limit) return true;
  return false;
}

/** Counts, for each pixel that is at least `least`, the neighbours of its exact value; each pair is looked at once. */
function equalNeighbours(values: ArrayLike<number>, width: number, height: number, least: number): Uint8Array {
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

/** Pixels of one exact value that touch, brighter than both sides somewhere near: the way a program writes letters, not a scanner. */
function glyphsOf(values: ArrayLike<number>, width: number, height: number): Glyph[] {
  const isInk = new Uint8Array(width * height), seen = new Uint8Array(width * height), found: Glyph[] = [];
  let lowest = Infinity;
  for (let at = 0; at < width * height; at++) if (values[at] < lowest) lowest = values[at];
  // Air, which most of a picture is, is left out: nothing beside it can be darker.
  const same = equalNeighbours(values, width, height, lowest + contrast);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) {
    if (same[at] === 0 || same[at] === 8) continue;
    // Something clearly darker on each of two opposite sides.
    const limit = values[at] - contrast;
    if ((isDarkerBeside(values, at, 1, width - 1 - x, limit) && isDarkerBeside(values, at, -1, x, limit))
      || (isDarkerBeside(values, at, width, height - 1 - y, limit) && isDarkerBeside(values, at, 0 - width, y, limit))) isInk[at] = 1;
  }
  const stack: number[] = [];
  for (let seed = 0; seed < isInk.length; seed++) {
    if (!isInk[seed] || seen[seed]) continue;
    const value = values[seed], glyph: Glyph = { left: width, top: height, right: 0, bottom: 0, value, count: 0 };
    seen[seed] = 1;
    stack.push(seed);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width, y = Math.floor(at / width);
      glyph.count++;
      glyph.left = Math.min(glyph.left, x); glyph.right = Math.max(glyph.right, x); glyph.top = Math.min(glyph.top, y); glyph.bottom = Math.max(glyph.bottom, y);
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
        const nx = x + dx, ny = y + dy, next = at + dx + dy * width;
        if (nx >= 0 && ny >= 0 && nx < width && ny < height && isInk[next] && !seen[next] && values[next] === value) { seen[next] = 1; stack.push(next); }
      }
    }
    const tall = glyph.bottom - glyph.top + 1, wide = glyph.right - glyph.left + 1;
    if (tall >= leastHeight && tall <= mostHeight && wide <= mostWidth && glyph.count >= tall && glyph.count <= 0.9 * tall * wide + tall) found.push(glyph);
  }
  return found;
}

/**
 * Lines of text burned into a picture: at least three letters of one exact value, of about one height, side by side. A scanner's
 * own pixels are noisy and never so; a picture that was drawn over is. Finds what stands out by 150 HU; letters that were
 * smoothed into the picture, or handwriting, it may miss: the person is asked to look in any case where the header gives reason.
 */
export function burnedInText(values: ArrayLike<number>, width: number, height: number): PixelBox[] {
  const glyphs = glyphsOf(values, width, height).sort((a, b) => a.left - b.left || a.top - b.top), used = new Set<Glyph>(), lines: PixelBox[] = [];
  for (const first of glyphs) {
    if (used.has(first)) continue;
    const line = [first];
    for (const next of glyphs) {
      const last = line[line.length - 1], tall = Math.max(last.bottom - last.top, next.bottom - next.top) + 1, overlap = Math.min(last.bottom, next.bottom) - Math.max(last.top, next.top) + 1;
      if (next === last || used.has(next) || next.value !== first.value || next.left <= last.left || next.left - last.right > 1.6 * tall || overlap < 0.6 * tall) continue;
      line.push(next);
    }
    if (line.length < leastLetters) continue;
    for (const glyph of line) used.add(glyph);
    lines.push({ left: Math.min(...line.map((g) => g.left)), top: Math.min(...line.map((g) => g.top)), right: Math.max(...line.map((g) => g.right)), bottom: Math.max(...line.map((g) => g.bottom)) });
  }
  return lines;
}

/** Which of a stack's slices are looked at for text: the middle one first, both ends, where stations put their pages, and between. */
export const slicesToLookAt = (count: number): number[] => [...new Set([count >> 1, 0, count - 1, count >> 2, (3 * count) >> 2])].filter((k) => k >= 0);
