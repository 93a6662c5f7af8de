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

const roomFor = <T extends Int32Array | Uint32Array>(array: T, length: number): T => array.length >= length ? array : new (array.constructor as new (n: number) => T)(2 * length);

/** Cuts the meshes of bricks out of the net of a region; what lies outside the region is taken from the mesh before. */
export class BrickCutter {
  #names = new Int32Array(0);
  #kept = new Int32Array(0);
  #keys = new Uint32Array(0);
  #places = new Int32Array(0);
  #quads = new Uint32Array(0);
  #sources = new Int32Array(0);
  #others = new Int32Array(0);

  /**
   * @param brick the brick's coordinates
   * @param before the brick's mesh, of which all that lies outside the region is as it was
   * @returns byte for byte the mesh that a region of the whole brick would give
   */
  cut({ nets: { vertexCount, quadCount, cells, places, quads, rows }, box: { first, size: [, sizeY] }, cells: { low, high } }: RegionNet, brick: readonly [number, number, number], before: BrickMesh = emptyBrickMesh): BrickCut {
    const mostVertices = before.keys.length + vertexCount, mostQuads = before.quads.length / 4 + quadCount;
    const names = this.#names = roomFor(this.#names, vertexCount), kept = this.#kept = roomFor(this.#kept, before.keys.length);
    const toKeys = this.#keys = roomFor(this.#keys, mostVertices), toPlaces = this.#places = roomFor(this.#places, 3 * mostVertices);
    const toQuads = this.#quads = roomFor(this.#quads, 4 * mostQuads), sources = this.#sources = roomFor(this.#sources, mostVertices);
    const { owned: ownedBefore, keys, places: placesBefore, quads: quadsBefore } = before;
    const [ox, oy, oz] = brick.map((n) => BRICK * n), dx = ox - first[0], dy = oy - first[1], dz = oz - first[2];
    const shiftX = dx * unitsPerVoxel, shiftY = dy * unitsPerVoxel, shiftZ = dz * unitsPerVoxel;
    // The region's cells in the brick: their quads are new, and so are the vertices of these, that is, of the cells just before too.
    const x0 = Math.max(0, low[0] - ox), x1 = Math.min(BRICK - 1, high[0] - ox), y0 = Math.max(0, low[1] - oy), y1 = Math.min(BRICK - 1, high[1] - oy), z0 = Math.max(0, low[2] - oz), z1 = Math.min(BRICK - 1, high[2] - oz);

    let count = 0, owned = 0, old = 0;
    // First the brick's own vertices, then those of the cells before it.
    for (let least = 0; least >= -1; least--) {
      const oldEnd = least === 0 ? ownedBefore : keys.length;
      for (let z = Math.max(least, z0 - 1); z <= z1; z++) for (let y = Math.max(least, y0 - 1); y <= y1; y++) {
        let xFrom = Math.max(least, x0 - 1), xTo = x1;
        if (least < 0 && z >= 0 && y >= 0) {
          if (xFrom >= 0) continue;
          xTo = -1;
        }
        const row = ((z + 1) * keySide + y + 1) * keySide + 1, from = 4 * (row + xFrom), past = 4 * (row + xTo + 1);
        for (; old < oldEnd && keys[old] < from; old++, count++) {
          kept[old] = count; sources[count] = ~old; toKeys[count] = keys[old];
          toPlaces[3 * count] = placesBefore[3 * old]; toPlaces[3 * count + 1] = placesBefore[3 * old + 1]; toPlaces[3 * count + 2] = placesBefore[3 * old + 2];
        }
        const at = 2 * ((z + dz) * sizeY + y + dy), end = 4 * rows[at + 2];
        let v = 4 * rows[at], last = -1, inCell = 0;
        for (xFrom += dx; v < end && cells[v] < xFrom; ) v += 4;
        for (xTo += dx; v < end && cells[v] <= xTo; v += 4, count++) {
          const x = cells[v];
          inCell = x === last ? inCell + 1 : 0;
          last = x;
          const key = 4 * (row + x - dx) + inCell;
          for (; old < oldEnd && keys[old] <= key; old++) kept[old] = count;
          names[v >> 2] = count; sources[count] = v >> 2; toKeys[count] = key;
          toPlaces[3 * count] = places[v] - shiftX; toPlaces[3 * count + 1] = places[v + 1] - shiftY; toPlaces[3 * count + 2] = places[v + 2] - shiftZ;
        }
        while (old < oldEnd && keys[old] < past) old++;
      }
      for (; old < oldEnd; old++, count++) {
        kept[old] = count; sources[count] = ~old; toKeys[count] = keys[old];
        toPlaces[3 * count] = placesBefore[3 * old]; toPlaces[3 * count + 1] = placesBefore[3 * old + 1]; toPlaces[3 * count + 2] = placesBefore[3 * old + 2];
      }
      if (least === 0) owned = count;
    }

    // A quad belongs to the cell of its third vertex.
    let to = 0, from = 0;
    const oldQuads = quadsBefore.length;
    for (let z = z0; z <= z1; z++) for (let y = y0; y <= y1; y++) {
      const row = ((z + 1) * keySide + y + 1) * keySide + 1, least = 4 * (row + x0), past = 4 * (row + x1 + 1);
      for (; from < oldQuads && keys[quadsBefore[from + 2]] < least; from += 4, to += 4) {
        toQuads[to] = kept[quadsBefore[from]]; toQuads[to + 1] = kept[quadsBefore[from + 1]]; toQuads[to + 2] = kept[quadsBefore[from + 2]]; toQuads[to + 3] = kept[quadsBefore[from + 3]];
      }
      while (from < oldQuads && keys[quadsBefore[from + 2]] < past) from += 4;
      const at = 2 * ((z + dz) * sizeY + y + dy), end = 4 * rows[at + 3];
      let q = 4 * rows[at + 1];
      while (q < end && cells[4 * quads[q + 2]] < x0 + dx) q += 4;
      for (; q < end && cells[4 * quads[q + 2]] <= x1 + dx; q += 4, to += 4) {
        toQuads[to] = names[quads[q]]; toQuads[to + 1] = names[quads[q + 1]]; toQuads[to + 2] = names[quads[q + 2]]; toQuads[to + 3] = names[quads[q + 3]];
      }
    }
    for (; from < oldQuads; from += 4, to += 4) {
      toQuads[to] = kept[quadsBefore[from]]; toQuads[to + 1] = kept[quadsBefore[from + 1]]; toQuads[to + 2] = kept[quadsBefore[from + 2]]; toQuads[to + 3] = kept[quadsBefore[from + 3]];
    }

    // Of the cells before the brick only what its quads join is the brick's.
    const others = this.#others = roomFor(this.#others, count - owned).fill(-1, 0, count - owned);
    for (let i = 0; i < to; i++) if (toQuads[i] >= owned) others[toQuads[i] - owned] = 0;
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
    const corners = all > 65536 ? new Uint32Array(to) : new Uint16Array(to);
    if (all === count) for (let i = 0; i < to; i++) corners[i] = toQuads[i];
    else for (let i = 0; i < to; i++) corners[i] = toQuads[i] < owned ? toQuads[i] : others[toQuads[i] - owned];
    return { mesh: { owned, keys: toKeys.slice(0, all), places: toPlaces.slice(0, 3 * all), quads: corners }, sources: sources.subarray(0, all) };
  }
}
