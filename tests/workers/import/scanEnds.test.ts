import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imported } from "../../support/judgeSeries.ts";
import { scannedScene, skull, type Scanner, type Scene } from "../../support/scannedScene.ts";
import { writtenNifti } from "../../support/niftiWriter.ts";
import { defaultLimits } from "../../../workers/import/limits.ts";
import { ImportRefused } from "../../../workers/import/refused.ts";
import { decodeVolumeFile } from "../../../workers/import/volumeSource.ts";

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-ends-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

async function found(scene: Scene, scanner: Scanner) {
  const made = await imported(scannedScene(scene, scanner).map((bytes, k) => ({ name: `${k}`, bytes })), dir);
  if (made instanceof ImportRefused) throw made;
  return Object.fromEntries(made.report.findings.map((one) => [one.code, one]));
}
const tilts = [0, 3, -16.5, 16.5, 28];

describe("CK8: the scan's own ends, however the gantry is tilted", () => {
  it("CT9: a skull that runs out of the top is cut off, with the area that the last slice holds; a whole one is covered", async () => {
    const untilted = Number((await found(skull({ isOpen: true }), {})).CT9.value);
    expect(untilted).toBeGreaterThan(1200);
    for (const tiltDeg of tilts) {
      const { CT9 } = await found(skull({ isOpen: true }), { tiltDeg });
      expect([tiltDeg, CT9.severity]).toEqual([tiltDeg, "blocked"]);
      // A slice across a tube is longer by the cosine.
      expect(Number(CT9.value) * Math.cos(tiltDeg * Math.PI / 180) / untilted).toBeGreaterThan(0.95);
      expect(Number(CT9.value) * Math.cos(tiltDeg * Math.PI / 180) / untilted).toBeLessThan(1.05);
      expect((await found(skull(), { tiltDeg, slices: 60 })).CT9).toMatchObject({ severity: "pass", value: 0 });
    }
  }, 120_000);

  it("fov: a head at the side of the matrix is cut off at any tilt, one in its middle is not", async () => {
    for (const tiltDeg of tilts) {
      expect([tiltDeg, (await found(skull({ x: 45 }), { tiltDeg })).fov.severity]).toEqual([tiltDeg, "blocked"]);
      expect([tiltDeg, (await found(skull({ y: -42 }), { tiltDeg })).fov.severity]).toEqual([tiltDeg, "blocked"]);
      expect([tiltDeg, (await found(skull(), { tiltDeg, slices: 60 })).fov]).toMatchObject([tiltDeg, { severity: "pass", value: 0 }]);
    }
  }, 120_000);
});

it("CK8: a NIfTI that lies askew is judged at its own ends, whichever way its planes go", async () => {
  const [nx, ny, nz] = [64, 70, 50], mm = 1.5, angle = 0.3, path = join(dir, "askew.nii");
  for (const [isOpen, isDown, wanted] of [[true, false, "blocked"], [true, true, "blocked"], [false, false, "pass"]] as const) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)], up = isDown ? -1 : 1, scene = skull({ isOpen });
    const affine = [[mm, 0, 0, 5], [0, c * mm, -s * mm * up, -20], [0, s * mm, c * mm * up, 80]];
    const values = Array.from({ length: nx * ny * nz }, (_, at) => Math.round(scene((at % nx - 31.5) * mm, (Math.floor(at / nx) % ny - 34.5) * mm, (Math.floor(at / nx / ny) - 24.5) * mm * up * (isOpen ? 1 : 1.5))));
    const bytes = writtenNifti({ dims: [nx, ny, nz], affine, values, type: 4, bytes: 2 });
    await writeFile(path, bytes);
    const { report } = await decodeVolumeFile({ path, label: "askew.nii", size: bytes.length, isUnnamed: false }, 0, {}, defaultLimits, () => undefined, () => undefined);
    expect([isOpen, isDown, report.findings.some(({ code }) => code === "resampled"), report.findings.find(({ code }) => code === "CT9")?.severity]).toEqual([isOpen, isDown, true, wanted]);
  }
});

describe("CK8: the circle that a scanner measures of its matrix", () => {
  const rows: [string, Scanner][] = [
    ["declared padding", { fill: -2000, isDeclared: true }], ["a value that is none", { fill: -2000 }], ["the same value in every corner", { fill: -1024 }], ["air cut off at the same value", { fill: -1024, airHu: -1024 }],
    ["a circle beside the middle", { fill: -2000, isDeclared: true, circle: { x: 12, y: -6, radius: 78 } }], ["the same, undeclared", { fill: -2000, circle: { x: 12, y: -6, radius: 78 } }],
  ];
  it("cuts a head off as the matrix' sides do; one within it is whole", async () => {
    for (const [name, scanner] of rows) for (const tiltDeg of [0, 16.5]) {
      // 38 mm towards a corner: within the square, across the circle.
      const cut = await found(skull({ x: -34, y: 28 }), { ...scanner, tiltDeg });
      expect([name, tiltDeg, cut.fov.severity, Number(cut.fov.value) > 100]).toEqual([name, tiltDeg, "blocked", true]);
      expect([name, tiltDeg, (await found(skull(), { ...scanner, tiltDeg, slices: 60 })).fov]).toMatchObject([name, tiltDeg, { severity: "pass" }]);
    }
    expect((await found(skull({ x: -26, y: 22 }), {})).fov.severity).toBe("pass");
  }, 240_000);

  it("is not seen in air that is at one value all round, whether or not that is declared padding", async () => {
    for (const scanner of [{ airHu: -1024 }, { airHu: -1024, fill: -1024, isDeclared: true }]) expect((await found(skull({ x: -14, y: 16 }), scanner)).fov).toMatchObject({ severity: "pass", value: 0 });
  }, 60_000);
});

it("CK8, CK2: in an uneven scan steps are looked for between its slices: planes between them share what both show", async () => {
  // Every other slice half a gap up: no plane but the run's is a slice, and a step is spread over two or three of them.
  for (const mm of [0, 1.5, 3]) {
    const { motion, resampled } = await found(skull(), { asideMm: (k) => k > 24 && k % 2 === 1 ? 0.9 : 0, moved: (k) => k < 33 ? [0, 0, 0] : [mm, 0, 0] });
    expect([mm, resampled.value, motion.severity]).toEqual([mm, "uneven", mm < 0.5 ? "pass" : "blocked"]);
    expect(Math.abs(Number(motion.value) - mm)).toBeLessThan(0.25);
    if (mm > 0) expect(motion.message).toContain("Between slices 33 and 34 from the feet");
  }
}, 60_000);

describe("CK8, CK2: a patient who moved in a tilted scan", () => {
  it("is found by how far, sideways and forward; a still one is not", async () => {
    for (const tiltDeg of tilts) for (const mm of [0, 0.8, 1.5, 3]) for (const isSideways of [true, false]) {
      const { motion } = await found(skull(), { tiltDeg, moved: (k) => k < 22 ? [0, 0, 0] : isSideways ? [mm, 0, 0] : [0, mm, 0] });
      expect([tiltDeg, mm, motion.severity]).toEqual([tiltDeg, mm, mm < 0.5 ? "pass" : mm < 1 ? "attention" : "blocked"]);
      // A step forward is seen along the slice.
      expect(Math.abs(Number(motion.value) - mm * (isSideways ? 1 : Math.cos(tiltDeg * Math.PI / 180)))).toBeLessThan(0.2);
      if (mm > 0.5) expect(motion.message).toContain("22 and 23 from the feet");
    }
  }, 240_000);
});
