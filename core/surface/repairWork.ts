import type { Mesh } from "./mesh.ts";
import { eachSelfIntersection } from "./selfIntersections.ts";

/** What a repair changed; lengths in mm. */
export interface RepairReport {
  weldedVertices: number; nearbyVertices: number; degenerateTriangles: number; duplicateTriangles: number; looseTriangles: number;
  flippedTriangles: number; shellsTurned: number; holesFilled: number; trianglesAdded: number; verticesSplit: number; shells: number;
  /** Pairs of triangles that cross by more than `crossingDepthMm`: in what came, welded, and in what goes out; triangles taken out for it. */
  crossingsBefore: number; crossingsAfter: number; trianglesTakenOut: number;
  /** Open rings of edges in what goes out: no fill was found that crosses nothing. Where they are (mean, mm, RAS mm as the mesh) and how many edges each has, largest first, 20 at most. */
  holesLeftOpen: number; openHoles: { centreMm: [number, number, number]; edges: number; rimCrosses?: boolean }[];
  /** Those of them whose own edges go through other triangles: no fill can do without crossing these. Results of before tell it of none. */
  holesWithCrossingRim?: number;
  /** What was left out because it would have made triangles cross; null where nothing was. */
  leftOut: "fills" | "fills and merging" | "fills, merging and splitting" | "all but welding" | null;
  /**
   * The largest distance of any point of what came (but for loose triangles) from what goes out of the same body, and of any point of what goes out from
   * what came with its holes closed, over all steps together: no point is farther, and some is as far but for a fiftieth (`farthestFrom`).
   */
  largestDisplacementMm: number;
}

/** Working state: positions in mm and triangles' corners. */
export interface Work { P: number[]; T: number[]; report: RepairReport }

/** The mesh of a state, as it is written: float32, without vertices that no triangle has. */
export const meshOf = ({ P, T }: Pick<Work, "P" | "T">): Mesh => {
  const name = new Int32Array(P.length / 3).fill(-1), positions: number[] = [];
  const triangles = Uint32Array.from(T, (v) => {
    if (name[v] < 0) { name[v] = positions.length / 3; positions.push(P[3 * v], P[3 * v + 1], P[3 * v + 2]); }
    return name[v];
  });
  return { positions: Float32Array.from(positions), triangles };
};

export interface Crossing { pairs: readonly (readonly [number, number])[]; triangles: ReadonlySet<number> }

/** Which triangles of states cross, pair by pair. Most steps of a repair change nothing: what was found last is then told again. */
export class Crossings {
  #last: { positions: Float32Array; triangles: Uint32Array; crossing: Crossing } | undefined;

  of(work: Pick<Work, "P" | "T">): Crossing {
    const positions = Float32Array.from(work.P), corners = Uint32Array.from(work.T), last = this.#last;
    if (last && isEqual(last.positions, positions) && isEqual(last.triangles, corners)) return last.crossing;
    const triangles = new Set<number>(), pairs: (readonly [number, number])[] = [];
    eachSelfIntersection({ positions, triangles: corners }, (s, t) => { pairs.push([s, t]); triangles.add(s).add(t); });
    this.#last = { positions, triangles: corners, crossing: { pairs, triangles } };
    return this.#last.crossing;
  }
}

function isEqual(one: Float32Array | Uint32Array, other: Float32Array | Uint32Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
