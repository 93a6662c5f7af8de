"use client";
import { useMemo } from "react";
import type { Grid } from "../../../core/space/grid.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { type Contour, sliceContours } from "../../../core/surface/sliceContours.ts";
import type { StillState } from "../roomStore.ts";
import type { ImplantBody } from "./useImplantBodies.ts";
import type { ImplantMap } from "./useImplantMaps.ts";
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

/** The same lines by the colour of the surface's vertices next to them: a path for each colour. @param rgba of each vertex */
export function coloredPaths(contours: readonly Contour[], rgba: Uint8Array, grid: Grid, tile: Tile, state: StillState): ReadonlyMap<string, string> {
  const axis = normalAxis[tile.plane], at = state.crosshair[axis], paths = new Map<string, string>();
  for (const { points, vertices, isClosed } of contours) {
    const pixel = (i: number): string => {
      const [u, v] = [points[2 * i], points[2 * i + 1]], [x, y] = rasToCanvas(grid, tile, state, axis === 0 ? rasPoint(at, u, v) : axis === 1 ? rasPoint(u, at, v) : rasPoint(u, v, at));
      return `${(x - tile.left).toFixed(1)} ${(y - tile.top).toFixed(1)}`;
    };
    let last = "";
    for (let i = 0; i < vertices.length - (isClosed ? 0 : 1); i++) {
      const color = `rgb(${rgba.subarray(4 * vertices[i], 4 * vertices[i] + 3).join()})`, next = pixel((i + 1) % vertices.length);
      paths.set(color, `${paths.get(color) ?? ""}${color === last ? "" : `M${pixel(i)}`}L${next}`);
      last = color;
    }
  }
  return paths;
}

/** The outlines of the implants in a tile's slice; dashed while a change of the plan is not in them, in the colours of the check's map that is looked at. */
export function ImplantOutlines({ grid, tile, state, bodies, maps }: { grid: Grid; tile: Tile; state: StillState; bodies: readonly ImplantBody[]; maps: ReadonlyMap<string, ImplantMap> }) {
  return bodies.map((body) => <Outline key={body.implant.id} grid={grid} tile={tile} state={state} body={body} map={maps.get(body.implant.id)} />);
}

function Outline({ grid, tile, state, body: { implant, mesh, isStale }, map }: { grid: Grid; tile: Tile; state: StillState; body: ImplantBody; map: ImplantMap | undefined }) {
  const axis = normalAxis[tile.plane], at = state.crosshair[axis];
  // Half a micrometre off: a plane through whole rows of vertices gives doubtful lines.
  const contours = useMemo(() => sliceContours(mesh, axis, at + 0.0005), [mesh, axis, at]);
  if (contours.length === 0) return null;
  const path = pathOf(contours, grid, tile, state), rgba = map && map.meshKey === implant.mesh?.key ? map.rgba : null;
  return (
    <svg aria-hidden data-implant-outline={implant.id} data-outline-map={rgba ? state.implantMap : undefined} className="absolute inset-0 size-full">
      <path d={path} fill={isStale ? "none" : "#7fd1e8"} fillOpacity={0.22} fillRule="evenodd" stroke={rgba ? "none" : isStale ? "#969ca8" : "#7fd1e8"} strokeWidth={1.5} strokeDasharray={isStale ? "4 3" : undefined} />
      {rgba && [...coloredPaths(contours, rgba, grid, tile, state)].map(([color, line]) => <path key={color} d={line} fill="none" stroke={color} strokeWidth={2.5} strokeLinecap="round" strokeDasharray={isStale && !map?.isPreview ? "4 3" : undefined} />)}
    </svg>
  );
}
