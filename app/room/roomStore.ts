import { useSyncExternalStore } from "react";
import { type Grid, ijkPoint, ijkToRas, type RasPoint, rasPoint, rasToIjk } from "../../core/space/grid.ts";
import type { Contour } from "../../core/surface/sliceContours.ts";
import type { Placing } from "./measure/placing.ts";
import type { CutDepth, ScissorsOperation } from "../../core/mask/drawing/intent.ts";
import { freshPrepare, type Prepare } from "./prepare/prepare.ts";
import type { PastMask } from "./session/maskHistory.ts";
import type { SlicePreview } from "./tools/preview.ts";
import type { EditableArea, OverwriteRule } from "./tools/masking.ts";
import type { OutlineDraft, ShapeKind } from "./tools/outlineDraft.ts";
import type { Tool } from "./tools/toolList.ts";
import type { SoloSurface } from "./view/useSolo.ts";
import type { Layout, Plane, SliceState } from "./view/tileGeometry.ts";

export type PanelTab = "segments" | "implant" | "checks" | "talk" | "history" | "builds";
/** What is open over the room. */
export type RoomDialog = "keys" | "palette" | "members" | "export";
/** From where the surfaces are looked at: degrees around the body axis (180: from the front, 90: from the left) and above it. */
export interface Camera { azimuth: number; elevation: number }

/** What one person has on screen; nothing of it is shared but crosshair, tool and segment (presence). */
export interface RoomState extends SliceState {
  layout: Layout;
  /** HU that are black and white. */
  window: readonly [number, number];
  tool: Tool;
  /** Space is held: the pointer navigates whatever the tool. */
  isSpaceHeld: boolean;
  segment: number | null;
  brush: { shape: "disc" | "ball"; radiusMm: number };
  /** Where tools may change voxels, and whose they may take. */
  area: EditableArea;
  overwrite: OverwriteRule;
  /** Tools change only voxels with these HU; null: any. */
  onlyHu: readonly [number, number] | null;
  /** The eraser takes every unlocked segment, not only the chosen one. */
  isErasingAll: boolean;
  threshold: readonly [number, number];
  /** What the tool in hand would write, painted over the slices; null: nothing to show. */
  preview: SlicePreview | null;
  /** The same of the segments that grow from seeds, whatever the tool; shown where the tool has none. */
  growthPreview: SlicePreview | null;
  /** Growing from seeds is under way: which segments hold the seeds, and how far around them it reaches, mm. */
  growing: { segments: readonly number[]; marginMm: number } | null;
  /** The mask as it was at an instant, in place of that of now; null: now. */
  past: PastMask | null;
  /** The measurement whose points are being set; null while none is. */
  measuring: string | null;
  /** The list of an implant's points that clicks add to; null while none is. */
  placing: Placing | null;
  /** How the drawing tool's outline is drawn. */
  drawShape: ShapeKind;
  /** What scissors do with which shape, how deep from where it is drawn, and whether erasing takes the chosen segment or every one. */
  scissors: { operation: ScissorsOperation; shape: ShapeKind; depth: CutDepth["kind"]; depthMm: number; of: "segment" | "all" };
  /** What the brush does with what is proposed. */
  settling: "accept" | "discard";
  /** What is being drawn and not written yet. */
  outline: OutlineDraft | null;
  /** Something long is being computed; the fraction done, null while it is not known. */
  work: { label: string; fraction: number | null; cancel(): void } | null;
  /** The box or plane of the volume that is being prepared. */
  prepare: Prepare;
  hidden: ReadonlySet<number>;
  tab: PanelTab;
  /** Small screens: the panel is drawn over the views. */
  isPanelOpen: boolean;
  /** The check whose map is shown on the implants; null: their own colour. */
  implantMap: "fit" | "print" | null;
  /** A surface that is looked at alone in 3D; null: all of them. */
  solo: SoloSurface | null;
  /** The surfaces' outlines are drawn on the slices. */
  isOutlining: boolean;
  /** Lines of the segments' surfaces in a plane, as the 3D view shows them now; a new object when they change, null while there are none. */
  cut: { linesOf(value: number, axis: 0 | 1 | 2, at: number): readonly Contour[] } | null;
  /** A view of the surfaces that was asked for; a new object each time. */
  camera: Camera;
  /** Under the pointer, RAS mm. */
  pointer: RasPoint | null;
  /** Where a new comment is being written. */
  draftComment: { position: RasPoint; plane: Plane } | null;
  /** The thread that was gone to last. */
  chosenThread: string | null;
  isShowingResolved: boolean;
  /** Why the last thing asked for was not done, for people. */
  notice: string | null;
  /** What the keys did last, for people who do not see the screen. */
  said: string;
  dialog: RoomDialog | null;
  /** The slices are on screen. */
  isStageReady: boolean;
}

/**
 * The crosshair stands on a voxel's centre: half way between two slices (as the middle of an even number is) the
 * picture would show one of them and the brush write into the other.
 */
function voxelCentre(grid: Grid, p: RasPoint): RasPoint {
  const v = rasToIjk(grid, p), [i, j, k] = [0, 1, 2].map((axis) => Math.min(grid.dims[axis] - 1, Math.max(0, Math.round(v[axis]))));
  return ijkToRas(grid, ijkPoint(i, j, k));
}

/** A small store: one state object, replaced on change. */
export class RoomStore {
  #state: RoomState;
  #still: RoomState;
  readonly #listeners = new Set<() => void>();
  readonly #grid: Grid;

  constructor(grid: Grid, middle: RasPoint) {
    this.#grid = grid;
    const smallest = Math.min(...grid.spacing);
    this.#state = {
      crosshair: voxelCentre(grid, middle), center: middle, zoom: 1, convention: "radiological", layout: "four", window: [-160, 840], tool: "navigate", isSpaceHeld: false, segment: null,
      brush: { shape: "disc", radiusMm: Math.max(3, 2 * smallest) }, area: "anywhere", overwrite: "all", onlyHu: null, isErasingAll: false, threshold: [226, 3071], preview: null, growthPreview: null, growing: null, past: null, drawShape: "freeForm", scissors: { operation: "eraseInside", shape: "freeForm", depth: "unlimited", depthMm: 10, of: "segment" }, settling: "accept", outline: null, work: null, measuring: null, placing: null, prepare: freshPrepare(grid), hidden: new Set(),
      tab: "segments", isPanelOpen: false, implantMap: null, solo: null, isOutlining: false, cut: null, camera: { azimuth: 150, elevation: 12 }, pointer: null, draftComment: null, chosenThread: null, isShowingResolved: false, notice: null, said: "", dialog: null, isStageReady: false,
    };
    this.#still = this.#state;
  }

  readonly get = (): RoomState => this.#state;
  /** The state as it was when something else than the pointer's place changed last: the pointer moves a hundred times a second, and little of what is on screen depends on where it is. */
  readonly still = (): StillState => this.#still;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };

  set(change: Partial<RoomState>): void {
    // What was begun with one tool is not another's.
    const isOther = change.tool !== undefined && change.tool !== this.#state.tool;
    this.#state = { ...this.#state, ...(isOther ? { outline: null } : {}), ...change };
    if (change.crosshair) this.#state.crosshair = voxelCentre(this.#grid, change.crosshair);
    if (isOther || Object.keys(change).some((name) => name !== "pointer")) this.#still = this.#state;
    for (const listener of this.#listeners) listener();
  }

  jump(p: readonly [number, number, number]): void { this.set({ crosshair: rasPoint(p[0], p[1], p[2]) }); }
}

/** The tool that the pointer is now. */
export const toolInHand = (state: Pick<RoomState, "tool" | "isSpaceHeld">): Tool => (state.isSpaceHeld ? "navigate" : state.tool);

/** The state without the place under the pointer. */
export type StillState = Omit<RoomState, "pointer">;

/** All of the state but the pointer's place, in a component. */
export function useStillState(store: RoomStore): StillState {
  return useSyncExternalStore(store.subscribe, store.still, store.still);
}

/** The store's state in a component. */
export function useRoomState<T>(store: RoomStore, select: (state: RoomState) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.get()), () => select(store.get()));
}
