import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import type { RasPoint } from "../../../core/space/grid.ts";
import { mmPerPixel, normalAxis, type SliceState, type Tile } from "./tileGeometry.ts";

const leastZoom = 0.5;
const mostZoom = 24;

/** The middle after what lay at `from` was drawn to where `to` was. */
export function panned(center: RasPoint, from: RasPoint, to: RasPoint): RasPoint {
  return rasPoint(center[0] + from[0] - to[0], center[1] + from[1] - to[1], center[2] + from[2] - to[2]);
}

/** Zoom and middle after zooming by a factor; the point `p` of the tile stays where it is on screen. */
export function zoomedAt(grid: Grid, tile: Tile, state: SliceState, factor: number, p: RasPoint): Pick<SliceState, "zoom" | "center"> {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, state.zoom * factor));
  const share = mmPerPixel(grid, tile, zoom) / mmPerPixel(grid, tile, state.zoom);
  const normal = normalAxis[tile.plane];
  const at = (a: 0 | 1 | 2) => (a === normal ? state.center[a] : p[a] + (state.center[a] - p[a]) * share);
  return { zoom, center: rasPoint(at(0), at(1), at(2)) };
}

/** The window after a drag by CSS pixels: across its width, along its middle. */
export function windowed(window: readonly [number, number], dx: number, dy: number): [number, number] {
  const middle = (window[0] + window[1]) / 2 + dy * 3;
  const width = Math.max(2, window[1] - window[0] + dx * 4);
  return [Math.round(middle - width / 2), Math.round(middle + width / 2)];
}

/** Slices to go for a wheel's travel (pixels): one a notch, more for a fast spin; `rest` waits for the next event. */
export function wheelSteps(travel: number): { steps: number; rest: number } {
  const whole = Math.trunc(travel / 40);
  const size = Math.abs(whole) > 3 ? 1 + Math.round(Math.abs(whole) / 4) : 1;
  return { steps: whole === 0 ? 0 : Math.sign(whole) * Math.min(8, size), rest: travel - whole * 40 };
}
