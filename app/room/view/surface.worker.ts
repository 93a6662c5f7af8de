// Follows the mask and re-meshes what changes, so that the 3D view keeps up with the hand.
import type { Grid } from "../../../core/space/grid.ts";
import { LiveSurface, type PaintedBrick } from "../../../core/surface/liveSurface.ts";
import { defaultSmooth } from "../../../core/surface/surfaceNets.ts";

/** A segment by its label value, and the HU that its surface follows; null: the mask alone. */
export interface SegmentFollows { value: number; iso: number | null }

/** What the page says: first the CT's grid, HU and hash, then which segments there are and which bricks of the mask changed (null: empty). */
export type SurfaceSaying = { grid: Grid; hu: Int16Array; volume: string } | {
  segments: readonly SegmentFollows[];
  bricks: readonly (readonly [number, Uint8Array | null])[];
  /** When the change happened, in the page's time; comes back with what it led to. */
  at: number;
};
/** What it is told: bricks to paint, or, once a surface rests, the hash of its list of bricks. */
export type SurfaceTold = { value: number; bricks: PaintedBrick[]; at: number; isRest: boolean } | { value: number; list: string };

/** Bricks meshed before the page gets to see them: some milliseconds of work. */
const mostAtOnce = 24;
/** Names are made once nothing changed for so long, and few at a time: whoever draws meanwhile does not wait for them. */
const restMs = 150, mostNamed = 4;
const surfaces = new Map<number, LiveSurface>();
/** What the surface of each segment follows. */
const follows = new Map<number, number | null>();
/** Bricks of the whole mask, for segments that come later. */
const mask = new Map<number, Uint8Array>();
let ct: { grid: Grid; hu: Int16Array; volume: string } | undefined, timer: ReturnType<typeof setTimeout> | undefined, changedAt: number | undefined;
const waiting = new Set<number>();

function mesh(): void {
  timer = undefined;
  const at = changedAt ?? performance.now();
  let isDone = true;
  for (const value of waiting) {
    const surface = surfaces.get(value);
    if (!surface) { waiting.delete(value); continue; }
    const made = surface.refresh(mostAtOnce);
    if (made.bricks.length > 0 || made.isDone) {
      const told: SurfaceTold = { value, bricks: made.bricks, at, isRest: made.isDone };
      postMessage(told, { transfer: made.bricks.flatMap(({ vertices, triangles }) => [vertices.buffer, triangles.buffer]) });
    }
    if (made.isDone) waiting.delete(value);
    else isDone = false;
  }
  if (isDone) changedAt = undefined;
  timer = isDone ? setTimeout(name, restMs) : setTimeout(mesh, 0);
}

const unsaid = new Set<number>();
/** Names bricks when nobody waits for a picture. */
function name(): void {
  timer = undefined;
  for (const value of unsaid) {
    const surface = surfaces.get(value);
    if (surface && !surface.name(mostNamed)) { timer = setTimeout(name, 0); return; }
    unsaid.delete(value);
    if (!surface) continue;
    const told: SurfaceTold = { value, list: surface.listHash() };
    postMessage(told);
  }
}

addEventListener("message", ({ data }: MessageEvent<SurfaceSaying>) => {
  if ("grid" in data) { ct = data; return; }
  if (!ct) return;
  const { grid, hu, volume } = ct;
  for (const value of surfaces.keys()) if (data.segments.find((one) => one.value === value)?.iso !== follows.get(value)) surfaces.delete(value);
  for (const [index, content] of data.bricks) {
    if (content) mask.set(index, content);
    else mask.delete(index);
  }
  for (const { value, iso } of data.segments) {
    let surface = surfaces.get(value);
    if (!surface) {
      surfaces.set(value, surface = new LiveSurface(grid, value, { smooth: defaultSmooth, ...iso !== null && { followed: { hu, iso, volume } } }));
      follows.set(value, iso);
      for (const [index, content] of mask) surface.setBrick(index, content);
    } else for (const [index, content] of data.bricks) surface.setBrick(index, content ?? undefined);
    waiting.add(value);
    unsaid.add(value);
  }
  changedAt ??= data.at;
  // Messages that wait already come first: one pass for all of them.
  clearTimeout(timer);
  timer = setTimeout(mesh, 0);
});
