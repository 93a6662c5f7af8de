import { BRICK } from "../mask/brick.ts";
import type { BitBox } from "./bitBox.ts";
import { type BrickMesh, emptyBrickMesh, keySide } from "./brickMesh.ts";
import type { CellBox } from "./brickRegions.ts";
import { unitsPerVoxel } from "./netsTable.ts";
import type { Nets } from "./netsTwin.ts";

/** The net of a region's cells: exact in these and in the cells just before them along each axis. */
export interface RegionNet { nets: Nets; box: Pick<BitBox, "first" | "size">; cells: CellBox }

/** A brick's mesh; `sources` names of each vertex the net's vertex that it is, or ~ its number in the mesh before. A view, valid until the next cut. */
export interface BrickCut { mesh: BrickMesh; sources: Int32Array }

const roomFor = <T extends Int32Array | Uint32Array | Uint16Array>(array: T, length: number): T => array.length >= length ? array : new (array.constructor as new (n: number) => T)(2 * length);

/** From so many vertices on it is quicker to copy them at once than one by one. */
const longRun = 48;

/** Cuts the meshes of bricks out of the net of a region; what lies outside the region is taken from the mesh before. */
export class BrickCutter {
  #net: RegionNet | undefined;
  /** Of each row of the net where its brick cut last ends, among the vertices and the quads: its next one begins there. */
  #reached = new Int32Array(0);
  #names = new Int32Array(0);
  #kept = new Int32Array(0);
  #keys = new Uint32Array(0);
  #places = new Int32Array(0);
  #quads = new Uint16Array(0);
  #sources = new Int32Array(0);
  #others = new Int32Array(0);
  /** Corners of quads, by their place among the brick's, that do not lie in the brick. */
  #outer = new Int32Array(0);

  /** Takes vertices from the mesh before. @returns how many there are then */
  #keep({ keys, places }: BrickMesh, from: number, end: number, count: number): number {
    const kept = this.#kept, sources = this.#sources, toKeys = this.#keys, toPlaces = this.#places, shift = count - from;
    for (let old = from; old < end; old++) { kept[old] = old + shift; sources[old + shift] = ~old; }
    if (end - from > longRun) {
      toKeys.set(keys.subarray(from, end), count);
      toPlaces.set(places.subarray(3 * from, 3 * end), 3 * count);
    } else {
      for (let old = from; old < end; old++) toKeys[old + shift] = keys[old];
      for (let i = 3 * from, to = 3 * count; i < 3 * end; i++, to++) toPlaces[to] = places[i];
    }
    return end + shift;
  }

  /**
   * @param brick the brick's coordinates
   * @param before the brick's mesh, of which all that lies outside the region is as it was
   * @returns byte for byte the mesh that a region of the whole brick would give
   */
  cut(net: RegionNet, brick: readonly [number, number, number], before: BrickMesh = emptyBrickMesh): BrickCut {
    const { nets: { vertexCount, quadCount, cells, places, quads, rows }, box: { first, size: [, sizeY, sizeZ] }, cells: { low, high } } = net;
    if (net !== this.#net) {
      this.#net = net;
      this.#reached = rows.slice(0, 2 * sizeY * sizeZ);
    }
    const reached = this.#reached;
    const mostVertices = before.keys.length + vertexCount, oldQuads = before.quads.length, mostQuads = oldQuads / 4 + quadCount;
    const names = this.#names = roomFor(this.#names, vertexCount), kept = this.#kept = roomFor(this.#kept, before.keys.length);
    const toKeys = this.#keys = roomFor(this.#keys, mostVertices), toPlaces = this.#places = roomFor(this.#places, 3 * mostVertices);
    const sources = this.#sources = roomFor(this.#sources, mostVertices);
    const { owned: ownedBefore, keys, quads: quadsBefore } = before;
    const [ox, oy, oz] = brick.map((n) => BRICK * n), dx = ox - first[0], dy = oy - first[1], dz = oz - first[2];
    const shiftX = dx * unitsPerVoxel, shiftY = dy * unitsPerVoxel, shiftZ = dz * unitsPerVoxel;
    // The region's cells in the brick: their quads are new, and so are the vertices of these, that is, of the cells just before too.
    const x0 = Math.max(0, low[0] - ox), x1 = Math.min(BRICK - 1, high[0] - ox), y0 = Math.max(0, low[1] - oy), y1 = Math.min(BRICK - 1, high[1] - oy), z0 = Math.max(0, low[2] - oz), z1 = Math.min(BRICK - 1, high[2] - oz);

    let count = 0, owned = 0, old = 0;
    // First the brick's own vertices, then those of the cells before it.
    for (let least = 0; least >= -1; least--) {
      const oldEnd = least === 0 ? ownedBefore : keys.length;
      for (let z = Math.max(least, z0 - 1); z <= z1; z++) for (let y = Math.max(least, y0 - 1); y <= y1; y++) {
        const at = 2 * ((z + dz) * sizeY + y + dy), begin = 4 * rows[at], end = 4 * rows[at + 2];
        // Most rows, and most layers, are empty.
        if (begin === end && old === oldEnd) {
          if (end === 4 * rows[2 * ((z + dz) * sizeY + y1 + dy + 1)]) break;
          continue;
        }
        let xFrom = Math.max(least, x0 - 1), xTo = x1;
        if (least < 0 && z >= 0 && y >= 0) {
          if (xFrom >= 0) continue;
          xTo = -1;
        }
        const row = ((z + 1) * keySide + y + 1) * keySide + 1, from = 4 * (row + xFrom), past = 4 * (row + xTo + 1);
        const run = old;
        while (old < oldEnd && keys[old] < from) old++;
        if (old > run) count = this.#keep(before, run, old, count);
        let v = 4 * reached[at], last = -1, inCell = 0;
        for (xFrom += dx; v > begin && cells[v - 4] >= xFrom; ) v -= 4;
        while (v < end && cells[v] < xFrom) v += 4;
        for (xTo += dx; v < end && cells[v] <= xTo; v += 4, count++) {
          const x = cells[v];
          inCell = x === last ? inCell + 1 : 0;
          last = x;
          const key = 4 * (row + x - dx) + inCell;
          for (; old < oldEnd && keys[old] <= key; old++) kept[old] = count;
          names[v >> 2] = count; sources[count] = v >> 2; toKeys[count] = key;
          toPlaces[3 * count] = places[v] - shiftX; toPlaces[3 * count + 1] = places[v + 1] - shiftY; toPlaces[3 * count + 2] = places[v + 2] - shiftZ;
        }
        reached[at] = v >> 2;
        while (old < oldEnd && keys[old] < past) old++;
      }
      count = this.#keep(before, old, oldEnd, count);
      old = oldEnd;
      if (least === 0) owned = count;
    }

    const outer = this.#outer = roomFor(this.#outer, 3 * mostQuads);
    let outerCount = 0;
    const toQuads = count > 65536 ? new Uint32Array(4 * mostQuads) : this.#quads = roomFor(this.#quads, 4 * mostQuads);
    // A quad belongs to the cell of its third vertex.
    let to = 0, from = 0;
    for (let z = z0; z <= z1 + 1; z++) for (let y = y0; y <= y1; y++) {
      const at = 2 * ((z + dz) * sizeY + y + dy) + 1, begin = 4 * rows[at], end = 4 * rows[at + 2];
      if (from === oldQuads && z <= z1 && begin === end) {
        if (end === 4 * rows[2 * ((z + dz) * sizeY + y1 + dy + 1) + 1]) break;
        continue;
      }
      // After the region's last row come all that lie beyond it.
      const isPast = z > z1, row = ((z + 1) * keySide + y + 1) * keySide + 1, least = isPast ? 0x7fffffff : 4 * (row + x0), past = 4 * (row + x1 + 1);
      for (; from < oldQuads && keys[quadsBefore[from + 2]] < least; from += 4, to += 4) {
        const p = kept[quadsBefore[from]], q = kept[quadsBefore[from + 1]], s = kept[quadsBefore[from + 3]];
        if (p >= owned) outer[outerCount++] = to;
        if (q >= owned) outer[outerCount++] = to + 1;
        if (s >= owned) outer[outerCount++] = to + 3;
        toQuads[to] = p; toQuads[to + 1] = q; toQuads[to + 2] = kept[quadsBefore[from + 2]]; toQuads[to + 3] = s;
      }
      if (isPast) break;
      while (from < oldQuads && keys[quadsBefore[from + 2]] < past) from += 4;
      let quad = 4 * reached[at];
      while (quad > begin && cells[4 * quads[quad - 2]] >= x0 + dx) quad -= 4;
      while (quad < end && cells[4 * quads[quad + 2]] < x0 + dx) quad += 4;
      for (; quad < end && cells[4 * quads[quad + 2]] <= x1 + dx; quad += 4, to += 4) {
        const p = names[quads[quad]], q = names[quads[quad + 1]], s = names[quads[quad + 3]];
        if (p >= owned) outer[outerCount++] = to;
        if (q >= owned) outer[outerCount++] = to + 1;
        if (s >= owned) outer[outerCount++] = to + 3;
        toQuads[to] = p; toQuads[to + 1] = q; toQuads[to + 2] = names[quads[quad + 2]]; toQuads[to + 3] = s;
      }
      reached[at] = quad >> 2;
    }
    // Of the cells before the brick only the vertices that its quads join are the brick's.
    const others = this.#others = roomFor(this.#others, count - owned).fill(-1, 0, count - owned);
    for (let i = 0; i < outerCount; i++) others[toQuads[outer[i]] - owned] = 0;
    let all = owned;
    for (let v = owned; v < count; v++) {
      if (others[v - owned] < 0) continue;
      others[v - owned] = all;
      if (all < v) {
        toKeys[all] = toKeys[v]; sources[all] = sources[v];
        toPlaces[3 * all] = toPlaces[3 * v]; toPlaces[3 * all + 1] = toPlaces[3 * v + 1]; toPlaces[3 * all + 2] = toPlaces[3 * v + 2];
      }
      all++;
    }
    if (all < count) for (let i = 0; i < outerCount; i++) toQuads[outer[i]] = others[toQuads[outer[i]] - owned];
    // One room for all three: making rooms takes longer than filling them.
    const isWide = all > 65536, own = new ArrayBuffer(16 * all + (isWide ? 4 : 2) * to), ownQuads = isWide ? new Uint32Array(own, 16 * all, to) : new Uint16Array(own, 16 * all, to);
    const mesh: BrickMesh = { owned, keys: new Uint32Array(own, 0, all), places: new Int32Array(own, 4 * all, 3 * all), quads: ownQuads };
    mesh.keys.set(toKeys.subarray(0, all));
    mesh.places.set(toPlaces.subarray(0, 3 * all));
    ownQuads.set(toQuads.subarray(0, to));
    return { mesh, sources: sources.subarray(0, all) };
  }
}
