"use client";
import { useMemo } from "react";
import type { Grid } from "../../../core/space/grid.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomSegment } from "../useRoom.ts";
import { pathOf } from "./ImplantOutlines.tsx";
import { normalAxis, type Tile } from "./tileGeometry.ts";

/** The outlines of the segments' surfaces in a tile's slice, as the 3D view shows them at this moment. */
export function SegmentOutlines({ grid, tile, state, segments }: { grid: Grid; tile: Tile; state: StillState; segments: readonly RoomSegment[] }) {
  if (!state.isOutlining) return null;
  return segments.filter(({ value }) => !state.hidden.has(value)).map((segment) => <Outline key={segment.value} grid={grid} tile={tile} state={state} segment={segment} />);
}

function Outline({ grid, tile, state, segment: { value, color } }: { grid: Grid; tile: Tile; state: StillState; segment: RoomSegment }) {
  const { cut } = state, axis = normalAxis[tile.plane], at = state.crosshair[axis];
  // Half a micrometre off: a plane through whole rows of vertices gives doubtful lines.
  const contours = useMemo(() => cut?.linesOf(value, axis, at + 0.0005) ?? [], [cut, value, axis, at]);
  if (contours.length === 0) return null;
  return (
    <svg aria-hidden data-segment-outline={value} className="absolute inset-0 size-full">
      <path d={pathOf(contours, grid, tile, state)} fill="none" stroke={color} strokeWidth={1.25} strokeLinejoin="round" />
    </svg>
  );
}
