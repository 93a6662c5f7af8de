"use client";
import { useMemo } from "react";
import type { Grid } from "../../../core/space/grid.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { type Contour, sliceContours } from "../../../core/surface/sliceContours.ts";
import type { StillState } from "../roomStore.ts";
import type { ImplantBody } from "./useImplantBodies.ts";
import { normalAxis, rasToCanvas, type Tile } from "./tileGeometry.ts";

/** Lines of a surface in a tile's slice as an SVG path, in pixels of the tile. */
export function pathOf(contours: readonly Contour[], grid: Grid, tile: Tile, state: StillState): string {
  const axis = normalAxis[tile.plane], at = state.crosshair[axis];
  return contours.map(({ points, isClosed }) => {
    let d = "";
    for (let i = 0; i < points.length; i += 2) {
      const [u, v] = [points[i], points[i + 1]];
      const [x, y] = rasToCanvas(grid, tile, state, axis === 0 ? rasPoint(at, u, v) : axis === 1 ? rasPoint(u, at, v) : rasPoint(u, v, at));
      d += `${i === 0 ? "M" : "L"}${(x - tile.left).toFixed(1)} ${(y - tile.top).toFixed(1)}`;
    }
    return isClosed ? `${d}Z` : d;
  }).join("");
}

/** The outlines of the implants in a tile's slice; dashed while a change of the plan is not in them. */
export function ImplantOutlines({ grid, tile, state, bodies }: { grid: Grid; tile: Tile; state: StillState; bodies: readonly ImplantBody[] }) {
  return bodies.map((body) => <Outline key={body.implant.id} grid={grid} tile={tile} state={state} body={body} />);
}

function Outline({ grid, tile, state, body: { implant, mesh, isStale } }: { grid: Grid; tile: Tile; state: StillState; body: ImplantBody }) {
  const axis = normalAxis[tile.plane], at = state.crosshair[axis];
  // Half a micrometre off: a plane through whole rows of vertices gives doubtful lines.
  const contours = useMemo(() => sliceContours(mesh, axis, at + 0.0005), [mesh, axis, at]);
  if (contours.length === 0) return null;
  const path = pathOf(contours, grid, tile, state);
  return (
    <svg aria-hidden data-implant-outline={implant.id} className="absolute inset-0 size-full">
      <path d={path} fill={isStale ? "none" : "#7fd1e8"} fillOpacity={0.22} fillRule="evenodd" stroke={isStale ? "#969ca8" : "#7fd1e8"} strokeWidth={1.5} strokeDasharray={isStale ? "4 3" : undefined} />
    </svg>
  );
}
