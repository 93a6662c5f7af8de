import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headCt } from "../../../core/phantom/headCt.ts";
import { anglesOfAxes, applyRigid, axesOfAngles, determinant, invertRigid } from "../../../core/space/rigid.ts";
import { derivation } from "../../../core/volume/derivation.ts";
import { derive } from "../../../core/volume/derive.ts";
import type { HuVolume } from "../../../core/volume/filters.ts";
import { type Landmark, planeOfLandmarks } from "../../../core/volume/landmarks.ts";
import { findMidPlane } from "../../../core/volume/midPlane.ts";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { centreOf, rigidOf } from "../../../core/volume/reorient.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";

type Point = [number, number, number];
const head = headCt(5, [96, 96, 76]), degrees = 180 / Math.PI;
const inner = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A reference of the test's own: the head turned by the platform's sines about the volume's centre and moved, value by trilinear interpolation. */
function turnedHead(yaw: number, roll: number, pitch: number, right: number): { volume: HuVolume; axes: number[][] } {
  const [y, r, p] = [yaw, roll, pitch].map((deg) => deg / degrees), { grid, hu } = head, centre = centreOf(grid), [nx, ny, nz] = grid.dims;
  const z3 = [[Math.cos(y), -Math.sin(y), 0], [Math.sin(y), Math.cos(y), 0], [0, 0, 1]], y3 = [[Math.cos(r), 0, Math.sin(r)], [0, 1, 0], [-Math.sin(r), 0, Math.cos(r)]], x3 = [[1, 0, 0], [0, Math.cos(p), -Math.sin(p)], [0, Math.sin(p), Math.cos(p)]];
  const times = (a: number[][], b: number[][]) => a.map((row) => [0, 1, 2].map((c) => row[0] * b[0][c] + row[1] * b[1][c] + row[2] * b[2][c])), m = times(times(z3, y3), x3);
  const out = new Int16Array(hu.length);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const q = [i, j, k].map((n, axis) => grid.origin[axis] + n * grid.spacing[axis] - centre[axis] - (axis === 0 ? right : 0));
    const f = [0, 1, 2].map((axis) => (m[0][axis] * q[0] + m[1][axis] * q[1] + m[2][axis] * q[2] + centre[axis] - grid.origin[axis]) / grid.spacing[axis]), b = f.map(Math.floor);
    if (b.some((n, axis) => n < 0 || n >= grid.dims[axis] - 1)) { out[at] = -1000; continue; }
    let sum = 0;
    for (let n = 0; n < 8; n++) sum += [n & 1, n >> 1 & 1, n >> 2].reduce((w, up, axis) => w * (up ? f[axis] - b[axis] : 1 - f[axis] + b[axis]), 1) * hu[b[0] + (n & 1) + nx * (b[1] + (n >> 1 & 1) + ny * (b[2] + (n >> 2)))];
    out[at] = Math.round(sum);
  }
  return { volume: { grid, hu: out }, axes: m };
}

describe("turns", () => {
  it("IM6: are turns and never mirrors: determinant +1, there and back", () => {
    const angle = fc.double({ min: -45, max: 45, noNaN: true });
    fc.assert(fc.property(angle, angle, angle, (yawDeg, rollDeg, pitchDeg) => {
      const axes = axesOfAngles({ yawDeg, rollDeg, pitchDeg }), to = rigidOf(head.grid, { yawDeg, rollDeg, pitchDeg }), p = [31, -44, 12] as const, back = applyRigid(invertRigid(to), applyRigid(to, p)), again = anglesOfAxes(axes);
      expect(determinant(axes)).toBeCloseTo(1, 12);
      expect(determinant(to.rotation)).toBeCloseTo(1, 12);
      for (let axis = 0; axis < 3; axis++) expect(back[axis]).toBeCloseTo(p[axis], 10);
      for (const [is, was] of [[again.yawDeg, yawDeg], [again.rollDeg, rollDeg], [again.pitchDeg, pitchDeg]]) expect(is).toBeCloseTo(was, 9);
    }), { numRuns: 200, seed: 4 });
  });
});

describe("reorient", () => {
  it.each([[0, 0, 0, 0], [4, 0, 0, 3], [-7, 5, 3, -4], [12, -8, -5, 6], [0, 12, 0, 0]])("finds the plane of a head turned by yaw %d°, roll %d°, pitch %d° and moved %d mm, within 0.5° and 0.5 mm", (yaw, roll, pitch, right) => {
    const { volume, axes } = turnedHead(yaw, roll, pitch, right), plane = findMidPlane(volume);
    if (!plane) throw new Error("no plane");
    const truth = axes.map((row) => row[0]), centre = centreOf(volume.grid);
    expect(Math.acos(Math.min(1, inner(plane.normal, truth))) * degrees).toBeLessThan(0.5);
    expect(Math.abs(inner(plane.normal, [centre[0] + right, centre[1], centre[2]]) - plane.offset)).toBeLessThan(0.5);
    expect(plane.normal[0]).toBeGreaterThan(0.9);
  });

  it("makes the plane the middle plane of x of a canonical grid that holds all of the scan; what was done can go back", () => {
    const { volume } = turnedHead(-7, 5, 3, -4), made = derive(volume, { op: "reorient", plane: { by: "automatic" } }, null), { grid, turn } = made;
    if (!turn) throw new Error("no turn");
    const again = findMidPlane(made), middle = centreOf(grid);
    if (!again) throw new Error("no plane");
    expect(grid.dims[0] % 2).toBe(1);
    expect(Math.acos(again.normal[0]) * degrees).toBeLessThan(0.5);
    expect(Math.abs(inner(again.normal, middle) - again.offset)).toBeLessThan(0.5);
    // The plane's points of the scan come to the middle of the grid, exactly.
    const at = centreOf(volume.grid), axes = axesOfAngles(turn), onPlane: Point = [0, 1, 2].map((axis) => at[axis] + turn.asideMm * axes[axis][0] + 20 * axes[axis][1] - 30 * axes[axis][2]) as Point;
    const times = (m: number[][], p: readonly number[]) => [0, 1, 2].map((row) => inner(m[row], p) + m[row][3]);
    expect(times(turn.derivedFromScan, onPlane)[0]).toBeCloseTo(middle[0], 9);
    expect(times(turn.scanFromDerived, times(turn.derivedFromScan, onPlane)).map((n) => Number(n.toFixed(9)))).toEqual(onPlane.map((n) => Number(n.toFixed(9))));
    for (const corner of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const p = [0, 1, 2].map((axis) => volume.grid.origin[axis] + (corner >> axis & 1) * (volume.grid.dims[axis] - 1) * volume.grid.spacing[axis]), q = times(turn.derivedFromScan, p);
      for (let axis = 0; axis < 3; axis++) {
        const f = (q[axis] - grid.origin[axis]) / grid.spacing[axis];
        expect(f).toBeGreaterThan(-1.01);
        expect(f).toBeLessThan(grid.dims[axis] + 0.01);
      }
    }
    expect(made.roundedHu).toBeGreaterThan(0);
    expect(made.roundedHu).toBeLessThanOrEqual(0.5);
    expect(derive(volume, { op: "reorient", plane: { by: "automatic" } }, null).hu).toEqual(made.hu);
  });

  it("SP2: left stays left, front stays front, top stays top, each marked by a ball of its own value", () => {
    const dims: Point = [60, 64, 52], spacing: Point = [2, 1.75, 2.25], grid = { dims, spacing, origin: [-70, -40, 10] as Point }, centre = centreOf(grid), angles = { yawDeg: 9, rollDeg: -6, pitchDeg: 4 }, to = rigidOf(grid, angles);
    for (const [axis, side] of [[0, 1], [0, -1], [1, 1], [1, -1], [2, 1], [2, -1]]) {
      const mark = centre.map((mm, other) => mm + (other === axis ? side * 35 : 0)), hu = Int16Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, at) => {
        const p = [at % dims[0], Math.floor(at / dims[0]) % dims[1], Math.floor(at / dims[0] / dims[1])].map((n, other) => grid.origin[other] + n * spacing[other] - mark[other]);
        return inner(p, p) <= 49 ? 1000 : -1000;
      });
      const made = derive({ grid, hu }, { op: "reorient", plane: { by: "angles", ...angles, asideMm: 3 } }, null), [nx, ny] = made.grid.dims, sums = [0, 0, 0];
      let count = 0;
      for (let at = 0; at < made.hu.length; at++) if (made.hu[at] > 0) {
        count++;
        [at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)].forEach((n, other) => { sums[other] += made.grid.origin[other] + n * made.grid.spacing[other]; });
      }
      const is = sums.map((sum) => sum / count), want = applyRigid(to, mark as Point);
      expect(centreOf(made.grid)[0]).toBeCloseTo(centre[0] + 3, 9);
      for (let other = 0; other < 3; other++) expect(Math.abs(is[other] - want[other])).toBeLessThan(0.6);
      expect(Math.sign(is[axis] - centre[axis])).toBe(side);
    }
  });

  it("refuses what holds no body, and a turn that nobody can mean", () => {
    const air = { grid: head.grid, hu: new Int16Array(head.hu.length).fill(-1000) };
    expect(() => derive(air, { op: "reorient", plane: { by: "automatic" } }, null)).toThrow(/No plane of symmetry was found.*Set landmarks or angles/);
    expect(derivation.safeParse({ op: "reorient", plane: { by: "angles", yawDeg: 50, rollDeg: 0, pitchDeg: 0, asideMm: 0 } }).success).toBe(false);
  });
});

describe("landmarks", () => {
  /** A head's points in its own frame, moved to where a turn puts them. */
  const own: Record<string, Point> = { nasion: [0, 90, 0], anteriorNasalSpine: [0, 92, -45], opisthion: [0, -40, -50], porionRight: [62, 0, -28], porionLeft: [-62, 0, -28], orbitaleRight: [33, 78, -28], orbitaleLeft: [-33, 78, -28] };
  const placed = (names: string[], axes: readonly (readonly number[])[], at: Point): Landmark[] => names.map((name) => ({ name: name as Landmark["name"], at: [0, 1, 2].map((axis) => at[axis] + inner(axes[axis], own[name])) as Point }));

  it.each([[["nasion", "anteriorNasalSpine", "opisthion"], false], [["nasion", "porionRight", "porionLeft"], false], [["porionRight", "porionLeft", "orbitaleLeft", "opisthion"], true], [Object.keys(own), true]])("lay the plane through %j", (names, isFrankfort) => {
    for (const [yawDeg, rollDeg, pitchDeg] of [[0, 0, 0], [14, -9, 0], [-20, 12, 0], [6, 5, 11]]) {
      const axes = axesOfAngles({ yawDeg, rollDeg, pitchDeg }), plane = planeOfLandmarks(placed(names, axes, [7, -20, 190])), angles = anglesOfAxes(plane.axes);
      expect(plane.isFrankfort).toBe(isFrankfort);
      expect(Math.acos(Math.min(1, inner(plane.normal, axes.map((row) => row[0])))) * degrees).toBeLessThan(1e-5);
      expect(plane.offset).toBeCloseTo(inner(plane.normal, [7, -20, 190]), 6);
      expect(plane.missMm).toBeLessThan(1e-4);
      expect(determinant(plane.axes)).toBeCloseTo(1, 12);
      expect(angles.pitchDeg).toBeCloseTo(isFrankfort ? pitchDeg : 0, 5);
    }
  });

  it("say how far they miss, and refuse exchanged sides, one line, and too few", () => {
    const axes = axesOfAngles({ yawDeg: 3, rollDeg: 0, pitchDeg: 0 }), all = placed(Object.keys(own), axes, [0, 0, 0]);
    const off = all.map((one) => one.name === "nasion" ? { ...one, at: [one.at[0] + 4, one.at[1], one.at[2]] as Point } : one);
    expect(planeOfLandmarks(off).missMm).toBeGreaterThan(0.5);
    const exchanged = all.map((one) => one.name === "porionRight" ? { ...one, name: "porionLeft" as const } : one.name === "porionLeft" ? { ...one, name: "porionRight" as const } : one);
    expect(() => planeOfLandmarks(exchanged)).toThrow(/The right porion lies to the left/);
    expect(() => planeOfLandmarks(placed(["nasion", "anteriorNasalSpine"], axes, [0, 0, 0]))).toThrow(/three points/);
    expect(() => planeOfLandmarks([["nasion", 0], ["anteriorNasalSpine", 40], ["crista", 90]].map(([name, z]) => ({ name, at: [0, 90, z] }) as Landmark))).toThrow(/one line/);
    expect(() => planeOfLandmarks([{ name: "nasion", at: [0, 0, 0] }, { name: "nasion", at: [0, 1, 0] }, { name: "inion", at: [0, 50, 0] }])).toThrow(/given twice/);
  });
});

const real = resolve("../shared/data/head_ct_0051");
it.runIf(existsSync(real))("the real head: its plane is found again where known angles turn it, and level in the middle of the volume made of it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "caseroom-turn-"));
  try {
    const made = await importFiles({ paths: [real] }, join(dir, "out")), { grid, hu } = canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(made.volume))))), scan = { grid, hu: hu as Int16Array<ArrayBuffer> };
    const found = findMidPlane(scan), angles = { yawDeg: -5, rollDeg: 4, pitchDeg: 3 }, known = findMidPlane(derive(scan, { op: "reorient", plane: { by: "angles", ...angles, asideMm: 0 } }, null));
    if (!found || !known) throw new Error("no plane");
    const to = rigidOf(grid, angles), centre = centreOf(grid);
    expect(Math.acos(Math.min(1, inner(known.normal, to.rotation.map((row) => inner(row, found.normal))))) * degrees).toBeLessThan(0.5);
    expect(Math.abs(inner(known.normal, centre) - known.offset - inner(found.normal, centre) + found.offset)).toBeLessThan(0.5);
    const turned = derive(scan, { op: "reorient", plane: { by: "automatic" } }, null), again = findMidPlane(turned);
    if (!turned.turn || !again) throw new Error("no plane");
    expect([turned.turn.yawDeg, turned.turn.rollDeg].every((deg) => Math.abs(deg) < 4)).toBe(true);
    expect(Math.acos(Math.min(1, again.normal[0])) * degrees).toBeLessThan(0.5);
    expect(Math.abs(inner(again.normal, centreOf(turned.grid)) - again.offset)).toBeLessThan(0.5);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 120_000);
if (!existsSync(real)) console.log(`not run: ${real} is not there`);
