import type { Mesh } from "./mesh.ts";

/** What a reader finds who welds vertices of exactly equal float32 positions (ARCHITECTURE §5). */
export interface Soundness {
  /** Edges with one triangle. */
  openEdges: number;
  /** Edges with more than two triangles, or with two that run the same way. */
  nonManifoldEdges: number;
  /** Vertices whose triangles form more than one fan. */
  nonManifoldVertices: number;
  components: number;
  /** Sum over the components; null where the surface is not closed and manifold. */
  genus: number | null;
}

class Sets {
  readonly root: Int32Array;
  constructor(count: number) { this.root = Int32Array.from({ length: count }, (_, i) => i); }
  find(i: number): number {
    while (this.root[i] !== i) { this.root[i] = this.root[this.root[i]]; i = this.root[i]; }
    return i;
  }
  join(a: number, b: number): void { this.root[this.find(a)] = this.find(b); }
}

/** A power of two with room for `count` entries at most half full. */
const tableSize = (count: number): number => {
  let size = 16;
  while (size < 2 * count) size *= 2;
  return size;
};

/** For each vertex the first one of exactly equal position. */
export function weld(positions: Float32Array): Int32Array {
  const count = positions.length / 3, size = tableSize(count);
  const bits = new Int32Array(positions.buffer, positions.byteOffset, positions.length);
  const slots = new Int32Array(size).fill(-1), same = new Int32Array(count);
  for (let v = 0; v < count; v++) {
    const b = (i: number) => (bits[3 * v + i] === -2147483648 ? 0 : bits[3 * v + i]); // −0 is 0
    const x = b(0), y = b(1), z = b(2);
    let at = Math.imul(Math.imul(x ^ Math.imul(y, 0x9e3779b1) ^ Math.imul(z, 0x85ebca6b), 0xc2b2ae35) >>> 7, 1) & (size - 1);
    for (;; at = (at + 1) & (size - 1)) {
      const w = slots[at];
      if (w < 0) { slots[at] = v; same[v] = v; break; }
      if (positions[3 * w] === positions[3 * v] && positions[3 * w + 1] === positions[3 * v + 1] && positions[3 * w + 2] === positions[3 * v + 2]) { same[v] = w; break; }
    }
  }
  return same;
}

/** Half-edges by their lower vertex; `twin` of a half-edge that has exactly one other, running the other way, else −1. */
function halfEdges(corner: Int32Array, vertices: number): { twin: Int32Array; edges: number; openEdges: number; nonManifoldEdges: number } {
  const corners = corner.length, start = new Uint32Array(vertices + 2), twin = new Int32Array(corners).fill(-1);
  for (let h = 0; h < corners; h++) start[Math.min(corner[h], corner[h % 3 === 2 ? h - 2 : h + 1]) + 2]++;
  for (let i = 2; i < start.length; i++) start[i] += start[i - 1];
  const list = new Uint32Array(corners), other = new Int32Array(corners);
  for (let h = 0; h < corners; h++) {
    const from = corner[h], to = corner[h % 3 === 2 ? h - 2 : h + 1], at = start[Math.min(from, to) + 1]++;
    list[at] = h;
    other[at] = Math.max(from, to);
  }
  let edges = 0, openEdges = 0, nonManifoldEdges = 0;
  for (let v = 0; v < vertices; v++) {
    for (let i = start[v]; i < start[v + 1]; i++) {
      const high = other[i];
      if (high < 0) continue;
      let uses = 1, last = i;
      for (let k = i + 1; k < start[v + 1]; k++) if (other[k] === high) { uses++; last = k; other[k] = -1; }
      edges++;
      const h = list[i], g = list[last];
      if (uses === 1) openEdges++;
      else if (uses > 2 || (corner[h] === v) === (corner[g] === v)) nonManifoldEdges++;
      else { twin[h] = g; twin[g] = h; }
    }
  }
  return { twin, edges, openEdges, nonManifoldEdges };
}

/** Components and pinched vertices of a mesh all of whose edges have two sides, by walking round vertices and over triangles. */
function walk(corner: Int32Array, twin: Int32Array, vertices: number): { used: number; components: number; nonManifoldVertices: number } {
  const degree = new Uint32Array(vertices), any = new Int32Array(vertices).fill(-1);
  for (let h = 0; h < corner.length; h++) { degree[corner[h]]++; any[corner[h]] = h; }
  let used = 0, nonManifoldVertices = 0, components = 0;
  for (let v = 0; v < vertices; v++) {
    if (degree[v] === 0) continue;
    used++;
    let steps = 0;
    // The half-edge into v before h, seen from across: the next one out of v.
    for (let h = any[v]; steps <= degree[v]; ) {
      h = twin[h % 3 === 0 ? h + 2 : h - 1];
      steps++;
      if (h === any[v]) break;
    }
    if (steps !== degree[v]) nonManifoldVertices++;
  }
  const seen = new Uint8Array(corner.length / 3), open = new Uint32Array(corner.length / 3);
  for (let t = 0; t < seen.length; t++) {
    if (seen[t] !== 0) continue;
    components++;
    seen[t] = 1;
    let top = 0;
    open[top++] = t;
    while (top > 0) {
      const at = 3 * open[--top];
      for (let i = 0; i < 3; i++) {
        const across = Math.trunc(twin[at + i] / 3);
        if (seen[across] === 0) { seen[across] = 1; open[top++] = across; }
      }
    }
  }
  return { used, components, nonManifoldVertices };
}

/** Counts the faults of a mesh as read back. O(triangles). */
export function soundnessOf(mesh: Mesh): Soundness {
  const same = weld(mesh.positions), corner = new Int32Array(mesh.triangles.length);
  for (let h = 0; h < corner.length; h++) corner[h] = same[mesh.triangles[h]];
  const { twin, edges, openEdges, nonManifoldEdges } = halfEdges(corner, same.length);
  if (openEdges > 0 || nonManifoldEdges > 0) return faultsOf(mesh, same);
  const { used, components, nonManifoldVertices } = walk(corner, twin, same.length);
  if (nonManifoldVertices > 0) return faultsOf(mesh, same);
  return { openEdges, nonManifoldEdges, nonManifoldVertices, components, genus: components - (used - edges + corner.length / 3) / 2 };
}

/** The same for a mesh with faults, where edges may have any number of sides. */
function faultsOf({ positions, triangles }: Mesh, same: Int32Array): Soundness {
  const corners = triangles.length, size = tableSize(corners);
  const firstOf = new Int32Array(size).fill(-1), uses = new Uint8Array(size), forward = new Uint8Array(size);
  const fans = new Sets(corners), parts = new Sets(positions.length / 3);
  const next = (h: number) => (h % 3 === 2 ? h - 2 : h + 1);
  const vertex = (h: number) => same[triangles[h]];
  let edges = 0;
  for (let h = 0; h < corners; h++) {
    const from = vertex(h), to = vertex(next(h));
    const low = Math.min(from, to), high = Math.max(from, to);
    parts.join(low, high);
    let at = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) & (size - 1);
    for (;; at = (at + 1) & (size - 1)) {
      const other = firstOf[at];
      if (other < 0) { firstOf[at] = h; edges++; break; }
      const a = vertex(other), b = vertex(next(other));
      if (Math.min(a, b) !== low || Math.max(a, b) !== high) continue;
      // The corner of this triangle at each end belongs to the fan of the other's corner there.
      fans.join(h, a === from ? other : next(other));
      fans.join(next(h), a === from ? next(other) : other);
      break;
    }
    uses[at] = Math.min(255, uses[at] + 1);
    if (from === low) forward[at] = Math.min(255, forward[at] + 1);
  }
  let openEdges = 0, nonManifoldEdges = 0;
  for (let at = 0; at < size; at++) {
    if (uses[at] === 1) openEdges++;
    else if (uses[at] > 2 || (uses[at] === 2 && forward[at] !== 1)) nonManifoldEdges++;
  }
  const fanOf = new Int32Array(positions.length / 3).fill(-1), isSplit = new Uint8Array(positions.length / 3);
  let vertices = 0, components = 0, nonManifoldVertices = 0;
  for (let h = 0; h < corners; h++) {
    const v = vertex(h), fan = fans.find(h);
    if (fanOf[v] < 0) { fanOf[v] = fan; vertices++; if (parts.find(v) === v) components++; }
    else if (fanOf[v] !== fan && isSplit[v] === 0) { isSplit[v] = 1; nonManifoldVertices++; }
  }
  const isClosed = openEdges === 0 && nonManifoldEdges === 0 && nonManifoldVertices === 0;
  const euler = vertices - edges + corners / 3;
  return { openEdges, nonManifoldEdges, nonManifoldVertices, components, genus: isClosed ? components - euler / 2 : null };
}
