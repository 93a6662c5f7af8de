import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { encodeThreeMf } from "../../../core/surface/format/threeMf.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { meshWriters } from "../../../core/surface/meshFile.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { encapsulatedMesh } from "../../../server/platform/dicom/encapsulatedStl.ts";
import { admesh, dciodvfy, dcmdump, encapsulatedDocument, gltfValidator, lib3mf, prusaSlicer, vtkEdges } from "../../support/judges.ts";

// Two segments; the first in three pieces, one of which touches another only at a corner, and one is hollow.
const grid: Grid = { dims: [20, 12, 12], spacing: [0.48, 0.5, 1.5], origin: [-31.7, 12.3, 101.1] }, dense = new Uint8Array(20 * 12 * 12);
const fill = (value: number, [x0, y0, z0]: number[], [x1, y1, z1]: number[]) => { for (let z = z0; z < z1; z++) for (let y = y0; y < y1; y++) dense.fill(value, x0 + 20 * (y + 12 * z), x1 + 20 * (y + 12 * z)); };
fill(1, [1, 1, 1], [7, 7, 7]);
fill(0, [3, 3, 3], [5, 5, 5]);
fill(1, [7, 7, 7], [9, 9, 9]);
fill(1, [1, 9, 9], [3, 11, 11]);
fill(2, [12, 2, 2], [18, 8, 8]);
const whole = surfaceOf(fromDense(grid, dense), 1), second = surfaceOf(fromDense(grid, dense), 2), triangles = whole.triangles.length / 3;
/** The same without one triangle: every judge must see it, or it judges nothing. */
const holed: Mesh = { positions: whole.positions, triangles: whole.triangles.slice(3) };
const source = new TextEncoder().encode(JSON.stringify({ seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [{ sopUid: "1.2.3.4.1", position: [0, 0, 0], sha256: "" }] }));

let dir = "";
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), "caseroom-judges-")); });
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });
const kept = (name: string, bytes: Uint8Array): string => { writeFileSync(join(dir, name), bytes); return join(dir, name); };
const stlDicom = (mesh: Mesh) => encapsulatedMesh(mesh, { source, hashes: ["a"], role: "1", title: "R", at: "2026-11-27T17:00:00.250Z" });
/** The sound file and its twin with a hole. */
const both = (format: string) => [kept(`whole.${format}`, meshWriters[format](whole, "R")), kept(`holed.${format}`, meshWriters[format](holed, "R"))] as const;

describe("outside judges of mesh files; each has to fail a twin with a hole", () => {
  it.each(["stl", "obj", "3mf"])("prusa-slicer --info reads %s as manifold, without an open edge, with the parts that there are", (format) => {
    const [sound, open] = both(format).map(prusaSlicer);
    if (!sound || !open) return;
    // The outer shells of three pieces and the inner one of the hollow piece.
    expect(sound).toEqual([{ facets: triangles, isManifold: true, openEdges: 0, parts: 4, volumeMm3: expect.any(Number) }]);
    expect(sound[0].volumeMm3).toBeGreaterThan(0);
    expect(open).toMatchObject([{ facets: triangles - 1, isManifold: false, openEdges: 3 }]);
  });

  it("admesh finds nothing disconnected, degenerate or with a wrong normal in the STL", () => {
    const [sound, open] = both("stl").map(admesh);
    if (!sound || !open) return;
    expect(sound).toEqual({ disconnected: 0, degenerate: 0, normalsFixed: 0, parts: 4 });
    expect(open).toMatchObject({ disconnected: 3, normalsFixed: 1 });
  });

  it.each(["stl", "ply", "glb"])("VTK reads %s and finds no open and no non-manifold edge", (format) => {
    const [sound, open] = both(format).map(vtkEdges);
    if (!sound || !open) return;
    expect(sound).toEqual({ open: 0, nonManifold: 0, triangles });
    expect(open).toEqual({ open: 3, nonManifold: 0, triangles: triangles - 1 });
  });

  it("lib3mf reads a 3MF of several parts strictly: millimetres, each part manifold and oriented, with its id, name, colour and material", async () => {
    const parts = (mesh: Mesh) => [{ name: "Bone <left>", mesh, id: "segment-1", color: "#e8d9b5", material: "Bone" }, { name: "Plate", mesh: second, id: "implant-1", color: "#4F9CF9", material: "peek-machined" }];
    const file = encodeThreeMf(parts(whole), "Case 26-001"), read = await lib3mf(file);
    expect(read).toEqual({
      warnings: 0, unit: "MilliMeter", metadata: { Title: "Case 26-001", Application: "Caseroom", Description: expect.stringContaining("SPACE=LPS, mm") },
      objects: [
        { name: "Bone <left>", partNumber: "segment-1", isManifoldAndOriented: true, triangles, color: "#E8D9B5", material: "Bone" },
        { name: "Plate", partNumber: "implant-1", isManifoldAndOriented: true, triangles: second.triangles.length / 3, color: "#4F9CF9", material: "peek-machined" },
      ],
    });
    expect((await lib3mf(encodeThreeMf(parts(holed)))).objects.map(({ isManifoldAndOriented }) => isManifoldAndOriented)).toEqual([false, true]);
    const sliced = prusaSlicer(kept("parts.3mf", file)), slicedOpen = prusaSlicer(kept("partsOpen.3mf", encodeThreeMf(parts(holed))));
    if (!sliced || !slicedOpen) return;
    expect(sliced.map(({ isManifold, openEdges, parts: shells }) => [isManifold, openEdges, shells])).toEqual([[true, 0, 4], [true, 0, 1]]);
    expect(slicedOpen.map(({ isManifold }) => isManifold)).toEqual([false, true]);
  });

  it("gltf-validator has nothing to say of a GLB, and sees one whose indices or bounds lie", async () => {
    const glb = meshWriters.glb(whole, "R"), { issues, info } = await gltfValidator(glb);
    expect([issues.messages, info?.totalTriangleCount]).toEqual([[], triangles]);
    const lying = glb.slice(), index = new DataView(lying.buffer), vertices = whole.positions.length * 4, data = 28 + index.getUint32(12, true);
    index.setUint32(data + vertices, 0x00ffffff, true);
    expect((await gltfValidator(lying)).issues.messages.map(({ code }) => code)).toContain("ACCESSOR_INDEX_OOB");
    const moved = glb.slice();
    new DataView(moved.buffer).setFloat32(data, 9000, true);
    expect((await gltfValidator(moved)).issues.messages.map(({ code }) => code)).toContain("ACCESSOR_MAX_MISMATCH");
  });

  it("dciodvfy and dcmdump take an Encapsulated STL with the record's time; what is in it passes and fails admesh as the STL does", () => {
    const sound = kept("whole.dcm", stlDicom(whole)), open = kept("holed.dcm", stlDicom(holed));
    const judged = dciodvfy(sound), tags = dcmdump(sound);
    if (judged) expect(judged).toEqual({ status: 0, errors: [] });
    if (tags) expect(["0008,0016", "0042,0012", "0020,0052", "0008,0023", "0008,0033", "0008,0201"].map((tag) => tags.get(tag))).toEqual(["=EncapsulatedSTLStorage", "model/stl", "1.2.3.5", "20261127", "170000.250", "+0000"]);
    // Without its series it refers to nothing, and dciodvfy has to say so.
    const broken = Buffer.from(stlDicom(whole)).toString("latin1").replace("M3D\0", "   ").replace("M3D ", "    ");
    const seen = dciodvfy(kept("broken.dcm", new Uint8Array(Buffer.from(broken, "latin1"))));
    if (seen) expect(seen.errors.length).toBeGreaterThan(0);
    for (const [file, disconnected] of [[sound, 0], [open, 3]] as const) {
      const stl = encapsulatedDocument(file, join(dir, "taken.stl"));
      if (stl) expect(admesh(join(dir, "taken.stl"))?.disconnected ?? disconnected).toBe(disconnected);
    }
  });
});
