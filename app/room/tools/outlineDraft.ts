import type { Row } from "../../../core/mask/drawing/frame.ts";
import type { RasPoint } from "../../../core/space/grid.ts";
import type { Plane } from "../view/tileGeometry.ts";

/** How a closed shape is drawn: round by hand, corner by corner, from its centre, from corner to corner. */
export const shapeKinds = ["freeForm", "polygon", "circle", "rectangle"] as const;
export type ShapeKind = (typeof shapeKinds)[number];
type XY = readonly [number, number];
/** In a slice RAS mm, on the picture of the surfaces CSS pixels. */
export type OutlinePoint = RasPoint | XY;

/** What is being drawn and not written yet: a shape, the edge under the pointer, or the way of a brush. */
export interface OutlineDraft {
  pane: Plane | "surface";
  shape: ShapeKind | "edge" | "trail";
  points: readonly OutlinePoint[];
  /** Polygon: where the next corner would be. */
  next: OutlinePoint | null;
  /** The pointer is down: on this corner, or on none of a polygon's. */
  held: { corner: number; from: XY; isNew: boolean; hasMoved: boolean } | null;
  /** When the pointer went down last, ms. */
  pressedAtMs: number;
  /** It is drawn by the keyboard: Enter sets corners at the crosshair. */
  isByKeys?: true;
  /** On the surfaces: how RAS mm lay on the screen when it was begun, and the surface point there. */
  seen?: { view: { across: Row; down: Row }; at: RasPoint | undefined };
}

/** How points lie on the screen, and how near to one counts as on it, CSS pixels. */
export interface Reach { toPixels(p: OutlinePoint): XY; px: number }

/** Two presses this close in time on the last corner close a polygon. */
const doubleMs = 450;
/** A corner is moved, not pressed, from here on, CSS pixels. */
const slackPx = 4;
/** Smallest circle or rectangle that is meant, CSS pixels. */
const leastPx = 2;

const apart = (a: XY, b: XY): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** Drawing goes on, is finished (its points are the shape), or came to nothing. */
export type Step = { kind: "on"; draft: OutlineDraft } | { kind: "done"; draft: OutlineDraft } | { kind: "nothing" };
const on = (draft: OutlineDraft): Step => ({ kind: "on", draft });

export const isOpenPolygon = (draft: OutlineDraft | null): draft is OutlineDraft & { shape: "polygon" } => draft?.shape === "polygon";

/** The pointer goes down where nothing is being drawn yet. */
export function begun(start: Pick<OutlineDraft, "pane" | "shape" | "seen">, p: OutlinePoint, timeMs: number, { toPixels }: Reach): OutlineDraft {
  const points = start.shape === "circle" || start.shape === "rectangle" ? [p, p] : [p];
  return { ...start, points, next: null, held: { corner: points.length - 1, from: toPixels(p), isNew: true, hasMoved: false }, pressedAtMs: timeMs };
}

/** The pointer goes down again: on a polygon's corner, which it takes, or for a new one. Twice quickly on the last closes it. */
export function pressed(draft: OutlineDraft, p: OutlinePoint, timeMs: number, { toPixels, px }: Reach): Step {
  const at = toPixels(p), { points } = draft, last = points.length - 1;
  let nearest = -1, least = px;
  points.forEach((corner, n) => { const d = apart(toPixels(corner), at); if (d <= least) { least = d; nearest = n; } });
  if (nearest === last && timeMs - draft.pressedAtMs < doubleMs) return closed(draft);
  const added = nearest < 0 ? [...points, p] : points, corner = nearest < 0 ? added.length - 1 : nearest;
  return on({ ...draft, points: added, next: null, held: { corner, from: at, isNew: nearest < 0, hasMoved: false }, pressedAtMs: timeMs });
}

/** The pointer moves, over points that it passed since. */
export function moved(draft: OutlineDraft, passed: readonly OutlinePoint[], { toPixels }: Reach): OutlineDraft {
  const p = passed.at(-1), { held, shape } = draft;
  if (!p) return draft;
  if (!held) return { ...draft, next: p };
  if (shape === "freeForm" || shape === "trail") return { ...draft, points: [...draft.points, ...passed] };
  const hasMoved = held.hasMoved || apart(held.from, toPixels(p)) > slackPx;
  if (shape === "polygon" && !hasMoved) return draft;
  return { ...draft, points: draft.points.map((corner, n) => (n === held.corner ? p : corner)), held: { ...held, hasMoved } };
}

/** The pointer is let go: a polygon goes on, unless it was pressed on its first corner; all else is finished. */
export function released(draft: OutlineDraft, { toPixels }: Reach): Step {
  const { held, points, shape } = draft;
  if (shape === "polygon") {
    if (held?.corner === 0 && !held.isNew && !held.hasMoved && points.length >= 3) return closed(draft);
    return on({ ...draft, held: null });
  }
  if (shape === "circle" || shape === "rectangle") return apart(toPixels(points[0]), toPixels(points[1])) < leastPx ? { kind: "nothing" } : { kind: "done", draft };
  return shape === "freeForm" && points.length < 3 ? { kind: "nothing" } : { kind: "done", draft };
}

/** The polygon is closed with the corners that it has. */
export const closed = (draft: OutlineDraft): Step => (draft.points.length >= 3 ? { kind: "done", draft } : on({ ...draft, held: null }));

/** The last corner is taken back. */
export function withoutLast(draft: OutlineDraft): OutlineDraft | null {
  return draft.points.length <= 1 ? null : { ...draft, points: draft.points.slice(0, -1), held: null, pressedAtMs: 0 };
}

/** A freehand line without points nearer to the one before than `least`, in the points' own unit. */
export function thinned(points: readonly OutlinePoint[], least: number): OutlinePoint[] {
  const kept: OutlinePoint[] = [];
  for (const p of points) {
    const before = kept.at(-1);
    if (!before || Math.hypot(p[0] - before[0], p[1] - before[1], (p[2] ?? 0) - (before[2] ?? 0)) >= least) kept.push(p);
  }
  return kept;
}
