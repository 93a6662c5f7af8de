import { constants, deflateRawSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { decodeObj } from "../../../core/surface/format/obj.ts";
import { decodePlyLps, encodePly } from "../../../core/surface/format/ply.ts";
import { encodeThreeMf } from "../../../core/surface/format/threeMf.ts";
import { decodeThreeMf } from "../../../core/surface/format/threeMfReader.ts";
import { checkCount, maxTriangles } from "../../../core/surface/meshFault.ts";
import { meshVolumeMm3, type Mesh } from "../../../core/surface/mesh.ts";
import { meshWriters, readMesh } from "../../../core/surface/meshFile.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

/** An «R» of voxels: no mirror image of it is itself. */
function letterR(): Mesh {
  const rows = ["1110", "1001", "1110", "1010", "1001"], dense = new Uint8Array(8 * 8 * 8);
  rows.forEach((row, z) => [...row].forEach((c, x) => { if (c === "1") for (let y = 2; y < 4 + (z === 0 ? 2 : 0); y++) dense[(x + 2) + 8 * (y + 8 * (6 - z))] = 1; }));
  return surfaceOf(fromDense({ dims: [8, 8, 8], spacing: [0.48, 0.5, 1.5], origin: [-31.7, 12.3, 101.1] }, dense), 1, { smooth: 0.5 });
}
const sorted = ({ positions: p, triangles: t }: Mesh) => Array.from({ length: t.length / 3 }, (_, i) => [0, 1, 2].map((k) => [...p.subarray(3 * t[3 * i + k], 3 * t[3 * i + k] + 3)].join(" ")).join(" | "))
  .sort();
const text = (s: string) => new TextEncoder().encode(s);
const code = (act: () => unknown): string => { try { act(); return "taken"; } catch (error) { return (error as { code?: string }).code ?? String(error); } };

describe("mesh files", () => {
  it("SP2, X12: the letter R goes through STL, PLY, OBJ and 3MF and comes back the same, unmirrored, to the bit", () => {
    const mesh = letterR();
    for (const format of ["stl", "ply", "obj", "3mf"]) {
      const back = readMesh(meshWriters[format](mesh, "R"), `r.${format}`);
      expect(back.format).toBe(format);
      expect(sorted(back.mesh)).toEqual(sorted(mesh));
      expect(meshVolumeMm3(back.mesh)).toBeCloseTo(meshVolumeMm3(mesh), 6);
      // A reader that takes the file for RAS sees it turned, never mirrored: its volume stays positive.
      expect(meshVolumeMm3(readMesh(meshWriters[format](mesh, "R"), `r.${format}`, "mm", "ras").mesh)).toBeGreaterThan(0);
    }
    expect(new TextDecoder().decode(meshWriters.obj(mesh, "R").subarray(0, 80))).toContain("SPACE=LPS");
    expect(new TextDecoder().decode(meshWriters.ply(mesh, "R").subarray(0, 120))).toContain("SPACE=LPS");
  });

  it("SP2: GLB holds LPS mm under one node that maps (x, y, z) to 0.001·(x, z, −y), determinant > 0", () => {
    const mesh = letterR(), bytes = meshWriters.glb(mesh, "R"), view = new DataView(bytes.buffer);
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([0x46546c67, 2, bytes.length]);
    const length = view.getUint32(12, true), json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
    expect(json.scenes[0].nodes).toHaveLength(1);
    const m: number[] = json.nodes[json.scenes[0].nodes[0]].matrix;
    const map = (p: number[]) => [0, 1, 2].map((r) => m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r]);
    expect(map([10, 20, 30])).toEqual([0.01, 0.03, -0.02]);
    expect(m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9]) + m[8] * (m[1] * m[6] - m[2] * m[5])).toBeGreaterThan(0);
    const at = 28 + length, accessor = json.accessors[0];
    const vertices = new Float32Array(bytes.buffer.slice(at, at + 12 * accessor.count));
    expect([...vertices.subarray(0, 3)]).toEqual([-mesh.positions[0], -mesh.positions[1], mesh.positions[2]]);
    for (let axis = 0; axis < 3; axis++) expect(Math.min(...vertices.filter((_, i) => i % 3 === axis))).toBe(accessor.min[axis]);
    expect(json.nodes[1].mesh).toBe(0);
  });

  it("JB5: 3MF is millimetres, the same bytes again, in any time zone, and its names are escaped", () => {
    const mesh = letterR(), parts = [{ name: "Bone <&\"> é", mesh, id: "part-1", color: "#aabbcc", material: "PEEK" }, { name: "two", mesh }];
    const made = encodeThreeMf(parts), zone = process.env.TZ;
    for (const other of ["Pacific/Kiritimati", "America/St_Johns", "UTC"]) {
      process.env.TZ = other;
      expect(encodeThreeMf(parts)).toEqual(made);
    }
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    const back = readMesh(made, "two.3mf").mesh;
    expect(back.triangles.length).toBe(2 * mesh.triangles.length);
    expect(() => encodeThreeMf([{ name: "x", mesh, color: "red" }])).toThrow(RangeError);
  });

  it("carries a scalar a vertex in PLY, and reads text and big-endian PLY and polygons", () => {
    const mesh = letterR(), values = Float32Array.from({ length: mesh.positions.length / 3 }, (_, i) => i / 7);
    const bytes = encodePly(mesh, { name: "gapMm", values });
    expect(new TextDecoder().decode(bytes.subarray(0, 400))).toContain("property float gapMm");
    expect(sorted(decodePlyLps(bytes))).toEqual(sorted(mesh));
    expect(() => encodePly(mesh, { name: "no good", values })).toThrow(RangeError);
    const square = readMesh(text("ply\nformat ascii 1.0\nelement vertex 4\nproperty double x\nproperty double y\nproperty double z\nelement face 1\nproperty list uchar int vertex_index\nend_header\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"), "a.ply", "m", "ras");
    expect([...square.mesh.positions]).toEqual([0, 0, 0, 1000, 0, 0, 1000, 1000, 0, 0, 1000, 0]);
    expect([...square.mesh.triangles]).toEqual([0, 1, 2, 0, 2, 3]);
    expect([...decodeObj(text("v 0 0 0\nv 1 0 0\nvn 0 0 1\nv 0 1 0\nf 1/1/1 2//1 -1\n")).triangles]).toEqual([0, 1, 2]);
  });

  it("H9: refuses lying counts, NaN, far coordinates, wrong indices and cut-off files", () => {
    const stl = encodeStl(letterR()), nan = stl.slice(), lying = stl.slice(), far = stl.slice();
    new DataView(nan.buffer).setFloat32(96, Number.NaN, true);
    new DataView(far.buffer).setFloat32(96, 20_000, true);
    new DataView(lying.buffer).setUint32(80, 0xffffffff, true);
    const read = (bytes: Uint8Array, name = "m.stl") => code(() => readMesh(bytes, name));
    expect(read(nan)).toBe("not-finite");
    expect(read(far)).toBe("out-of-range");
    expect(read(lying)).toBe("count-mismatch");
    expect(read(stl.subarray(0, stl.length - 1))).toBe("count-mismatch");
    expect(read(new Uint8Array(0))).toBe("count-mismatch");
    expect(read(text("solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\n"))).toBe("truncated");
    expect(read(text(`solid ${"x".repeat(3000)}`))).toBe("not-a-mesh");
    expect(read(text("ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\nproperty float x\nproperty float y\nproperty float z\nend_header\n"), "m.ply")).toBe("count-mismatch");
    expect(read(text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nelement face 1\nproperty list uchar int vertex_index\nend_header\n0\n3 0 1 2\n"), "m.ply")).toBe("index-outside");
    expect(read(text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n"), "m.obj")).toBe("index-outside");
    expect(read(text("v 0 0 0\nv 1 0 zero\nv 0 1 0\nf 1 2 3\n"), "m.obj")).toBe("not-finite");
    // A file of that size is not made here: the cap itself.
    expect(code(() => checkCount(maxTriangles))).toBe("taken");
    expect(code(() => checkCount(maxTriangles + 1))).toBe("too-many-triangles");
    const binaryThatSaysSolid = stl.slice();
    binaryThatSaysSolid.set(text("solid "));
    expect(read(binaryThatSaysSolid)).toBe("taken");
    const next = randomOf(4);
    for (let n = 0; n < 200; n++) {
      const broken = stl.slice(0, Math.floor(next() * stl.length));
      for (let k = 0; k < 5; k++) broken[Math.floor(next() * broken.length)] = Math.floor(next() * 256);
      for (const name of ["m.stl", "m.obj"]) expect(() => { try { readMesh(broken, name); } catch (error) { if (!("code" in (error as object))) throw error; } }).not.toThrow();
    }
  });

  it("a 3MF of more text than is read is told as that, not as broken", { timeout: 60_000 }, () => {
    // One packed MiB over and over, which packs to a fiftieth: a stream of 510 without ever holding them.
    const random = randomOf(1), chunk = Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i % 64 === 0 ? 33 + Math.floor(61 * random()) : 32)), packed = deflateRawSync(chunk, { finishFlush: constants.Z_SYNC_FLUSH });
    const name = Buffer.from("3D/3dmodel.model"), head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(8, 8);
    head.writeUInt32LE(510 * packed.length, 18);
    head.writeUInt32LE(510 * 2 ** 20, 22);
    head.writeUInt16LE(name.length, 26);
    const archive = Buffer.concat([head, name, ...Array.from({ length: 510 }, () => packed)]);
    expect((510 * 2 ** 20) / archive.length).toBeLessThan(100);
    expect(() => decodeThreeMf(archive)).toThrow(expect.objectContaining({ code: "too-large", message: expect.stringContaining("more than 500 MiB of text") as unknown }));
  });

  it("H10: refuses bombs, document types, recursion and unknown units in 3MF; follows components and their transforms", () => {
    const model = (inside: string, unit = "millimeter", head = "") => zipSync({ "3D/3dmodel.model": text(`<?xml version="1.0"?>${head}<model unit="${unit}" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">${inside}</model>`) });
    const tetra = `<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/><vertex x="0" y="0" z="1"/></vertices><triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/><triangle v1="1" v2="2" v3="3"/><triangle v1="0" v2="3" v3="2"/></triangles></mesh>`;
    const read = (bytes: Uint8Array) => code(() => readMesh(bytes, "m.3mf"));
    const twice = model(`<resources><object id="1">${tetra}</object><object id="2"><components><component objectid="1" transform="2 0 0 0 1 0 0 0 1 5 0 0"/><component objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/></components></object></resources><build><item objectid="2"/></build>`, "inch");
    expect(meshVolumeMm3(readMesh(twice, "m.3mf").mesh)).toBeCloseTo((3 / 6) * 25.4 ** 3, 1);
    expect(read(model(`<resources><object id="1"><components><component objectid="1"/></components></object></resources><build><item objectid="1"/></build>`))).toBe("unsafe-archive");
    expect(read(model(`<resources><object id="1">${tetra}</object></resources><build><item objectid="7"/></build>`))).toBe("not-a-mesh");
    expect(read(model("", "furlong"))).toBe("unsupported");
    expect(read(model("", "millimeter", `<!DOCTYPE m [<!ENTITY a "b">]>`))).toBe("unsafe-archive");
    expect(read(model(" ".repeat(30_000_000)))).toBe("unsafe-archive");
    expect(read(model(`<resources><object id="1">${tetra}</object></resources><build><item objectid="1"/></build>`).subarray(0, 150))).toMatch(/truncated|not-a-mesh/);
    expect(read(zipSync(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`${i}.txt`, text("x")]))))).toBe("unsafe-archive");
  });
});
