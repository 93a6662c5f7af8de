import type { PlanValue } from "./planDoc.ts";

/**
 * Lists of points in a plan: a defect's outline, screws' places, and what a measurement is taken between. Every point is a
 * key of its own, `entryId/list/pointId`, so that two people's changes of two points both stay.
 */
export const pointLists = ["outline", "fixationPoints", "points"] as const;
export type PointList = (typeof pointLists)[number];

/** A point as a list has it: RAS mm. */
export interface PlanPoint { id: string; at: readonly [number, number, number]; order: number }

/** Farthest from the world's origin that a point may lie, mm. */
const farthestMm = 10_000;

/** The name of a point's parameter. */
export const pointParameter = (list: PointList, id: string): string => `${list}/${id}`;

/** List and id of a point's parameter; null for any other name. */
export function readPointParameter(name: string): { list: PointList; id: string } | null {
  const cut = name.indexOf("/"), list = pointLists.find((one) => one === name.slice(0, cut));
  return cut > 0 && list && /^[a-z0-9]{1,24}$/.test(name.slice(cut + 1)) ? { list, id: name.slice(cut + 1) } : null;
}

/** Whether a value is a point's: x, y, z in RAS mm and its place in the list; or null, where it was taken out. */
export const isPointValue = (value: PlanValue): boolean => value === null
  || (Array.isArray(value) && value.length === 4 && value.every((part) => typeof part === "number" && Number.isFinite(part)) && value.slice(0, 3).every((mm) => Math.abs(mm as number) <= farthestMm));

/** The points of a list, in their order; of two with the same place the one with the smaller id comes first. */
export function pointsIn(parameters: Readonly<Record<string, PlanValue>>, list: PointList): PlanPoint[] {
  return Object.entries(parameters).flatMap(([name, value]): PlanPoint[] => {
    const read = readPointParameter(name);
    if (read?.list !== list || value === null || !isPointValue(value)) return [];
    const [x, y, z, order] = value as readonly number[];
    return [{ id: read.id, at: [x, y, z], order }];
  }).sort((one, other) => one.order - other.order || (one.id < other.id ? -1 : 1));
}

/** A place between two neighbours of a list; null stands for its end. */
export const orderBetween = (before: number | null, after: number | null): number =>
  before === null ? (after === null ? 0 : after - 1) : after === null ? before + 1 : (before + after) / 2;

/** What a point's parameter holds; positions to a thousandth of a millimetre. */
export const pointValue = ([x, y, z]: readonly [number, number, number], order: number): PlanValue => [x, y, z].map((mm) => Math.round(mm * 1000) / 1000).concat(order);
