import { rasPoint } from "../../../core/space/grid.ts";
import { type LineHit, type SightLine, sightLineOf, slidOn } from "../../../core/surface/sightLine.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import type { SurfaceView } from "../view/niivueView.ts";
import { canvasToRas, normalAxis, rasToCanvas, type Tile } from "../view/tileGeometry.ts";

export type Vec = readonly [number, number, number];

/** A view in which points are taken hold of: how it is called, where RAS mm lie in it (CSS pixels from its top left), and where a point goes that is dragged to a place of it. */
export interface HandlePlace { name: string; toPixels(p: Vec): readonly [number, number]; dragged(x: number, y: number, held: Vec): Vec }

/** In a slice: what is across it stays. */
export function inSlice({ grid }: Pick<RoomContext, "grid">, tile: Tile, state: StillState): HandlePlace {
  const normal = normalAxis[tile.plane];
  return {
    name: tile.plane,
    toPixels: (p) => {
      const [x, y] = rasToCanvas(grid, tile, state, rasPoint(p[0], p[1], p[2]));
      return [x - tile.left, y - tile.top];
    },
    dragged: (x, y, held) => {
      const to = canvasToRas(grid, tile, state, x + tile.left, y + tile.top);
      return [0, 1, 2].map((axis) => (axis === normal ? held[axis] : to[axis])) as unknown as Vec;
    },
  };
}

/**
 * On the surfaces: a point slides over one of them, and goes on in the picture's plane where there is none.
 * @param hitsOf the surface that it slides over; left out: always in the picture's plane
 * @param isBehind the point lies on a side that is turned away
 * @returns null while nothing is shown that gives a scale
 */
export function onSurfaces(view: SurfaceView, hitsOf: (line: SightLine) => readonly LineHit[] = () => [], isBehind = false): HandlePlace | null {
  const origin = view.project([0, 0, 0]);
  if (origin === null) return null;
  const toPixels = (p: Vec) => view.project(p) ?? origin;
  return {
    name: "3D", toPixels,
    dragged: (x, y, held) => {
      const line = sightLineOf(toPixels, [x, y]);
      return line ? slidOn(line, hitsOf(line), held, isBehind) : held;
    },
  };
}
