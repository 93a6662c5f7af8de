import { describe, expect, it } from "vitest";
import { bitBoxOfDense } from "../../../core/surface/bitBox.ts";
import { deviationOf } from "../../../core/surface/deviation.ts";
import { surfaceOfBits } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const spacing = [0.5, 0.7, 1.25] as const, size = [14, 11, 9] as const, grid = { dims: size, spacing, origin: [-90.25, 37.5, 411] as const };

/** Distance of a point (RAS mm) to the nearest face between a voxel that is in and one that is not, all tried. */
function toFaces(mask: Int16Array, point: readonly number[]): number {
  const [nx, ny, nz] = size, at = (x: number, y: number, z: number) => (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? 0 : mask[x + nx * (y + ny * z)]);
  let best = Infinity;
  for (let z = -1; z <= nz; z++) for (let y = -1; y <= ny; y++) for (let x = -1; x <= nx; x++) for (let axis = 0; axis < 3; axis++) {
    const cell = [x, y, z], next = cell.map((n, i) => n + (i === axis ? 1 : 0));
    if (at(x, y, z) === at(next[0], next[1], next[2])) continue;
    const off = point.map((p, i) => { const d = Math.abs((p - grid.origin[i]) / spacing[i] - cell[i] - (i === axis ? 0.5 : 0)); return spacing[i] * (i === axis ? d : Math.max(0, d - 0.5)); });
    best = Math.min(best, Math.hypot(...off));
  }
  return best;
}

describe("MQ4: the deviation of a mask's surface", () => {
  it("is never less than the distance to the mask's faces, nearly that, and goes with the voxels' volume to the last", () => {
    const next = randomOf(6);
    for (const [density, smooth] of [[0.5, 0], [0.3, 0.5], [0.8, 1]] as const) {
      const mask = Int16Array.from({ length: size[0] * size[1] * size[2] }, () => (next() < density ? 1 : 0)), voxels = mask.reduce((sum, v) => sum + v, 0);
      const mesh = surfaceOfBits(bitBoxOfDense(grid, mask, 1)!.box, grid, { smooth }), told = deviationOf(mesh, grid);
      expect(told.maskVolumeMm3).toBeCloseTo(voxels * spacing[0] * spacing[1] * spacing[2], 9);
      let sum = 0, max = 0;
      const count = mesh.positions.length / 3, step = 7;
      for (let v = 0; v < count; v += step) { const mm = toFaces(mask, [...mesh.positions.subarray(3 * v, 3 * v + 3)]); sum += mm; max = Math.max(max, mm); }
      expect(told.maxMm).toBeGreaterThanOrEqual(max - 1e-4);
      // A vertex knows the faces of its own sheet alone: another sheet's may lie nearer, seldom.
      expect(Math.abs(told.meanMm / (sum / Math.ceil(count / step)) - 1)).toBeLessThan(0.1);
      expect(told.p95Mm).toBeGreaterThan(told.meanMm);
    }
  });

  it("of one voxel is a third of an edge; a vertex that is moved away is seen; what is no surface of a mask is refused", () => {
    const unit = { dims: [3, 3, 3] as const, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const }, one = new Int16Array(27);
    one[13] = 1;
    const mesh = surfaceOfBits(bitBoxOfDense(unit, one, 1)!.box, unit), told = deviationOf(mesh, unit);
    // Each vertex lies at the mean of three crossings: (1/6, 1/6, 1/6) from the voxel's centre, whose faces are 1/2 off.
    expect([told.maskVolumeMm3, told.meanMm, told.maxMm].map((n) => Math.round(1000 * n) / 1000)).toEqual([1, 0.333, 0.333]);
    const moved = { positions: mesh.positions.slice(), triangles: mesh.triangles };
    moved.positions[0] -= 0.7;
    expect(deviationOf(moved, unit).maxMm).toBeCloseTo(0.7 - 1 / 3, 3);
    expect(() => deviationOf({ positions: mesh.positions, triangles: mesh.triangles.toReversed().slice(3, 9) }, { ...unit, spacing: [0.1, 0.1, 0.1] })).toThrow("not one of its masks");
  });
});
