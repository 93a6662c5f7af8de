"use client";
import { type Section, sectionMiddle, sectionText } from "../../../core/draft/sections.ts";
import type { StillState } from "../roomStore.ts";
import { useSurfaceKeys } from "../surfaceChoices.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import { normalAxis, type Tile } from "../view/tileGeometry.ts";
import { inSlice, type HandlePlace } from "./handlePlace.ts";
import { measureColor } from "./MeasureLayer.tsx";

/** The sections that a plan keeps; `isOld`: their surface is another now, or is gone, or is just being rebuilt. */
export function useSections(room: RoomContext): readonly (Section & { isOld: boolean })[] {
  const sections = usePlan(room.plan, (s) => s.sections), keys = useSurfaceKeys(room);
  return sections.map((one) => ({ ...one, isOld: keys !== null && keys.get(one.source) !== one.key }));
}

type Shown = ReturnType<typeof useSections>[number];
/** The area alone, where there is one: the list tells the outline's length. */
const wordsOf = (one: Shown): string => `${one.areaMm2 === null ? sectionText(one) : `${one.areaMm2.toFixed(1)} mm²`}${one.isOld ? " (out of date)" : ""}`;

/** The outlines of a section, with its middle in pixels; dashed while they are those of an earlier surface. */
function Lines({ one, toPixels }: { one: Shown; toPixels: HandlePlace["toPixels"] }) {
  const d = one.lines.map(({ points, isClosed }) => `M${points.map((at) => { const [x, y] = toPixels(at); return `${x.toFixed(1)} ${y.toFixed(1)}`; }).join("L")}${isClosed ? "Z" : ""}`).join("");
  return <path d={d} fill={one.areaMm2 === null ? "none" : measureColor} fillOpacity={0.12} fillRule="evenodd" stroke={measureColor} strokeWidth={1.5} strokeDasharray={one.isOld ? "4 3" : undefined} />;
}

/** Over a slice: the sections taken along it, where it shows the place they were taken at. */
export function SectionsInSlice({ room, tile, state }: { room: RoomContext; tile: Tile; state: StillState }) {
  const sections = useSections(room), axis = normalAxis[tile.plane], { toPixels } = inSlice(room, tile, state);
  return sections.filter(({ plane: { at, normal } }) => Math.abs(normal[axis]) > 0.9999 && Math.abs(at[axis] - state.crosshair[axis]) <= Math.max(1, room.grid.spacing[axis]) / 2 + 1e-6).map((one) => {
    const [left, top] = toPixels(sectionMiddle(one));
    return (
      <div key={one.id} className="absolute inset-0">
        <svg aria-hidden className="absolute inset-0 size-full"><Lines one={one} toPixels={toPixels} /></svg>
        <span data-section-label={one.id} className="absolute -translate-x-1/2 whitespace-nowrap rounded-sm bg-black/70 px-1.5 text-sm font-semibold" style={{ left, top: top + 8, color: measureColor }}><span className="sr-only">{one.name} </span>{wordsOf(one)}</span>
      </div>
    );
  });
}

/** The same in the 3D view's drawing. */
export function SectionsIn3d({ room, toPixels }: { room: RoomContext; toPixels: HandlePlace["toPixels"] }) {
  return useSections(room).map((one) => {
    const [x, y] = toPixels(sectionMiddle(one));
    return (
      <g key={one.id} data-section-3d={one.isOld ? "old" : "current"}>
        <Lines one={one} toPixels={toPixels} />
        <text x={x + 7} y={y - 7} fill={measureColor} stroke="#000" strokeWidth={3} paintOrder="stroke" fontSize={12} fontWeight={600}>{wordsOf(one)}</text>
      </g>
    );
  });
}
