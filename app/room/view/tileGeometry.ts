import { type Grid, ijkPoint, ijkToRas, rasPoint, type RasPoint, rasToIjk } from "../../../core/space/grid.ts";

export type Plane = "axial" | "coronal" | "sagittal";
export type Pane = Plane | "surface";
export const planes: readonly Plane[] = ["axial", "coronal", "sagittal"];
/** World axis (0 x, 1 y, 2 z) along which a plane's slices are stacked. */
export const normalAxis: Readonly<Record<Plane, 0 | 1 | 2>> = { axial: 2, coronal: 1, sagittal: 0 };
/** World axes shown across and up. */
const shownAxes: Readonly<Record<Plane, readonly [0 | 1 | 2, 0 | 1 | 2]>> = { axial: [0, 1], coronal: [0, 2], sagittal: [1, 2] };
/** World axes of a plane, [across, up]. */
export const shownAxesOf = (plane: Plane): readonly [0 | 1 | 2, 0 | 1 | 2] => shownAxes[plane];

/** Where a pane lies on the stage, CSS pixels from its top left. */
export interface Rect { left: number; top: number; width: number; height: number }
export interface Tile extends Rect { plane: Plane }

/**
 * What the slice views show. Radiological: the patient's right is at the left of the screen, and a sagittal
 * slice looks to the left. Neurological: the other way round.
 */
export interface SliceState {
  /** RAS mm; each plane shows the slice through it. */
  crosshair: RasPoint;
  /** RAS mm at the middle of every tile. */
  center: RasPoint;
  /** 1: the volume fits. */
  zoom: number;
  convention: "radiological" | "neurological";
}

export type Layout = "four" | "surfaceBig" | Pane;

/** Panes of a layout on a stage of this size (CSS pixels). */
export function panesOf(layout: Layout, width: number, height: number): Partial<Record<Pane, Rect>> {
  const rect = (x: number, y: number, w: number, h: number): Rect => ({ left: x * width, top: y * height, width: w * width, height: h * height });
  if (layout === "four") return { axial: rect(0, 0, 0.5, 0.5), surface: rect(0.5, 0, 0.5, 0.5), coronal: rect(0, 0.5, 0.5, 0.5), sagittal: rect(0.5, 0.5, 0.5, 0.5) };
  if (layout === "surfaceBig") {
    const third = 1 / 3;
    return { axial: rect(0, 0, third, third), coronal: rect(0, third, third, third), sagittal: rect(0, 2 * third, third, third), surface: rect(third, 0, 2 * third, 1) };
  }
  return { [layout]: rect(0, 0, 1, 1) };
}

/** Middle of the volume, RAS mm. */
export function middleOf(grid: Grid): RasPoint {
  return ijkToRas(grid, ijkPoint((grid.dims[0] - 1) / 2, (grid.dims[1] - 1) / 2, (grid.dims[2] - 1) / 2));
}

/** Millimetres of a CSS pixel; at zoom 1 the whole volume fits with a small margin. */
export function mmPerPixel(grid: Grid, tile: Tile, zoom: number): number {
  const [h, v] = shownAxes[tile.plane];
  const across = (grid.dims[h] * grid.spacing[h]) / Math.max(1, tile.width);
  const up = (grid.dims[v] * grid.spacing[v]) / Math.max(1, tile.height);
  return (Math.max(across, up) * 1.06) / zoom;
}

/** RAS mm of a point of the stage (CSS pixels) on the slice that the tile shows. */
export function canvasToRas(grid: Grid, tile: Tile, state: SliceState, x: number, y: number): RasPoint {
  const [h, v] = shownAxes[tile.plane];
  const scale = mmPerPixel(grid, tile, state.zoom);
  const toLeft = state.convention === "radiological" ? -1 : 1;
  const mm: [number, number, number] = [state.crosshair[0], state.crosshair[1], state.crosshair[2]];
  mm[h] = state.center[h] + toLeft * (x - tile.left - tile.width / 2) * scale;
  mm[v] = state.center[v] - (y - tile.top - tile.height / 2) * scale;
  return rasPoint(...mm);
}

/** Where a RAS point lies on the stage (CSS pixels), looking along the tile's normal; the inverse of `canvasToRas`. */
export function rasToCanvas(grid: Grid, tile: Tile, state: SliceState, p: RasPoint): [number, number] {
  const [h, v] = shownAxes[tile.plane];
  const scale = mmPerPixel(grid, tile, state.zoom);
  const toLeft = state.convention === "radiological" ? -1 : 1;
  return [
    tile.left + tile.width / 2 + (toLeft * (p[h] - state.center[h])) / scale,
    tile.top + tile.height / 2 - (p[v] - state.center[v]) / scale,
  ];
}

/** What the tile's edges show, in world mm: [across, up] at the low and the high end. */
export function fieldOfView(grid: Grid, tile: Tile, state: SliceState): { min: [number, number]; max: [number, number] } {
  const [h, v] = shownAxes[tile.plane];
  const scale = mmPerPixel(grid, tile, state.zoom) / 2;
  const [a, b] = [tile.width * scale, tile.height * scale];
  return { min: [state.center[h] - a, state.center[v] - b], max: [state.center[h] + a, state.center[v] + b] };
}

const letters = [["L", "R"], ["P", "A"], ["I", "S"]] as const;

/** Orientation letters at the tile's edges, read off the mapping that paints and clicks use. */
export function orientationLetters(grid: Grid, tile: Tile, state: SliceState): { left: string; right: string; top: string; bottom: string } {
  const [x, y] = [tile.left + tile.width / 2, tile.top + tile.height / 2];
  const towards = (dx: number, dy: number): string => {
    const from = canvasToRas(grid, tile, state, x, y);
    const to = canvasToRas(grid, tile, state, x + dx, y + dy);
    const axis = shownAxes[tile.plane][dx === 0 ? 1 : 0];
    return letters[axis][to[axis] > from[axis] ? 1 : 0];
  };
  return { left: towards(-10, 0), right: towards(10, 0), top: towards(0, -10), bottom: towards(0, 10) };
}

/** Number of the slice that a plane shows, 0 … count − 1. */
export function sliceIndex(grid: Grid, plane: Plane, p: RasPoint): number {
  const axis = normalAxis[plane];
  return Math.min(grid.dims[axis] - 1, Math.max(0, Math.round(rasToIjk(grid, p)[axis])));
}

/** The crosshair moved to the middle of another slice of a plane. */
export function onSlice(grid: Grid, plane: Plane, p: RasPoint, index: number): RasPoint {
  const axis = normalAxis[plane];
  const mm: [number, number, number] = [p[0], p[1], p[2]];
  mm[axis] = grid.origin[axis] + grid.spacing[axis] * Math.min(grid.dims[axis] - 1, Math.max(0, index));
  return rasPoint(...mm);
}

/** The nearest point inside the volume. */
export function clampToVolume(grid: Grid, p: RasPoint): RasPoint {
  const at = (a: 0 | 1 | 2): number => Math.min(grid.origin[a] + grid.spacing[a] * (grid.dims[a] - 1), Math.max(grid.origin[a], p[a]));
  return rasPoint(at(0), at(1), at(2));
}

/** Which tile a stage point lies in. */
export const tileAt = (tiles: readonly Tile[], x: number, y: number): Tile | undefined =>
  tiles.find((t) => x >= t.left && y >= t.top && x < t.left + t.width && y < t.top + t.height);
