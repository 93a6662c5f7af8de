import { farthestFrom } from "./farthest.ts";
import { SeenTriangles } from "./meshEdges.ts";
import { openRings, shellsOf, twinsOf } from "./repairTopology.ts";
import { leastFill } from "./ringFill.ts";
import { buildTriangleTree, closestPoint, type TriangleTree } from "./triangleTree.ts";

/** Positions in mm and triangles' corners. */
interface Shape { P: readonly number[]; T: readonly number[] }

/** No point of a surface is mended farther from where it was than this share of the mesh's largest extent; more is another body, not a repair. Holes of real bones need up to 2.42 %. */
const farthestShare = 0.025;

const placesOf = ({ P, T }: Shape, triangle: number): number[] => [0, 1, 2].flatMap((k) => [0, 1, 2].map((i) => P[3 * T[3 * triangle + k] + i]));
/** Names a triangle by its corners' places, in whatever order these come. */
const placeKey = (places: readonly number[]): string => [0, 3, 6].map((at) => places.slice(at, at + 3).join()).sort().join(" ");
const treeOf = ({ P, T }: Shape): TriangleTree => buildTriangleTree({ positions: Float32Array.from(P), triangles: Uint32Array.from(T) });
function namesIn({ T }: Shape): SeenTriangles {
  const seen = new SeenTriangles(T.length / 3);
  for (let t = 0; t < T.length; t += 3) seen.add(T[t], T[t + 1], T[t + 2]);
  return seen;
}
/** Of each triangle the number of its shell, from 0 in the order of their first triangles, and which shells are closed. */
function numberedShells({ P, T }: Shape): { shellOf: Int32Array; isClosed: boolean[] } {
  const twin = twinsOf(P, T), numbers = new Map<number, number>(), isClosed: boolean[] = [];
  const shellOf = shellsOf(twin).map((first) => {
    const number = numbers.get(first) ?? numbers.size;
    numbers.set(first, number);
    return number;
  });
  shellOf.forEach((shell, t) => { isClosed[shell] = (isClosed[shell] ?? true) && twin[3 * t] >= 0 && twin[3 * t + 1] >= 0 && twin[3 * t + 2] >= 0; });
  return { shellOf, isClosed };
}

/** Places of each triangle that is not among others, nine numbers each. */
function placesBeside(shape: Shape, others: SeenTriangles): number[][] {
  const places: number[][] = [];
  for (let t = 0; t < shape.T.length / 3; t++) if (!others.has(shape.T[3 * t], shape.T[3 * t + 1], shape.T[3 * t + 2])) places.push(placesOf(shape, t));
  return places;
}

/**
 * What a mesh was before anything of it was mended, to measure by how far it is from there, over however many steps. States
 * keep the places of the vertices that came and name new ones after them. A body is a shell of the mesh with its holes closed.
 */
export class StartingState {
  /** How far mending may go, mm. */
  readonly farthestMm: number;
  readonly #came: Shape;
  readonly #closed: Shape;
  readonly #known: SeenTriangles;
  /** What closes holes, nine numbers a triangle: invented, so nothing there is displaced. */
  readonly #fills: readonly number[];
  readonly #isFill = new Set<string>();
  #reference: TriangleTree | undefined;
  /** Of each vertex of `closed` its body, −1 where no triangle has it; of each body whether it is closed. */
  readonly #bodyOf: Int32Array;
  readonly #isClosed: readonly boolean[];
  readonly #shellOf: Int32Array;
  #closedTree: TriangleTree | undefined;

  /**
   * @param came as it came, welded and without what encloses nothing @param closed the same, holes closed as far as nothing crosses
   * @param fills what closed them, nine numbers a triangle
   */
  constructor(came: Shape, closed: Shape, fills: readonly number[]) {
    this.#came = came;
    this.#closed = { P: [...closed.P], T: [...closed.T] };
    this.#known = namesIn(came);
    this.#fills = fills;
    ({ shellOf: this.#shellOf, isClosed: this.#isClosed } = numberedShells(this.#closed));
    this.#bodyOf = new Int32Array(closed.P.length / 3).fill(-1);
    closed.T.forEach((v, h) => { this.#bodyOf[v] = this.#shellOf[Math.floor(h / 3)]; });
    for (let at = 0; at < fills.length; at += 9) this.#isFill.add(placeKey(fills.slice(at, at + 9)));
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (const v of came.T) for (let i = 0; i < 3; i++) { low[i] = Math.min(low[i], came.P[3 * v + i]); high[i] = Math.max(high[i], came.P[3 * v + i]); }
    this.farthestMm = farthestShare * Math.max(...high.map((x, i) => x - low[i]));
  }

  /**
   * The largest distance, mm, of any point of what came from what was made of its body, and of any point of what was made from
   * what came with its holes closed: the actual fill or, of a hole that was left open, the least. See `farthestFrom`. Infinity
   * where nothing is left of a body, or one that was closed is open: no repair, however near another body is.
   * @param enoughMm once it is more than that, any such number is given
   */
  farMm(made: Shape, enoughMm = Infinity): number {
    const bodies = this.#bodiesOf(made);
    if (bodies === null) return Infinity;
    const gone = new Map<number, number[]>(), added = placesBeside(made, this.#known).filter((places) => !this.#isFill.has(placeKey(places))).flat();
    for (const places of placesBeside(this.#came, namesIn(made))) {
      const body = this.#bodyAt(places), known = gone.get(body);
      if (known) known.push(...places);
      else gone.set(body, places);
    }
    let far = 0;
    for (const [body, places] of gone) if (far <= enoughMm) far = Math.max(far, farthestFrom(treeOf({ P: made.P, T: bodies[body] }), places, enoughMm));
    if (added.length > 0 && far <= enoughMm) far = Math.max(far, farthestFrom((this.#reference ??= treeOf(this.#withHolesClosed())), added, enoughMm));
    return far;
  }

  /** What was made of each body: its triangles' corners. A triangle is of every body that one of its corners was of. Null where a body is lost or opened. */
  #bodiesOf(made: Shape): number[][] | null {
    const { shellOf, isClosed } = numberedShells(made), bodyOf = (v: number): number => this.#bodyOf[v] ?? -1, inShell = isClosed.map(() => new Set<number>());
    made.T.forEach((v, h) => { if (bodyOf(v) >= 0) inShell[shellOf[Math.floor(h / 3)]].add(bodyOf(v)); });
    if (inShell.some((bodies, shell) => !isClosed[shell] && [...bodies].some((body) => this.#isClosed[body]))) return null;
    const corners = this.#isClosed.map((): number[] => []);
    for (let t = 0; t < made.T.length / 3; t++) {
      const three = [made.T[3 * t], made.T[3 * t + 1], made.T[3 * t + 2]], own = new Set(three.map(bodyOf).filter((body) => body >= 0));
      // All corners new: of whatever its shell is of.
      for (const body of own.size > 0 ? own : inShell[shellOf[t]]) corners[body].push(...three);
    }
    return corners.every((T) => T.length > 0) ? corners : null;
  }

  /** The body nearest to the middle of a triangle that came. */
  #bodyAt(places: readonly number[]): number {
    const [x, y, z] = [0, 1, 2].map((i) => (places[i] + places[i + 3] + places[i + 6]) / 3), found = closestPoint((this.#closedTree ??= treeOf(this.#closed)), x, y, z);
    return found ? this.#shellOf[found.triangle] : -1;
  }

  /** What came, and what closed its holes; the least fill where one was left open. */
  #withHolesClosed(): Shape {
    const P = [...this.#closed.P], T = [...this.#came.T];
    for (const ring of openRings(twinsOf(P, this.#closed.T))) T.push(...leastFill(P, ring.map((h) => this.#closed.T[h])));
    for (let k = 0; k < this.#fills.length; k += 3) { T.push(P.length / 3); P.push(this.#fills[k], this.#fills[k + 1], this.#fills[k + 2]); }
    return { P, T };
  }
}
