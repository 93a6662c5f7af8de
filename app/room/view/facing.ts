import type { RasPoint } from "../../../core/space/grid.ts";
import type { Camera } from "../roomStore.ts";

/** How far beside the direct line one looks, so that depth is seen, degrees. */
const besideDeg = 20;

/** The view that has a point of the volume in front: from outside along the line from the middle. */
export function facing(middle: RasPoint, point: readonly [number, number, number]): Camera {
  const [x, y, z] = [point[0] - middle[0], point[1] - middle[1], point[2] - middle[2]];
  const across = Math.hypot(x, y), azimuth = 180 + (Math.atan2(x, y) * 180) / Math.PI;
  // Towards the face, where people know their way.
  const towardsFace = azimuth > 180 ? -besideDeg : besideDeg;
  return { azimuth: (azimuth + (Math.abs(azimuth - 180) > besideDeg ? towardsFace : 0) + 360) % 360, elevation: Math.max(-30, Math.min(60, (Math.atan2(z, across) * 180) / Math.PI)) };
}
