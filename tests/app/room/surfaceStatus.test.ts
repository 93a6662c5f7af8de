import { expect, it } from "vitest";
import { type Build, lacksSurface, pastStatus, staleWords, surfaceStatus } from "../../../app/room/view/surfaceStatus.ts";

const at = new Date(2026, 10, 23, 5, 14);
const build = (change: Partial<Build>): Build => ({ segment: 1, key: "k", state: "current", error: null, labelmapHash: "abc", ms: 1400, changedBy: "Elin Berg", changedAt: at, ...change });
const mask = "abc";

it("says current, rebuilding or out of date, and whose change it was", () => {
  expect(surfaceStatus([], mask)).toBeNull();
  expect(surfaceStatus([build({})], mask)).toMatchObject({ state: "current", text: "current · Elin Berg, 05:14 · 1.4 s" });
  expect(surfaceStatus([build({ state: "rebuilding", ms: null })], mask)).toMatchObject({ state: "rebuilding", text: "rebuilding · Elin Berg, 05:14" });
  expect(surfaceStatus([build({})], "abd")).toMatchObject({ state: "out of date" });
  expect(surfaceStatus([build({})], null)).toMatchObject({ state: "current" });
  expect(surfaceStatus([build({}), build({ segment: 2, state: "failed", error: "no room left (id 7)" })], mask)).toMatchObject({ state: "failed", error: "no room left (id 7)" });
  expect(surfaceStatus([build({ state: "empty" })], mask)).toBeNull();
});

it("says «current» of nothing while the room is not connected", () => {
  expect(surfaceStatus([build({})], null, true, false)).toMatchObject({ state: "not connected", text: "as last known · not connected" });
  expect(surfaceStatus([build({ state: "rebuilding", ms: null })], null, false, false)).toMatchObject({ state: "not connected" });
  expect(surfaceStatus([build({ state: "failed", error: "no room left (id 7)" })], null, false, false)).toMatchObject({ state: "failed" });
  expect(surfaceStatus([], null, false, false)).toBeNull();
});

it("while one looks back it says whether the surfaces do too, and that an implant is of now", () => {
  expect(pastStatus(true, false)).toMatchObject({ state: "past", text: "as it was" });
  expect(pastStatus(true, true).text).toBe("as it was · implant of now");
  expect(pastStatus(false, true).text).toBe("of now, not as it was");
});

it("how a surface comes to be is told only while no segment has a voxel: the page shows the surface before the server has made it", () => {
  expect([new Map(), new Map([[1, 0], [2, 0]]), new Map([[1, 0], [2, 5]])].map((voxels) => lacksSurface(null, voxels))).toEqual([true, true, false]);
  expect(lacksSurface(surfaceStatus([build({})], mask), new Map())).toBe(false);
});

it("an old plate is called grey only where it is", () => {
  expect([false, true].map((isPainted) => staleWords({ name: "Plate", freshness: "rebuilding" }, isPainted))).toEqual(["Plate: rebuilding, the last that was built is shown grey", "Plate: rebuilding, the last that was built is shown"]);
});
