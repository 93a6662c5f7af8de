"use client";
import { Fragment } from "react";
import { rasPoint } from "../../../core/space/grid.ts";
import { useThreads, type Thread } from "../session/useThreads.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import { roleNames } from "../../ui/people.ts";
import { goTo } from "../panels/TalkPanel.tsx";
import { maskingWords } from "../tools/masking.ts";
import { toolLabel, toolOf } from "../tools/toolList.ts";
import { toolInHand, useRoomState, useStillState, type StillState } from "../roomStore.ts";
import { useSession, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { inSlice } from "../measure/handlePlace.ts";
import { MeasureLayer } from "../measure/MeasureLayer.tsx";
import { SectionsInSlice } from "../measure/SectionLayer.tsx";
import { PlanPointsInSlice } from "../measure/PlanPoints.tsx";
import { CropHandles } from "../prepare/CropHandles.tsx";
import { PlaneLines } from "../prepare/PlaneLines.tsx";
import { ImplantOutlines } from "./ImplantOutlines.tsx";
import { InsertionHandle } from "./InsertionHandle.tsx";
import { isNameLeft, nameLeft, nameShifts, nameSlide, type NamePlace } from "./nameRows.ts";
import { OutlineMark } from "./OutlineMark.tsx";
import { mmPerPixel, normalAxis, orientationLetters, rasToCanvas, sliceIndex, type Tile } from "./tileGeometry.ts";
import { SegmentOutlines } from "./SegmentOutlines.tsx";
import { SliceSlider } from "./SliceSlider.tsx";
import type { ImplantBody } from "./useImplantBodies.ts";
import type { ImplantMap } from "./useImplantMaps.ts";

const titles = { axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" } as const;
const letterOf = [["R", "L"], ["A", "P"], ["S", "I"]] as const;

/** «S 61.3»: where a slice lies, by the letter of its side and mm. */
function placeOf(tile: Tile, mm: number): string {
  const [positive, negative] = letterOf[normalAxis[tile.plane]];
  return `${mm < 0 ? negative : positive} ${Math.abs(mm).toFixed(1)}`;
}


/** Everything over the slices: titles, letters, crosshair, other people, pins, brush outline, scale bar, sliders. */
export function SliceOverlay({ room, segments, bodies, maps, tiles }: { room: RoomContext; segments: readonly RoomSegment[]; bodies: readonly ImplantBody[]; maps: ReadonlyMap<string, ImplantMap>; tiles: readonly Tile[] }) {
  const state = useStillState(room.store);
  const threads = useThreads(room.caseId);
  const canPlan = isAllowed(room.role, "plan.write", room.isArchived), isPlanning = state.tab === "implant";
  if (tiles.length === 0) return <Restriction room={room} state={state} segments={segments} />;
  return tiles.map((tile) => (
    <div key={tile.plane} data-tile={tile.plane} className="pointer-events-none absolute overflow-hidden" style={{ left: tile.left, top: tile.top, width: tile.width, height: tile.height }}>
      <SegmentOutlines grid={room.grid} tile={tile} state={state} segments={segments} />
      <ImplantOutlines grid={room.grid} tile={tile} state={state} bodies={bodies} maps={maps} />
      {state.tool === "prepare" && (state.prepare.kind === "crop" ? <CropHandles room={room} tile={tile} state={state} /> : <PlaneLines room={room} tile={tile} state={state} />)}
      <TileMarks room={room} tile={tile} state={state} segments={segments} threads={threads} />
      <TileText room={room} tile={tile} state={state} />
      <MeasureLayer room={room} tile={tile} state={state} canPlan={canPlan} />
      <SectionsInSlice room={room} tile={tile} state={state} />
      {isPlanning && <PlanPointsInSlice room={room} tile={tile} state={state} canMove={canPlan} />}
      {isPlanning && bodies.map(({ implant }) => <InsertionHandle key={implant.id} room={room} place={inSlice(room, tile, state)} implant={implant} canMove={canPlan} />)}
      <SliceSlider room={room} tile={tile} threads={threads} />
      {tile === tiles[0] && <Restriction room={room} state={state} segments={segments} />}
    </div>
  ));
}

function TileText({ room: { grid }, tile, state }: { room: RoomContext; tile: Tile; state: StillState }) {
  const letters = orientationLetters(grid, tile, state);
  const index = sliceIndex(grid, tile.plane, state.crosshair);
  const axis = normalAxis[tile.plane];
  const scale = mmPerPixel(grid, tile, state.zoom);
  const bar = [100, 50, 20, 10, 5, 2, 1].find((mm) => mm / scale <= tile.width / 4) ?? 1;
  // The caption would reach the letter in the middle.
  const isNarrow = tile.width < 420;
  const shade = "absolute text-sm [text-shadow:0_0_3px_#000]", letter = "absolute rounded-sm bg-black/70 px-1 text-sm leading-4 font-semibold";
  return (
    <>
      <p className={`${shade} left-2.5 top-2 whitespace-nowrap`}>{titles[tile.plane]} · {index + 1} / {grid.dims[axis]} · {placeOf(tile, state.crosshair[axis])}</p>
      <span data-letter="left" className={`${letter} left-1.5 top-1/2 -translate-y-1/2`}>{letters.left}</span>
      <span data-letter="right" className={`${letter} right-6 top-1/2 -translate-y-1/2`}>{letters.right}</span>
      <span data-letter="top" className={`${letter} left-1/2 -translate-x-1/2 ${isNarrow ? "top-7" : "top-2"}`}>{letters.top}</span>
      <span data-letter="bottom" className={`${letter} bottom-2 left-1/2 -translate-x-1/2`}>{letters.bottom}</span>
      <span className={`${shade} bottom-2 right-8 border-x border-b border-muted whitespace-nowrap text-center leading-4`} style={{ width: bar / scale }}>{bar >= 10 ? `${bar / 10} cm` : `${bar} mm`}</span>
    </>
  );
}

function TileMarks({ room, tile, state, segments, threads }: { room: RoomContext; tile: Tile; state: StillState; segments: readonly RoomSegment[]; threads: readonly Thread[] }) {
  const { grid, session } = room;
  const peers = useSession(session, (s) => s.peers);
  const axis = normalAxis[tile.plane];
  const inTile = (p: readonly [number, number, number]): [number, number] => {
    const [x, y] = rasToCanvas(grid, tile, state, rasPoint(p[0], p[1], p[2]));
    return [x - tile.left, y - tile.top];
  };
  const isNear = (p: readonly [number, number, number]) => Math.abs(p[axis] - state.crosshair[axis]) <= Math.max(2, grid.spacing[axis]);
  const [cx, cy] = inTile(state.crosshair);
  const tool = toolInHand(state);
  const isBrush = toolOf(tool).hasTip === true;
  const isErasing = tool === "erase" || tool === "settle";
  const brushColor = isErasing ? "#e6eaf2" : segments.find(({ value }) => value === state.segment)?.color ?? "#e6eaf2";
  const shifts = nameShifts(peers.map(({ state: { crosshair } }): NamePlace | null => {
    if (!crosshair) return null;
    const [x, y] = inTile(crosshair);
    return { left: nameLeft(x, tile.width), top: y < 28 ? y + 6 : y - 22, away: y < 28 ? 1 : -1 };
  }), tile.height);
  const brushSize = state.brush.radiusMm / mmPerPixel(grid, tile, state.zoom);
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full">
        <path d={`M${cx} 0V${tile.height}M0 ${cy}H${tile.width}`} stroke="#6f9fe8" strokeOpacity={isBrush ? 0.25 : 0.75} fill="none" />
        {isBrush && <BrushTip room={room} axis={axis} at={state.crosshair[axis]} inTile={inTile} radiusPx={Math.max(1.5, brushSize)} color={brushColor} isDashed={isErasing} />}
        {state.outline?.pane === tile.plane && (
          <OutlineMark draft={state.outline} toPixels={(p) => inTile([p[0], p[1], p[2] ?? 0])} color={tool === "settle" ? "#e6eaf2" : brushColor} isDashed={tool === "scissors"} tipPx={brushSize} isFaint={Math.abs((state.outline.points[0][axis] ?? 0) - state.crosshair[axis]) > grid.spacing[axis] / 2} />
        )}
        {peers.map(({ clientId, state: { outline, user } }) => outline?.pane === tile.plane && Math.abs(outline.points[0][axis] - state.crosshair[axis]) <= grid.spacing[axis] / 2 && (
          <g key={clientId} data-peer-outline={user.id}>
            <OutlineMark draft={{ pane: outline.pane, shape: outline.shape, points: outline.points.map((p) => rasPoint(...p)), next: null, held: null, pressedAtMs: 0 }} toPixels={(p) => inTile([p[0], p[1], p[2] ?? 0])} color={user.color} isDashed tipPx={1} />
          </g>
        ))}
        {peers.map(({ clientId, state: { crosshair, user } }) => {
          if (!crosshair) return null;
          const [x, y] = inTile(crosshair);
          return <path key={clientId} d={`M${x - 8} ${y}H${x + 8}M${x} ${y - 8}V${y + 8}`} stroke={user.color} strokeWidth={1.5} opacity={isNear(crosshair) ? 1 : 0.35} />;
        })}
      </svg>
      {peers.map(({ clientId, state: { crosshair, user, tool } }, i) => {
        if (!crosshair) return null;
        const [x, y] = inTile(crosshair);
        return (
          <span key={clientId} data-peer={user.id} className="absolute truncate rounded-sm px-1.5 text-xs font-semibold text-on-accent" style={{ ...(isNameLeft(x, tile.width) ? { right: tile.width - x + 6, maxWidth: x - 6 } : { left: x + 6, maxWidth: tile.width, transform: nameSlide(x + 6, tile.width) }), top: (y < 28 ? y + 6 : y - 22) + shifts[i], background: user.color, opacity: isNear(crosshair) ? 1 : 0.4 }}>
            {user.name}{tool && tool !== "navigate" ? ` · ${(toolLabel(tool) ?? tool).toLowerCase()}` : ""}
          </span>
        );
      })}
      {threads.map((thread, i) => {
        if (thread.resolvedAt || !thread.position || !isNear(thread.position)) return <Fragment key={thread.id} />;
        const [x, y] = inTile(thread.position);
        return (
          <button
            key={thread.id} type="button" data-own-input="" aria-label={`Comment ${i + 1} of ${thread.author}`}
            className="pointer-events-auto absolute flex size-5 -translate-y-full items-center justify-center rounded-full rounded-bl-none bg-attention text-xs font-bold text-on-accent"
            style={{ left: x, top: y }} onClick={() => { goTo(room, thread); room.store.set({ isPanelOpen: true }); }}
          >{i + 1}</button>
        );
      })}
    </>
  );
}

/** The brush's edge under the pointer, which stands on a tile's slice only if it is over that tile. */
function BrushTip({ room, axis, at, inTile, radiusPx, color, isDashed }: { room: RoomContext; axis: 0 | 1 | 2; at: number; inTile(p: readonly [number, number, number]): [number, number]; radiusPx: number; color: string; isDashed: boolean }) {
  const pointer = useRoomState(room.store, (s) => s.pointer);
  if (!pointer || pointer[axis] !== at) return null;
  const [x, y] = inTile(pointer);
  return <circle cx={x} cy={y} r={radiusPx} fill="none" stroke={color} strokeWidth={1.25} strokeDasharray={isDashed ? "4 3" : undefined} />;
}

/** What keeps the tools out right now, always in sight (LOOK.md): in the first slice, or where there is none over the surfaces. */
function Restriction({ room, state, segments }: { room: RoomContext; state: StillState; segments: readonly RoomSegment[] }) {
  const chosen = segments.find(({ value }) => value === state.segment);
  const locked = segments.filter(({ isLocked }) => isLocked).map(({ name }) => name);
  const words = [
    ...(state.past ? ["the mask as it was, looking only"] : []),
    ...(room.isArchived ? ["archived: reading only"] : room.canDraw ? [] : [`${roleNames[room.role].toLowerCase()}: looking only`]),
    ...maskingWords(state, segments),
    ...(chosen && state.hidden.has(chosen.value) ? [`${chosen.name} hidden`] : []),
    ...(locked.length > 0 ? [`${locked.join(", ")} locked`] : []),
  ];
  if (words.length === 0) return null;
  return <p data-restriction="" className="pointer-events-none absolute left-2 top-8 max-w-[calc(50%-24px)] rounded-lg border border-line bg-pane/90 px-2 py-0.5 text-sm text-muted first-letter:uppercase">{words.join(" · ")}</p>;
}
