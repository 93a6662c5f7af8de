import { resampleStack } from "../space/resampleStack.ts";
import type { Derivation } from "./derivation.ts";
import { deface, type DefaceFacts } from "./deface.ts";
import { DeriveError } from "./deriveError.ts";
import { anisotropic, gaussian, medianOf27, type HuVolume } from "./filters.ts";
import { recordedTurn, reorient, turnOf } from "./reorient.ts";
import { removeTable } from "./removeTable.ts";

export { DeriveError };
/** What an import's report says of the geometry: LPS positions in scan order, and the longest even run. */
export interface ScanGeometry { positions: readonly (readonly number[])[]; orientation: readonly number[]; tiltDeg: number; run: { slices: number; fromMm: number } }

const airHu = -1024, mostVoxels = 268_435_456;
type Corner = readonly [number, number, number];

/** The voxels between two corners, both within; the values as they are. @throws DeriveError */
export function crop({ grid, hu }: HuVolume, low: Corner, high: Corner): HuVolume {
  const { dims, spacing, origin } = grid, size = [0, 1, 2].map((axis) => high[axis] - low[axis] + 1);
  if (size.some((n, axis) => n < 3 || low[axis] < 0 || high[axis] >= dims[axis])) throw new DeriveError(`The box ${low.join(", ")} to ${high.join(", ")} does not lie in the volume (${dims.join(" × ")}) with at least 3 voxels along each axis.`);
  const [nx, ny, nz] = size, out = new Int16Array(nx * ny * nz);
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const from = low[0] + dims[0] * (y + low[1] + dims[1] * (z + low[2]));
    out.set(hu.subarray(from, from + nx), nx * (y + ny * z));
  }
  return { grid: { dims: [nx, ny, nz], spacing, origin: [origin[0] + low[0] * spacing[0], origin[1] + low[1] * spacing[1], origin[2] + low[2] * spacing[2]] }, hu: out };
}

/** Voxels of one edge length, by the way of tilted series: cubic in the plane, the slabs' parabola across. */
export function isotropic({ grid, hu }: HuVolume, edgeMm: number, onPlane?: (fraction: number) => void): HuVolume & { roundedHu: number } {
  const { dims, spacing, origin } = grid;
  const size = [0, 1, 2].map((axis) => Math.floor((dims[axis] - 1) * spacing[axis] / edgeMm + 1e-6) + 1), voxels = size[0] * size[1] * size[2];
  if (!(voxels <= mostVoxels)) throw new DeriveError(`Cubes of ${edgeMm} mm would make ${voxels} voxels; the limit is ${mostVoxels}.`);
  if (size.some((n) => n < 3)) throw new DeriveError(`Cubes of ${edgeMm} mm would leave fewer than 3 along an axis.`);
  const target = { dims: [size[0], size[1], size[2]] as const, spacing: [edgeMm, edgeMm, edgeMm] as const, origin };
  const corners = Array.from({ length: dims[2] }, (_, k): Corner => [origin[0], origin[1], origin[2] + k * spacing[2]]);
  const { hu: values, roundedHu } = resampleStack({ columns: dims[0], rows: dims[1], hu, corners, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], columnMm: spacing[0], rowMm: spacing[1] }, target, airHu, onPlane);
  return { grid: target, hu: values, roundedHu };
}

/**
 * The planes of the longest even run alone. An uneven series' grid continues that run (core/checks/series), so they are its
 * slices bit for bit, as if the others had never been given. @throws DeriveError
 */
export function regularPart(volume: HuVolume, scan: ScanGeometry): HuVolume {
  const { grid } = volume, [a, b, c, d, e, f] = scan.orientation, normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const axis = [0, 1, 2].reduce((best, i) => Math.abs(normal[i]) > Math.abs(normal[best]) ? i : best, 0);
  if (scan.tiltDeg > 0.1 || Math.abs(normal[axis]) < 0.999) throw new DeriveError("The series is tilted or oblique; its slices are not planes of the volume. Import it again with the regular part only.");
  const along = scan.positions.map((p) => p[0] * normal[0] + p[1] * normal[1] + p[2] * normal[2]), first = along.findIndex((mm) => Math.abs(mm - scan.run.fromMm) < 0.005), last = first + scan.run.slices - 1;
  if (first < 0 || last >= along.length) throw new DeriveError("The report does not tell where the even run lies.");
  const planeOf = (slice: number) => {
    const ras = axis === 2 ? scan.positions[slice][2] : 0 - scan.positions[slice][axis], plane = Math.round((ras - grid.origin[axis]) / grid.spacing[axis]);
    if (Math.abs(grid.origin[axis] + plane * grid.spacing[axis] - ras) > 0.01) throw new DeriveError("The slices of the even run are not planes of this volume.");
    return plane;
  };
  const ends = [planeOf(first), planeOf(last)], low: [number, number, number] = [0, 0, 0], high: [number, number, number] = [grid.dims[0] - 1, grid.dims[1] - 1, grid.dims[2] - 1];
  low[axis] = Math.min(...ends);
  high[axis] = Math.max(...ends);
  return crop(volume, low, high);
}

/** A volume made of another; `turn`: how its positions differ from the first one's, `roundedHu`: the greatest rounding of a resampled value, `deface`: what was covered, `covered`: 1 for each voxel under the cover. */
export interface DerivedVolume extends HuVolume { turn?: ReturnType<typeof recordedTurn>; roundedHu?: number; outside?: number; deface?: DefaceFacts; covered?: Uint8Array }

/** Makes one volume of another. Deterministic; the original is not touched. @throws DeriveError */
export function derive(volume: HuVolume, how: Derivation, scan: ScanGeometry | null, onPlane?: (fraction: number) => void): DerivedVolume {
  switch (how.op) {
    case "regularPart":
      if (!scan) throw new DeriveError("Only a DICOM series has an even run of slices.");
      return regularPart(volume, scan);
    case "crop": return crop(volume, how.low, how.high);
    case "isotropic": return isotropic(volume, how.spacingMm, onPlane);
    case "median": return medianOf27(volume, onPlane);
    case "gaussian": return gaussian(volume, how.sigmaMm, onPlane);
    case "anisotropic": return anisotropic(volume, how.edgeHu, how.steps, onPlane);
    case "removeTable": return removeTable(volume, onPlane);
    case "deface": {
      const { facts, ...made } = deface(volume, null, onPlane);
      return { ...made, deface: facts };
    }
    case "reorient": {
      const turn = turnOf(volume, how.plane);
      return { ...reorient(volume, turn, onPlane), turn: recordedTurn(volume.grid, turn) };
    }
  }
}
