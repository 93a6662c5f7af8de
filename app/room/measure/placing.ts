import { closedLine, freeName, isMeasurementKind, lengthMm, type MeasurementKind, newMeasurementName, pointCounts } from "../../../core/draft/measurements.ts";
import { orderBetween, type PlanPoint, type PointList, pointParameter, pointsIn, pointValue } from "../../../core/draft/planPoints.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import type { RasPoint } from "../../../core/space/grid.ts";
import { roleNames } from "../../ui/people.ts";
import { newPlanId } from "../planIds.ts";
import { type RoomState, toolInHand } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";

/** What the next clicks in a slice or on the surfaces set: points of an implant's list. */
export interface Placing { implantId: string; list: "outline" | "fixationPoints" }

type Vec = readonly [number, number, number];
/** Two clicks as near to each other are one place, mm. */
const samePlaceMm = 0.75;

/** Whether a click sets a point of the plan, as the tool in hand stands. */
export const setsPoints = (state: Pick<RoomState, "tool" | "isSpaceHeld" | "placing">): boolean => !state.isSpaceHeld && (state.placing !== null || isMeasurementKind(toolInHand(state)));

/** Why this person may not change the plan; null when nothing is against it. */
export function planRefusal({ role, isArchived }: Pick<RoomContext, "role" | "isArchived">): string | null {
  if (isAllowed(role, "plan.write", isArchived)) return null;
  return isArchived ? "This case is archived: reading only." : `Surgeons and engineers change the plan and measure in it; you are here as ${roleNames[role].toLowerCase()}.`;
}

/** Where a point goes into a closed curve: between the two neighbours with which the way round grows least. @returns its order */
export function orderInCurve(points: readonly PlanPoint[], at: Vec): number {
  let best = { more: Infinity, order: orderBetween(points.at(-1)?.order ?? null, null) };
  if (points.length < 3) return best.order;
  // From the last point back to the first means the end of the list, which wins where it is as short.
  for (let i = points.length - 1; i >= 0; i--) {
    const one = points[i], next = points[(i + 1) % points.length], more = lengthMm(one.at, at) + lengthMm(at, next.at) - lengthMm(one.at, next.at);
    if (more < best.more - 1e-9) best = { more, order: orderBetween(one.order, i + 1 < points.length ? next.order : null) };
  }
  return best.order;
}

function told(room: RoomContext, act: () => void): void {
  try { act(); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "The point was not taken." }); }
}

/** The unfinished measurement's points; empty before its first. */
const pointsOf = (room: RoomContext, id: string | null): readonly PlanPoint[] => room.plan.state().measurements.find((one) => one.id === id)?.points ?? [];

function measure(room: RoomContext, kind: MeasurementKind, at: Vec): void {
  const { store, plan } = room, { measuring } = store.get(), before = pointsOf(room, measuring), [least, most] = pointCounts[kind];
  const isClosing = before.some((point, i) => (i === 0 || i === before.length - 1) && lengthMm(point.at, at) < samePlaceMm);
  if (isClosing) {
    if (before.length >= least) store.set({ measuring: null });
    return;
  }
  const id = measuring !== null && before.length > 0 ? measuring : newPlanId();
  told(room, () => plan.set(id, { ...before.length === 0 && { family: kind, name: newMeasurementName(kind, plan.state().measurements) }, [pointParameter("points", newPlanId())]: pointValue(at, before.length) }));
  store.set({ measuring: before.length + 1 >= most ? null : id });
}

/** Sets a point at a place, RAS mm: of what is being placed, or of the measurement in hand. */
export function placePoint(room: RoomContext, position: RasPoint): void {
  const { store, plan } = room, state = store.get(), refusal = planRefusal(room), at: Vec = [position[0], position[1], position[2]];
  if (refusal !== null) return store.set({ notice: refusal });
  const { placing } = state, tool = toolInHand(state);
  if (placing) {
    const points = pointsIn(plan.state().implants.get(placing.implantId) ?? {}, placing.list);
    if (points.some((point) => lengthMm(point.at, at) < samePlaceMm)) return;
    const order = placing.list === "outline" ? orderInCurve(points, at) : orderBetween(points.at(-1)?.order ?? null, null);
    told(room, () => plan.set(placing.implantId, { [pointParameter(placing.list, newPlanId())]: pointValue(at, order) }));
  } else if (isMeasurementKind(tool)) measure(room, tool, at);
}

/** Moves a point of an entry of the plan, or takes it out; what the plan does not take is said. */
export function changePoint(room: RoomContext, entryId: string, list: PointList, { id, order }: PlanPoint, to: Vec | null): void {
  try { room.plan.set(entryId, { [pointParameter(list, id)]: to && pointValue(to, order) }); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "The point was not moved." }); }
}

/** Takes places that the builder found by itself, RAS mm, as points of an implant's list, in one act: from then on each has a handle. */
export function takePoints(plan: Pick<RoomContext["plan"], "set">, implantId: string, list: Placing["list"], places: readonly Vec[]): void {
  plan.set(implantId, Object.fromEntries(places.map((at, order) => [pointParameter(list, newPlanId()), pointValue(at, order)])));
}

/** Ends what is being measured or placed; a measurement that lacks points is taken out. */
export function stopPlacing(room: RoomContext): void {
  const { store, plan } = room, { measuring } = store.get();
  const open = plan.state().measurements.find(({ id }) => id === measuring);
  if (open && open.value === null) told(room, () => plan.set(open.id, { isRemoved: true }));
  store.set({ measuring: null, placing: null });
}

/** Ends the area that is being measured, where it has corners enough. */
export function closeMeasuring({ store }: RoomContext): void { store.set({ measuring: null }); }

/** Takes back the point that the pointer's press set, so that all that it drew is one act of undo. @returns whether that was all there was of the measurement */
function takesBack({ plan }: RoomContext, id: string, count: number): boolean {
  const isThere = (): boolean => plan.state().measurements.some((one) => one.id === id && one.points.length > 0);
  if (count !== 1) return false;
  plan.undo();
  if (!isThere()) return true;
  // Something else was done meanwhile.
  plan.redo();
  return false;
}

/** Keeps the area inside a line drawn by hand, with the corners of the area under way before it. */
export function keepDrawnArea(room: RoomContext, line: readonly Vec[]): void {
  const { store, plan } = room, { measuring } = store.get(), before = pointsOf(room, measuring), corners = closedLine([...before.map(({ at }) => at), ...line], pointCounts.area[1]);
  if (corners.length < pointCounts.area[0]) return;
  const isNew = measuring === null || takesBack(room, measuring, before.length), id = isNew ? newPlanId() : measuring, old = isNew ? [] : before.map((point) => [pointParameter("points", point.id), null] as const);
  const now = corners.map((at, order) => [pointParameter("points", newPlanId()), pointValue(at, order)] as const);
  told(room, () => plan.set(id, { ...isNew && { family: "area", name: newMeasurementName("area", plan.state().measurements) }, ...Object.fromEntries([...old, ...now]) }));
  store.set({ measuring: null });
}

/** Keeps the two sides of a wall as a length. */
export function keepWall(room: RoomContext, wall: readonly [Vec, Vec] | null): void {
  const refusal = planRefusal(room) ?? (wall === null ? "There is no other side behind this point." : null);
  if (refusal !== null || wall === null) return room.store.set({ notice: refusal });
  told(room, () => room.plan.set(newPlanId(), { family: "ruler", name: freeName("Wall", room.plan.state().measurements.map(({ name }) => name)), ...Object.fromEntries(wall.map((at, order) => [pointParameter("points", newPlanId()), pointValue(at, order)])) }));
}
