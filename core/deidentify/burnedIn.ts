import { inkEngine } from "./inkKernel.ts";

/** A rectangle of pixels, both corners within it. */
export interface PixelBox { left: number; top: number; right: number; bottom: number }

/** Sizes of letters, pixels: down to the smallest that a person can read, up to a tenth of a 512 picture. */
const leastHeight = 5, mostHeight = 56, mostWidth = 64, leastLetters = 3;
/** A line of text has at least so many pixels of ink, most pictures have fewer. */
const leastInk = leastLetters * leastHeight;

/** How the pixels of a picture lie against the picture: each row from right to left, the rows from the bottom up. */
export interface Turn { isMirrored: boolean; isUpsideDown: boolean }
const asItIs: Turn = { isMirrored: false, isUpsideDown: false };

interface Glyph extends PixelBox { value: number; count: number }

/** 1 where ink is that was not yet counted; all 0 between two pictures. */
let isInk = new Uint8Array(0);

/** Pixels of one exact value that touch, brighter than both sides somewhere near: the way a program writes letters, not a scanner. */
function glyphsOf(valueAt: (at: number) => number, width: number, height: number, ink: Uint32Array): Glyph[] {
  if (isInk.length < width * height) isInk = new Uint8Array(width * height);
  for (const at of ink) isInk[at] = 1;
  const found: Glyph[] = [];
  const stack: number[] = [];
  for (const seed of ink) {
    if (!isInk[seed]) continue;
    const value = valueAt(seed), glyph: Glyph = { left: width, top: height, right: 0, bottom: 0, value, count: 0 };
    isInk[seed] = 0;
    stack.push(seed);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width, y = Math.floor(at / width);
      glyph.count++;
      glyph.left = Math.min(glyph.left, x); glyph.right = Math.max(glyph.right, x); glyph.top = Math.min(glyph.top, y); glyph.bottom = Math.max(glyph.bottom, y);
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
        const nx = x + dx, ny = y + dy, next = at + dx + dy * width;
        if (nx >= 0 && ny >= 0 && nx < width && ny < height && isInk[next] && valueAt(next) === value) { isInk[next] = 0; stack.push(next); }
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
 * @param values HU, row by row; @param turn how they lie: the boxes are those of the upright picture
 */
export function burnedInText(values: Int16Array, width: number, height: number, { isMirrored, isUpsideDown }: Turn = asItIs): PixelBox[] {
  const found = inkEngine().find(values, width, height);
  if (found.length < leastInk) return [];
  // Ink is the same whichever way the picture lies; the lines are read upright.
  const turned = (at: number) => (isMirrored ? width - 1 - at % width : at % width) + width * (isUpsideDown ? height - 1 - Math.floor(at / width) : Math.floor(at / width));
  const isTurned = isMirrored || isUpsideDown, ink = isTurned ? found.map(turned).sort() : found;
  const glyphs = glyphsOf(isTurned ? (at) => values[turned(at)] : (at) => values[at], width, height, ink).sort((a, b) => a.left - b.left || a.top - b.top), used = new Set<Glyph>(), lines: PixelBox[] = [];
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

/** Of a packed series of plain slices so many are looked at. */
const packedLook = 25;

/** Whether only some slices of a series are looked at: all are packed, as a scanner made them, and none says that text is burned in. */
export const isTextSample = (images: readonly { isPacked: boolean; imageType: string; burnedIn: string }[]): boolean =>
  images.every(({ isPacked, imageType, burnedIn }) => isPacked && !imageType.startsWith("DERIVED") && burnedIn !== "YES");

/**
 * Which of a stack's slices are looked at for text, rising: all of them; of a sample (`isTextSample`) both ends, where stations put
 * their pages, and evenly between, because the page would have to unpack each.
 */
export function slicesToLookAt(count: number, isSample: boolean): number[] {
  if (!isSample || count <= packedLook) return Array.from({ length: count }, (_, k) => k);
  return Array.from({ length: packedLook }, (_, k) => Math.floor(k * (count - 1) / (packedLook - 1)));
}
