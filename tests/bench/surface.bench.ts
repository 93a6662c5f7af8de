// Surfaces against VTK (Debian's python3-vtk9), rows of the issue that need no browser. The volume is a made head of
// 512 × 512 × 300; a real one is named by CASEROOM_BENCH_HEAD (a .nii.gz) and then added.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import { BRICK } from "../../core/mask/brick.ts";
import { fromDense } from "../../core/mask/labelmap.ts";
import type { Grid } from "../../core/space/grid.ts";
import { bitBoxOfDense } from "../../core/surface/bitBox.ts";
import { BrickSurface } from "../../core/surface/brickSurface.ts";
import { NetsKernel } from "../../core/surface/netsKernel.ts";
import { NetsTwin } from "../../core/surface/netsTwin.ts";
import { countSelfIntersections } from "../../core/surface/selfIntersections.ts";
import { simplifyWithin } from "../../core/surface/simplify.ts";
import { soundnessOf } from "../../core/surface/soundness.ts";
import { defaultSmooth, marginsOf, meshOfNets, surfaceOfBits } from "../../core/surface/surfaceNets.ts";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { alternate, quantile, report, type Row } from "./measure.ts";

const peerScript = `
import sys, json, time, numpy as np, vtk
from vtk.util import numpy_support as ns
nx, ny, nz = map(int, sys.argv[2:5])
a = np.fromfile(sys.argv[1], dtype=np.int16)
def image(arr):
    im = vtk.vtkImageData(); im.SetDimensions(nx, ny, nz); im.GetPointData().SetScalars(ns.numpy_to_vtk(arr, deep=0)); return im
ct = image(a); m = (a >= 226).astype(np.uint8); mask = image(m)
print(json.dumps({"version": vtk.vtkVersion().GetVTKVersion()}), flush=True)
for line in sys.stdin:
    kind, threads = line.split(); vtk.vtkSMPTools.Initialize(int(threads))
    if kind == "fe": f = vtk.vtkFlyingEdges3D(); f.SetInputData(ct); f.SetValue(0, 225.5); f.ComputeNormalsOff(); f.ComputeGradientsOff()
    else: f = vtk.vtkDiscreteFlyingEdges3D(); f.SetInputData(mask); f.SetValue(0, 1); f.ComputeNormalsOff(); f.ComputeGradientsOff()
    t = time.perf_counter(); f.Update(); ms = (time.perf_counter() - t) * 1000
    print(json.dumps({"ms": ms, "triangles": f.GetOutput().GetNumberOfPolys()}), flush=True)
`;

/** VTK in a process of its own, asked line by line; undefined where it is not installed. */
async function startPeer(file: string, dims: readonly number[]) {
  if (!existsSync("/usr/bin/python3")) return undefined;
  const child = spawn("/usr/bin/python3", ["-c", peerScript, file, ...dims.map(String)], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return undefined;
  const { version } = JSON.parse(first.value) as { version: string };
  return {
    version,
    ask: async (kind: "fe" | "discrete", threads: number): Promise<number> => {
      child.stdin.write(`${kind} ${threads}\n`);
      return (JSON.parse((await lines.next()).value as string) as { ms: number }).ms;
    },
    end: () => { child.stdin.end(); },
  };
}

/** A skull of two tables with a textured middle, noise everywhere; seeded. */
function madeHead(): { grid: Grid; hu: Int16Array } {
  const dims = [512, 512, 300] as const, hu = new Int16Array(dims[0] * dims[1] * dims[2]);
  let seed = 12345;
  for (let z = 0, i = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++, i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    const dx = (x - 255.5) / 190, dy = (y - 255.5) / 220, dz = (z - 150) / 140, r = Math.sqrt(dx * dx + dy * dy + dz * dz), noise = (seed >> 24) / 4;
    const texture = 120 * Math.sin(x / 5) * Math.sin(y / 6) * Math.sin(z / 4);
    const shell = r > 0.93 && r < 0.95 ? 1200 : r > 0.97 && r < 1 ? 1300  : r >= 0.95 && r <= 0.97 ? 300 + texture : r < 0.93 ? 40 : -1000;
    hu[i] = x === 0 || y === 0 || z === 0 || x === 511 || y === 511 || z === 299 ? -1000 : Math.round(shell + noise);
  }
  return { grid: { dims, spacing: [0.45, 0.45, 0.6], origin: [0, 0, 0] }, hu };
}

const rows: Row[] = [];
const dir = mkdtempSync(join(tmpdir(), "caseroom-bench-"));
let vtk = "absent";

async function measure(name: string, { grid, hu }: { grid: Grid; hu: Int16Array }): Promise<void> {
  const file = join(dir, "volume.raw"), margins = marginsOf(grid), [nx, ny, nz] = grid.dims;
  writeFileSync(file, new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength));
  const peer = await startPeer(file, grid.dims);
  if (peer) vtk = peer.version;
  const kernel = new NetsKernel(), twin = new NetsTwin();
  let triangles = 0;
  const whole = () => {
    const nets = kernel.netsOfVolume(grid.dims, 226, 32767, margins);
    triangles = 2 * nets.quadCount;
    kernel.viewOf(nets, [0, 0, 0], grid);
  };
  kernel.volumeRoom(hu.length).set(hu);
  const sides: Record<string, () => number | void | Promise<number>> = {
    kernel: whole,
    twin: () => { const found = bitBoxOfDense(grid, hu, 226, 32767); if (found) meshOfNets(twin.netsOf(found.box, margins), found.box, grid); },
    ...(peer ? { vtk: () => peer.ask("fe", 1) } : {}),
  };
  const t = await alternate(sides, 5, 2), vtkMs = peer ? t.vtk.medianMs : undefined;
  rows.push(
    { what: `${name}: int16 to closed mesh, WASM, 1 thread (${(triangles / 1e6).toFixed(2)} M triangles)`, ours: t.kernel.medianMs, peer: vtkMs, ratio: vtkMs && vtkMs / t.kernel.medianMs, unit: "ms", target: "≥ 4×", met: vtkMs ? vtkMs / t.kernel.medianMs >= 4 : null, note: `first ${t.kernel.firstMs.toFixed(0)} ms; volume and mesh in the kernel's memory` },
    { what: `${name}: int16 to closed mesh, TypeScript twin, 1 thread`, ours: t.twin.medianMs, peer: vtkMs, ratio: vtkMs && vtkMs / t.twin.medianMs, unit: "ms", target: "≥ 1.8×", met: vtkMs ? vtkMs / t.twin.medianMs >= 1.8 : null, note: `first ${t.twin.firstMs.toFixed(0)} ms` },
  );

  const dense = new Uint8Array(hu.length);
  for (let i = 0; i < dense.length; i++) dense[i] = hu[i] >= 226 ? 1 : 0;
  for (const smooth of [0, defaultSmooth]) {
    const { bricks } = fromDense(grid, dense);
    const surface = new BrickSurface(grid, 1, { smooth });
    for (const [index, content] of bricks) surface.setBrick(index, content);
    let begin = performance.now();
    surface.refresh();
    const allMs = performance.now() - begin, nbx = Math.ceil(nx / BRICK), nby = Math.ceil(ny / BRICK), stroke: number[] = [], changed: number[] = [], discrete: number[] = [];
    for (let round = 0; round < 40; round++) {
      // 100 px along x, r = 10, through the skull's wall: what a brush does to bricks, then the re-mesh.
      const cy = Math.round(ny * (0.2 + 0.6 * ((round * 7) % 11) / 11)), cz = Math.round(nz * (0.3 + 0.4 * ((round * 5) % 13) / 13)), x0 = Math.round(nx * 0.1) + ((round * 37) % Math.round(nx * 0.6)), value = round % 2;
      begin = performance.now();
      const touched = new Set<number>();
      for (let dz = -10; dz <= 10; dz++) for (let dy = -10; dy <= 10; dy++) {
        const room = 100 - dy * dy - dz * dz, y = cy + dy, z = cz + dz;
        if (room < 0 || y < 1 || z < 1 || y >= ny - 1 || z >= nz - 1) continue;
        const reach = Math.floor(Math.sqrt(room)), from = Math.max(1, x0 - reach), to = Math.min(nx - 1, x0 + 100 + reach);
        for (let x = from; x < to; ) {
          const index = (x >> 5) + nbx * ((y >> 5) + nby * (z >> 5)), end = Math.min(to, (x | 31) + 1);
          let content = bricks.get(index);
          if (!content) bricks.set(index, content = new Uint8Array(BRICK * BRICK * BRICK));
          const at = ((z & 31) * BRICK + (y & 31)) * BRICK;
          content.fill(value, at + (x & 31), at + (x & 31) + end - x);
          touched.add(index);
          x = end;
        }
      }
      for (const index of touched) surface.setBrick(index, bricks.get(index));
      changed.push(surface.refresh().length);
      stroke.push(performance.now() - begin);
      if (peer && round % 4 === 0) discrete.push(await peer.ask("discrete", 2));
    }
    const steady = stroke.slice(10), ours = quantile(steady, 0.5), p95 = quantile(steady, 0.95), whole2 = discrete.length ? quantile(discrete, 0.5) : undefined;
    rows.push({
      what: `${name}: stroke r=10 × 100 px, apply + re-mesh, smooth ${smooth}, median`, ours, peer: whole2, ratio: whole2 && whole2 / ours, unit: "ms", target: "≥ 100×", met: whole2 ? whole2 / ours >= 100 : null,
      note: `${quantile(changed, 0.5)} bricks; all bricks at first ${allMs.toFixed(0)} ms; peer DiscreteFlyingEdges3D, 2 threads`,
    }, { what: `${name}: the same, smooth ${smooth}, p95`, ours: p95, peer: whole2, ratio: whole2 && whole2 / p95, unit: "ms", target: "≥ 50×", met: whole2 ? whole2 / p95 >= 50 : null });
    begin = performance.now();
    const none = surface.refresh().length;
    rows.push({ what: `${name}: nothing changed`, ours: performance.now() - begin, unit: "ms", target: "≤ 50 ms, 0 bricks", met: none === 0 && performance.now() - begin <= 50 });
  }
  peer?.end();
}

await measure("made head", madeHead());
const real = process.env.CASEROOM_BENCH_HEAD;
if (real && existsSync(real)) {
  const head = canonicalVolume(decodeNifti(gunzipSync(readFileSync(real)))), found = bitBoxOfDense(head.grid, head.hu, 226, 32767);
  await measure("head CT", head);
  if (found) {
    const mesh = surfaceOfBits(found.box, head.grid, { smooth: defaultSmooth });
    let begin = performance.now();
    soundnessOf(mesh);
    rows.push({ what: "head CT: soundness", ours: performance.now() - begin, unit: "ms", note: `${mesh.triangles.length / 3} triangles` });
    begin = performance.now();
    const crossings = countSelfIntersections(mesh);
    rows.push({ what: "head CT: self-intersections", ours: performance.now() - begin, unit: "ms", note: `${crossings} found` });
    begin = performance.now();
    const { report: made } = await simplifyWithin(mesh, 0.1);
    rows.push({ what: "head CT: simplify, two-sided p99.9 ≤ 0.1 mm", ours: performance.now() - begin, unit: "ms", target: "≤ 10 s", met: performance.now() - begin <= 10_000 && made.p999Mm <= 0.1, note: `${made.trianglesBefore} → ${made.trianglesAfter} triangles, p99.9 ${made.p999Mm.toFixed(3)} mm, maximum ${made.maxMm.toFixed(3)} mm, ${made.droppedComponents} components dropped` });
  }
}
rmSync(dir, { recursive: true, force: true });
report("surface", rows, { vtk });
