// The mesher in TypeScript: reference and fallback of kernel/nets.as.ts, equal to it bit for bit.
import { type BitBox, brickBits } from "./bitBox.ts";
import { netsTable, unitsPerVoxel } from "./netsTable.ts";

/** Vertices and quads of a box of bits; positions in 1/4096 voxel of the box. Arrays may be longer than the counts. */
export interface Nets {
  vertexCount: number;
  quadCount: number;
  /** Of each vertex: its cell's x, y, z and its sheet's number in the table. */
  cells: Uint16Array;
  /** Of each vertex: x, y, z, and 0; where HU tell its place (`interpolate`) 1, or 2 if another sheet shares its cell: it stays there. */
  places: Int32Array;
  /** Four vertices a quad, counter-clockwise seen from outside; in the order of cells, then x, y, z edges. */
  quads: Uint32Array;
  /** Of each row of cells (z · the box's size along y + y) its first vertex and its first quad; a layer's last row has none and tells its end. */
  rows: Int32Array;
}

/** Units that a vertex keeps from its box's sides, so that vertices of two boxes lie at least 1e-3 mm apart. */
export type Margins = readonly [number, number, number];

/**
 * A mesher: `netsOf`, then `relax` any number of times. What it returns is valid until its next `netsOf` or `bitsOf`.
 * `relax` with the `apron` of a brick keeps exact what lies in the brick or `apronRings` cells round it; each pass then
 * goes over no more than later ones depend on.
 */
export interface NetsEngine {
  netsOf(box: BitBox, margins: Margins): Nets;
  relax(nets: Nets, passes: number, margins: Margins, apron?: number): void;
  /** Bit i of word r of `bits` where byte 32 r + i of a brick is the value. @returns whether any is */
  bitsOf(content: Uint8Array, value: number, bits: Uint32Array): boolean;
}

/** Cells round a brick that stay exact in a net relaxed with its apron: those that its vertices' faces reach. */
export const apronRings = 2;

/** Steps back, over all passes, by `given` 1/32 of the way more than `step` forth (Taubin 1995, who gives back a little more than he took): [forth, back]; none where there are fewer than two passes. */
const stepsOf = (passes: number, step: number, given: number): readonly [number, number] => {
  const back = Math.floor(passes / 2), forth = passes - back;
  return back === 0 ? [0, 0] : [step, -Math.round((step * forth + given) / back)];
};

/**
 * Steps of the relaxation in 1/32 of a vertex's way to its neighbours' mean, forth and back in turn. Flat faces between means of
 * crossings cut off what lies outside them: a mask's net lacked 3.7 % of a ball of 5 voxels' radius, 0.9 % of one of 10, and up
 * to 0.46 voxel² of section along an edge. That much is given back over all passes (measured: balls, and plates of 4 to 8 voxels
 * at 0°, 7°, 20° and 45°, enclose their voxels' volume within 0.35 %). A longer step forth than Taubin's half smooths voxel steps
 * as much as when nothing was given back; one pair of passes changes a wave by a factor from −0.92 to 1.04, so none grows.
 */
export const freeSteps = (passes: number): readonly [number, number] => stepsOf(passes, 21, 30);

/** Vertices whose place HU tell are not brought nearer to a side of their cell than this many units: else, rarely, faces cross. */
export const followRoom = 128;

/**
 * The same of vertices whose place HU tell: what lies inside the surface through the crossings is 36/32 of a vertex's way
 * (measured on balls, tori and rods of any place; a ball of 10 voxels' radius lacked 1.1 % of its volume). They step less far
 * forth and back, so that noise stays as it is.
 */
export const followSteps = (passes: number): readonly [number, number] => stepsOf(passes, 16, 36);

/** Keeps a coordinate between the sides of its sheet's box less the margin. */
const kept = (place: number, cell: number, low: number, high: number, margin: number): number => {
  const from = cell * unitsPerVoxel + low * 1024 + margin, to = cell * unitsPerVoxel + high * 1024 - margin;
  return place < from ? from : place > to ? to : place;
};

/** Moves a coordinate of a vertex alone in its cell: not nearer to the cell's sides than margin and `followRoom`, unless it is. */
const keptBack = (place: number, move: number, cell: number, margin: number): number => {
  const from = cell * unitsPerVoxel + margin + followRoom, to = (cell + 1) * unitsPerVoxel - margin - followRoom;
  return Math.max(Math.min(place, from), Math.min(Math.max(place, to), place + move));
};

/** Corner bits of a cell; 0 outside the box. */
function cornersAt(words: Int32Array, wordsPerRow: number, vx: number, vy: number, vz: number, x: number, y: number, z: number): number {
  if (x < 0 || y < 0 || z < 0 || x >= vx - 1 || y >= vy - 1 || z >= vz - 1) return 0;
  let bits = 0;
  for (let c = 0; c < 8; c++) {
    const cx = x + (c & 1);
    bits |= ((words[((z + (c >> 2)) * vy + y + ((c >> 1) & 1)) * wordsPerRow + (cx >> 5)] >>> (cx & 31)) & 1) << c;
  }
  return bits;
}

/** The case of a cell's corner bits, those checkerboard faces turned that two cells would both join. */
function kindOf(words: Int32Array, wordsPerRow: number, vx: number, vy: number, vz: number, corners: number, x: number, y: number, z: number): number {
  const { plain, joined, turned } = netsTable();
  if (joined[corners] === 0) return plain[corners];
  let faces = 0;
  for (let f = 0; f < 6; f++) {
    if (((joined[corners] >> f) & 1) === 0) continue;
    const step = (f & 1) === 1 ? 1 : -1;
    const across = cornersAt(words, wordsPerRow, vx, vy, vz, x + (f < 2 ? step : 0), y + (f >> 1 === 1 ? step : 0), z + (f >> 1 === 2 ? step : 0));
    if ((joined[across] >> (f ^ 1)) & 1) faces |= 1 << f;
  }
  return turned[corners + 256 * faces];
}

/** The vertex of a cell's edge. */
const vertexOf = (base: Int32Array, kinds: Uint16Array, sheetOf: Uint8Array, at: number, edge: number): number => {
  const first = base[at];
  return first >= 0 ? first : ~first + sheetOf[12 * kinds[at] + edge];
};

const grown = <T extends Uint16Array | Int32Array | Uint32Array>(array: T, length: number): T => {
  if (array.length >= length) return array;
  const bigger = new (array.constructor as new (n: number) => T)(Math.max(length, array.length * 2));
  bigger.set(array as never);
  return bigger;
};

/** The TypeScript mesher; its arrays are reused from call to call. */
export class NetsTwin implements NetsEngine {
  #cells = new Uint16Array(4 << 12);
  #places = new Int32Array(4 << 12);
  #quads = new Uint32Array(4 << 12);
  #sums = new Int32Array(0);
  #starts = new Int32Array(0);
  #startsFor: Margins | undefined;
  #base = new Int32Array(0);
  #kind = new Uint16Array(0);
  #rows = new Int32Array(0);

  /** Of each sheet where its vertex starts in the cell, between the sides of its box less the margins; four numbers, one spare. */
  #startsOf(margins: Margins): Int32Array {
    if (this.#startsFor?.every((margin, axis) => margin === margins[axis]) === true) return this.#starts;
    const { sheets } = netsTable(), starts = new Int32Array(sheets.length / 2), [mx, my, mz] = margins;
    for (let at = 0, to = 0; at < sheets.length; at += 8, to += 4) {
      const box = sheets[at + 4];
      starts[to] = kept(sheets[at], 0, box & 7, (box >> 9) & 7, mx);
      starts[to + 1] = kept(sheets[at + 1], 0, (box >> 3) & 7, (box >> 12) & 7, my);
      starts[to + 2] = kept(sheets[at + 2], 0, (box >> 6) & 7, (box >> 15) & 7, mz);
    }
    this.#startsFor = margins;
    return this.#starts = starts;
  }

  netsOf({ words: unsigned, wordsPerRow, size: [vx, vy, vz] }: BitBox, margins: Margins): Nets {
    // Signed, so that a word with its highest bit set is a small integer too.
    const words = new Int32Array(unsigned.buffer, unsigned.byteOffset, unsigned.length);
    const { single, sheetCount, firstSheet, sheetOf } = netsTable(), starts = this.#startsOf(margins);
    const layer = vx * vy, rowStride = wordsPerRow, sliceStride = wordsPerRow * vy;
    this.#base = grown(this.#base, 2 * layer);
    this.#kind = grown(this.#kind, 2 * layer);
    this.#rows = grown(this.#rows, 2 * vy * vz);
    const base = this.#base, kinds = this.#kind, rows = this.#rows;
    let cells = this.#cells, places = this.#places, quads = this.#quads;
    let vertexCount = 0, quadCount = 0;
    for (let z = 0; z < vz - 1; z++) {
      const here = (z & 1) * layer, below = layer - here, oz = z * unitsPerVoxel;
      for (let y = 0; y < vy; y++) {
        const rowAt = 2 * (z * vy + y), oy = y * unitsPerVoxel;
        rows[rowAt] = vertexCount; rows[rowAt + 1] = quadCount;
        if (y === vy - 1) break;
        let at = z * sliceStride + y * rowStride;
        let an = words[at], bn = words[at + rowStride], cn = words[at + sliceStride], dn = words[at + sliceStride + rowStride];
        for (let w = 0; w < wordsPerRow; w++) {
          const a = an, b = bn, c = cn, d = dn;
          at++;
          if (w + 1 < wordsPerRow) { an = words[at]; bn = words[at + rowStride]; cn = words[at + sliceStride]; dn = words[at + sliceStride + rowStride]; } else an = bn = cn = dn = 0;
          const any = a | b | c | d, all = a & b & c & d;
          let active = (any | (any >>> 1) | ((an | bn | cn | dn) << 31)) & ~(all & ((all >>> 1) | ((an & bn & cn & dn) << 31)));
          // Most of a volume is uniform.
          if (active === 0) continue;
          const cellsLeft = vx - 1 - 32 * w;
          if (cellsLeft < 32) active &= (1 << cellsLeft) - 1;
          if (4 * (vertexCount + 128) > cells.length) { cells = grown(cells, 4 * (vertexCount + 128)); places = grown(places, cells.length); }
          if (4 * (quadCount + 96) > quads.length) quads = grown(quads, 4 * (quadCount + 96));
          while (active !== 0) {
            const bit = 31 - Math.clz32(active & -active);
            active &= active - 1;
            const corners = bit < 31 ? ((a >>> bit) & 3) | (((b >>> bit) & 3) << 2) | (((c >>> bit) & 3) << 4) | (((d >>> bit) & 3) << 6)
              : (a >>> 31) | ((an & 1) << 1) | ((b >>> 31) << 2) | ((bn & 1) << 3) | ((c >>> 31) << 4) | ((cn & 1) << 5) | ((d >>> 31) << 6) | ((dn & 1) << 7);
            const x = 32 * w + bit, cell = x + vx * y, ox = x * unitsPerVoxel;
            // A cell of one sheet, as nearly all are, is told by its first vertex alone, others by ~ that.
            let sheet = single[corners], left = 1;
            if (sheet >= 0) base[here + cell] = vertexCount;
            else {
              const kind = kindOf(words, wordsPerRow, vx, vy, vz, corners, x, y, z);
              left = sheetCount[kind];
              sheet = firstSheet[kind];
              base[here + cell] = left === 1 ? vertexCount : ~vertexCount;
              kinds[here + cell] = kind;
            }
            for (; left > 0; left--, sheet++) {
              const to = 4 * vertexCount++, from = 4 * sheet;
              cells[to] = x; cells[to + 1] = y; cells[to + 2] = z; cells[to + 3] = sheet;
              places[to] = ox + starts[from]; places[to + 1] = oy + starts[from + 1]; places[to + 2] = oz + starts[from + 2]; places[to + 3] = 0;
            }
            const isIn = corners & 1, crossed = corners ^ -isIn;
            if ((crossed & 2) !== 0 && y > 0 && z > 0) {
              const q = vertexOf(base, kinds, sheetOf, below + cell, 2), s = vertexOf(base, kinds, sheetOf, here + cell - vx, 1), turn = (q ^ s) & -isIn, to = 4 * quadCount++;
              quads[to] = vertexOf(base, kinds, sheetOf, below + cell - vx, 3); quads[to + 1] = s ^ turn; quads[to + 2] = vertexOf(base, kinds, sheetOf, here + cell, 0); quads[to + 3] = q ^ turn;
            }
            if ((crossed & 4) !== 0 && x > 0 && z > 0) {
              const q = vertexOf(base, kinds, sheetOf, here + cell - 1, 5), s = vertexOf(base, kinds, sheetOf, below + cell, 6), turn = (q ^ s) & -isIn, to = 4 * quadCount++;
              quads[to] = vertexOf(base, kinds, sheetOf, below + cell - 1, 7); quads[to + 1] = s ^ turn; quads[to + 2] = vertexOf(base, kinds, sheetOf, here + cell, 4); quads[to + 3] = q ^ turn;
            }
            if ((crossed & 16) !== 0 && x > 0 && y > 0) {
              const q = vertexOf(base, kinds, sheetOf, here + cell - vx, 10), s = vertexOf(base, kinds, sheetOf, here + cell - 1, 9), turn = (q ^ s) & -isIn, to = 4 * quadCount++;
              quads[to] = vertexOf(base, kinds, sheetOf, here + cell - 1 - vx, 11); quads[to + 1] = s ^ turn; quads[to + 2] = vertexOf(base, kinds, sheetOf, here + cell, 8); quads[to + 3] = q ^ turn;
            }
          }
        }
      }
    }
    this.#cells = cells;
    this.#places = places;
    this.#quads = quads;
    return { vertexCount, quadCount, cells, places, quads, rows };
  }

  /** Goes over all in every pass: exact everywhere, whatever the apron. */
  relax({ vertexCount, quadCount, cells, places, quads }: Nets, passes: number, [mx, my, mz]: Margins): void {
    const { sheets } = netsTable(), steps = freeSteps(passes), follow = followSteps(passes);
    this.#sums = grown(this.#sums, 4 * vertexCount);
    const sums = this.#sums;
    for (let pass = 0; pass < passes; pass++) {
      const free = steps[pass & 1], told = follow[pass & 1];
      sums.fill(0, 0, 4 * vertexCount);
      for (let q = 0; q < 4 * quadCount; q += 4) {
        // Of each vertex the next one: all quads go round counter-clockwise, so each edge of a closed net counts once at either end.
        const a = 4 * quads[q], b = 4 * quads[q + 1], c = 4 * quads[q + 2], d = 4 * quads[q + 3];
        const ax = places[a], ay = places[a + 1], az = places[a + 2], bx = places[b], by = places[b + 1], bz = places[b + 2];
        const cx = places[c], cy = places[c + 1], cz = places[c + 2], dx = places[d], dy = places[d + 1], dz = places[d + 2];
        sums[a] += bx - ax; sums[a + 1] += by - ay; sums[a + 2] += bz - az; sums[a + 3]++;
        sums[b] += cx - bx; sums[b + 1] += cy - by; sums[b + 2] += cz - bz; sums[b + 3]++;
        sums[c] += dx - cx; sums[c + 1] += dy - cy; sums[c + 2] += dz - cz; sums[c + 3]++;
        sums[d] += ax - dx; sums[d + 1] += ay - dy; sums[d + 2] += az - dz; sums[d + 3]++;
      }
      for (let v = 0; v < 4 * vertexCount; v += 4) {
        const flag = places[v + 3], step = flag === 0 ? free : flag === 1 ? told : 0;
        if (step === 0 || sums[v + 3] === 0) continue;
        if (flag === 1) {
          const share = 32 * sums[v + 3];
          places[v] = keptBack(places[v], Math.trunc((sums[v] * step) / share), cells[v], mx);
          places[v + 1] = keptBack(places[v + 1], Math.trunc((sums[v + 1] * step) / share), cells[v + 1], my);
          places[v + 2] = keptBack(places[v + 2], Math.trunc((sums[v + 2] * step) / share), cells[v + 2], mz);
          continue;
        }
        const box = sheets[8 * cells[v + 3] + 4], share = 32 * sums[v + 3];
        places[v] = kept(places[v] + Math.trunc((sums[v] * step) / share), cells[v], box & 7, (box >> 9) & 7, mx);
        places[v + 1] = kept(places[v + 1] + Math.trunc((sums[v + 1] * step) / share), cells[v + 1], (box >> 3) & 7, (box >> 12) & 7, my);
        places[v + 2] = kept(places[v + 2] + Math.trunc((sums[v + 2] * step) / share), cells[v + 2], (box >> 6) & 7, (box >> 15) & 7, mz);
      }
    }
  }

  bitsOf(content: Uint8Array, value: number, bits: Uint32Array): boolean { return brickBits(content, value, bits); }
}
