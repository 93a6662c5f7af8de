import { rasPoint, type RasPoint } from "../../space/grid.ts";
import { brickIndex } from "../brick.ts";
import type { BrickSource } from "../masking.ts";
import { type Row, screenFrame } from "./frame.ts";

/**
 * Where the line of sight through a point of the picture first meets a voxel that is seen: RAS mm, on that voxel's face.
 * Voxels are walked one after the other (Amanatides and Woo 1987).
 * @param view pixels across and down of RAS mm
 * @param isSeen whether the surface of a label value is shown
 */
export function pickedPoint(source: BrickSource, view: { across: Row; down: Row }, [px, py]: readonly [number, number], isSeen: (label: number) => boolean): RasPoint | undefined {
  const { grid } = source, { across, down, toward } = screenFrame(view), [ax, ay, az] = across, [dx, dy, dz] = down;
  // A point of the line: the combination of both pixel directions that lies at (px, py).
  const aa = ax * ax + ay * ay + az * az, ad = ax * dx + ay * dy + az * dz, dd = dx * dx + dy * dy + dz * dz, u = px - across[3], v = py - down[3], det = aa * dd - ad * ad;
  const s = (u * dd - v * ad) / det, t = (v * aa - u * ad) / det, base = [s * ax + t * dx, s * ay + t * dy, s * az + t * dz];
  // Looking away from the viewer, in voxel coordinates; a voxel reaches half a step to each side of its centre.
  const from = [0, 1, 2].map((a) => (base[a] - grid.origin[a]) / grid.spacing[a]), step = [0, 1, 2].map((a) => -toward[a] / grid.spacing[a]);
  let enter = -Infinity, leave = Infinity;
  for (let a = 0; a < 3; a++) {
    if (step[a] === 0) { if (from[a] < -0.5 || from[a] >= grid.dims[a] - 0.5) return undefined; continue; }
    const one = (-0.5 - from[a]) / step[a], other = (grid.dims[a] - 0.5 - from[a]) / step[a];
    enter = Math.max(enter, Math.min(one, other));
    leave = Math.min(leave, Math.max(one, other));
  }
  if (!(enter < leave)) return undefined;
  const voxel = [0, 1, 2].map((a) => Math.max(0, Math.min(grid.dims[a] - 1, Math.floor(from[a] + step[a] * enter + 0.5))));
  for (let now = enter; now < leave;) {
    const content = source.brick(brickIndex(grid, voxel[0] >> 5, voxel[1] >> 5, voxel[2] >> 5));
    const label = content?.[(voxel[0] & 31) + ((voxel[1] & 31) << 5) + ((voxel[2] & 31) << 10)] ?? 0;
    if (label !== 0 && isSeen(label)) return rasPoint(base[0] - toward[0] * now, base[1] - toward[1] * now, base[2] - toward[2] * now);
    // Through the nearest of the three faces ahead.
    let next = Infinity, axis = -1;
    for (let a = 0; a < 3; a++) {
      if (step[a] === 0) continue;
      const face = (voxel[a] + (step[a] > 0 ? 0.5 : -0.5) - from[a]) / step[a];
      if (face < next) { next = face; axis = a; }
    }
    voxel[axis] += step[axis] > 0 ? 1 : -1;
    if (voxel[axis] < 0 || voxel[axis] >= grid.dims[axis]) return undefined;
    now = next;
  }
  return undefined;
}
