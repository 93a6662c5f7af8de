import { farthestFrom } from "./farthest.ts";
import { SeenTriangles } from "./meshEdges.ts";
import { openRings, twinsOf } from "./repairTopology.ts";
import { leastFill } from "./ringFill.ts";
import { buildTriangleTree, type TriangleTree } from "./triangleTree.ts";

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
/** Places of each triangle that is not among others, nine numbers each. */
function placesBeside(shape: Shape, others: SeenTriangles): number[][] {
  const places: number[][] = [];
  for (let t = 0; t < shape.T.length / 3; t++) if (!others.has(shape.T[3 * t], shape.T[3 * t + 1], shape.T[3 * t + 2])) places.push(placesOf(shape, t));
  return places;
}

/**
 * What a mesh was before anything of it was mended, to measure by how far it is from there, over however many steps. States
 * keep the places of the vertices that came and name new ones after them.
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

  /**
   * @param came as it came, welded and without what encloses nothing @param closed the same, holes closed as far as nothing crosses
   * @param fills what closed them, nine numbers a triangle
   */
  constructor(came: Shape, closed: Shape, fills: readonly number[]) {
    this.#came = came;
    this.#closed = { P: [...closed.P], T: [...closed.T] };
    this.#known = namesIn(came);
    this.#fills = fills;
    for (let at = 0; at < fills.length; at += 9) this.#isFill.add(placeKey(fills.slice(at, at + 9)));
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (const v of came.T) for (let i = 0; i < 3; i++) { low[i] = Math.min(low[i], came.P[3 * v + i]); high[i] = Math.max(high[i], came.P[3 * v + i]); }
    this.farthestMm = farthestShare * Math.max(...high.map((x, i) => x - low[i]));
  }

  /**
   * The largest distance, mm, of any point of what came from what was made of it, and of any point of what was made from what
   * came with its holes closed: the actual fill or, of a hole that was left open, the least. See `farthestFrom`.
   * @param enoughMm once it is more than that, any such number is given
   */
  farMm(made: Shape, enoughMm = Infinity): number {
    const gone = placesBeside(this.#came, namesIn(made)).flat(), added = placesBeside(made, this.#known).filter((places) => !this.#isFill.has(placeKey(places))).flat();
    let far = 0;
    if (gone.length > 0) far = farthestFrom(treeOf(made), gone, enoughMm);
    if (added.length > 0 && far <= enoughMm) far = Math.max(far, farthestFrom((this.#reference ??= treeOf(this.#withHolesClosed())), added, enoughMm));
    return far;
  }

  /** What came, and what closed its holes; the least fill where one was left open. */
  #withHolesClosed(): Shape {
    const P = [...this.#closed.P], T = [...this.#came.T];
    for (const ring of openRings(twinsOf(P, this.#closed.T))) T.push(...leastFill(P, ring.map((h) => this.#closed.T[h])));
    for (let k = 0; k < this.#fills.length; k += 3) { T.push(P.length / 3); P.push(this.#fills[k], this.#fills[k + 1], this.#fills[k + 2]); }
    return { P, T };
  }
}
