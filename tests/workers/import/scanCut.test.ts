import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutBoneMm } from "../../../core/checks/coverage.ts";
import { type ScanPlace, scanPlaceOf } from "../../../core/checks/scanPlace.ts";
import { rimsOf } from "../../../core/checks/scanRim.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { recordedTurn, reorient } from "../../../core/volume/reorient.ts";
import type { Decoded } from "../../../workers/import/dicomSeries.ts";
import { defaultLimits } from "../../../workers/import/limits.ts";
import { ImportRefused } from "../../../workers/import/refused.ts";
import { decodeVolumeFile } from "../../../workers/import/volumeSource.ts";
import { imported } from "../../support/judgeSeries.ts";
import { scannedScene, skull, type Scanner, type Scene } from "../../support/scannedScene.ts";
import { writtenNifti } from "../../support/niftiWriter.ts";

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-cut-")); });
afterAll(() => rm(dir, { recursive: true, force: true }));

type Point = [number, number, number];
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const bone = (hu: Int16Array): Uint8Array => Uint8Array.from(hu, (value) => (value >= 300 ? 1 : 0));
/** As small a part as there is. */
const partAt = ([x, y, z]: Point): Mesh => ({ positions: Float32Array.of(x + 0.01, y, z, x, y + 0.01, z, x, y, z + 0.01), triangles: Uint32Array.of(0, 1, 2) });
async function made(files: { name: string; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Decoded> {
  const answer = await imported(files, dir);
  if (answer instanceof ImportRefused) throw answer;
  return answer;
}
const scanned = (scene: Scene, scanner: Scanner) => made(scannedScene(scene, scanner).map((bytes, k) => ({ name: `${k}`, bytes: bytes as Uint8Array<ArrayBuffer> })));
const placeIn = ({ report }: Pick<Decoded, "report">): ScanPlace | null => scanPlaceOf(JSON.parse(JSON.stringify(report.provenance)));

/** So far below the last slice's middle plane, along its normal, lies a place of a tube's wall. */
function below({ corners, rowDirection: r, columnDirection: c }: ScanPlace, mm: number): Point {
  const normal = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]], top = dot(corners[corners.length - 1], normal) - mm, wall = 37;
  // x = 37 mm, y = 0: where the plane through `top` is there.
  return [wall, 0, (top - normal[0] * wall) / normal[2]];
}

describe("CK5: bone that is cut where the scan ends within the volume", () => {
  it("is as far from a plate as the last slice is, and as much as that holds, at any tilt; the volume's faces hold none of it", async () => {
    for (const tiltDeg of [-28, -16.5, 3, 16.5, 28]) {
      const scan = await scanned(skull({ isOpen: true }), { tiltDeg }), place = placeIn(scan), labels = bone(scan.hu);
      if (!place) throw new Error("no place");
      for (const mm of [4, 15, 40]) {
        const part = partAt(below(place, mm)), found = cutBoneMm(part, scan.grid, labels, 1, place);
        // Up to half a gap beyond the slice, less a voxel.
        expect(Math.abs((found ?? NaN) - mm), `${tiltDeg}°, ${mm} mm: ${found}`).toBeLessThan(1.7);
        // A tube that is tilted by little reaches the volume's top face too.
        if (tiltDeg !== 3) expect(cutBoneMm(part, scan.grid, labels, 1, null)).toBeNull();
      }
      const top = rimsOf(place, scan.grid, labels, 1)[1].mm2, wanted = Number(scan.report.findings.find(({ code }) => code === "CT9")?.value);
      expect(Math.abs(top / wanted - 1), `${tiltDeg}°: ${top} mm² of ${wanted}`).toBeLessThan(0.08);
    }
  }, 120_000);

  it("a whole skull in a tilted scan is cut nowhere; one at the matrix' side is cut there", async () => {
    const whole = await scanned(skull(), { tiltDeg: 16.5, slices: 60 }), part = partAt([37, 0, 0]);
    expect(cutBoneMm(part, whole.grid, bone(whole.hu), 1, placeIn(whole))).toBeNull();
    // Runs out of the patient's left by 15 mm: the matrix reaches to 71.25 mm.
    const side = await scanned(skull({ x: 45 }), { tiltDeg: 16.5, slices: 60 }), found = cutBoneMm(partAt([-60, 0, 0]), side.grid, bone(side.hu), 1, placeIn(side));
    expect(found).toBeGreaterThan(10);
    expect(found).toBeLessThan(30);
  }, 120_000);

  it("where the circle that was measured cuts it, in a straight scan too, in DICOM and in a volume file", async () => {
    // 33 mm left and 27 mm back: the skull runs 9 mm out of a circle of 72 mm, which lies within the square.
    const scene = skull({ x: -34, y: 28 }), near: Point = [50, -44, 0];
    for (const tiltDeg of [0, 16.5]) {
      const scan = await scanned(scene, { tiltDeg, fill: -2000, isDeclared: true, slices: 60 }), place = placeIn(scan);
      // Up to 1.5 pixels wide of the edge that the measured pixels follow.
      expect(Math.abs((place?.circle?.radius ?? NaN) - 73)).toBeLessThan(1.5);
      const found = cutBoneMm(partAt(near), scan.grid, bone(scan.hu), 1, place);
      expect([tiltDeg, cutBoneMm(partAt(near), scan.grid, bone(scan.hu), 1, null)]).toEqual([tiltDeg, null]);
      expect(found, `${tiltDeg}°`).not.toBeNull();
      // Two circles: the wall's inner side (35 to 38 mm) meets the measured one some 24 to 27 mm to either side of the part.
      expect(Math.abs((found ?? NaN) - 25.5), `${tiltDeg}°: ${found}`).toBeLessThan(3.5);
      const inside = await scanned(skull(), { tiltDeg, fill: -2000, isDeclared: true, slices: 60 });
      expect(cutBoneMm(partAt(near), inside.grid, bone(inside.hu), 1, placeIn(inside))).toBeNull();
    }
    const straight = await scanned(scene, { fill: -2000, isDeclared: false, slices: 60 }), { dims, spacing, origin } = straight.grid, path = join(dir, "circle.nii");
    // Stored the other way round: the place is the canonical grid's.
    const values = Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, at) => straight.hu[dims[0] - 1 - at % dims[0] + at - at % dims[0]]);
    const bytes = writtenNifti({ dims: [...dims], affine: [[-spacing[0], 0, 0, origin[0] + spacing[0] * (dims[0] - 1)], [0, spacing[1], 0, origin[1]], [0, 0, spacing[2], origin[2]]], values, type: 4, bytes: 2 });
    await writeFile(path, bytes);
    const file = await decodeVolumeFile({ path, label: "circle.nii", size: bytes.length, isUnnamed: false }, 0, {}, defaultLimits, () => undefined, () => undefined);
    const [fromFile, fromSlices] = [file, straight].map((scan) => cutBoneMm(partAt(near), scan.grid, bone(scan.hu), 1, placeIn(scan)));
    expect(fromFile).toBeCloseTo(fromSlices ?? NaN, 3);
  }, 240_000);

  it("after the head was turned: what the scan's end cut lies askew in the new volume", async () => {
    const scan = await scanned(skull({ isOpen: true }), {}), turn = { yawDeg: 4, rollDeg: 9, pitchDeg: -12, asideMm: 0, meanErrorHu: null, missMm: null, isFrankfort: false };
    expect(placeIn(scan)).toBeNull();
    const turned = reorient(scan, turn), place = scanPlaceOf({ ...scan.report.provenance, derivedFrom: { op: "median", before: { turn: recordedTurn(scan.grid, turn) } } }), labels = bone(turned.hu);
    if (!place) throw new Error("no place");
    for (const mm of [6, 20]) {
      const part = partAt(below(place, mm)), found = cutBoneMm(part, turned.grid, labels, 1, place);
      expect(Math.abs((found ?? NaN) - mm), `${mm} mm: ${found}`).toBeLessThan(2.5);
      expect(cutBoneMm(part, turned.grid, labels, 1, null)).toBeNull();
    }
  }, 60_000);

  const phantom = resolve("../shared/data/skull_phantom_tilt");
  it.runIf(existsSync(phantom))("the real phantom, tilted by 16.5°: its lowest slice cuts bone that the volume's faces hold none of", async () => {
    const files = await Promise.all(readdirSync(phantom).filter((name) => name !== "DIRFILE").map(async (name) => ({ name, bytes: new Uint8Array(await readFile(join(phantom, name))) })));
    const scan = await made(files), place = placeIn(scan), labels = bone(scan.hu);
    if (!place) throw new Error("no place");
    const rims = rimsOf(place, scan.grid, labels, 1), middle = partAt([0, 0, scan.grid.origin[2] + scan.grid.spacing[2] * scan.grid.dims[2] / 2]);
    expect(rims[0].mm2).toBeGreaterThan(50);
    const [seen, faces] = [place, null].map((one) => cutBoneMm(middle, scan.grid, labels, 1, one) ?? Infinity);
    console.log(`phantom: cut at its lowest slice ${rims.map(({ mm2 }) => Math.round(mm2)).join(" ")} mm²; from the middle ${seen} mm, by the faces alone ${faces} mm`);
    expect(seen).toBeLessThan(faces);
  }, 180_000);
});
