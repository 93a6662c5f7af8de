import { dicomSlice, element } from "../workers/import/dicomWriter.ts";

type Vector = readonly [number, number, number];
/** HU at a place of the room, mm: x to the patient's left, y to the back, z to the head, from the middle of the scan. */
export type Scene = (x: number, y: number, z: number) => number;
export interface Scanner {
  /** The gantry's tilt, degrees. */
  tiltDeg?: number;
  side?: number; pixelMm?: number; slices?: number; gapMm?: number;
  /** Where slice k lies instead of in its even place, mm further. */
  asideMm?: (k: number) => number;
  /** HU written outside the circle that is measured; whether files declare it as padding; the circle's middle in mm and radius. */
  fill?: number; isDeclared?: boolean; circle?: { x: number; y: number; radius: number };
  /** What the patient does before slice k, mm. */
  moved?: (k: number) => Vector;
  /** HU of what lies outside the scene's body, as a scanner cuts it off; noise where it is null. */
  airHu?: number | null;
  extra?: Uint8Array[];
}
const stored = (hu: number) => Math.round(hu) + 4096;

/** A scene as a scanner's slices, feet first, the gantry tilted about the patient's left-right axis. */
export function scannedScene(scene: Scene, { tiltDeg = 0, side = 96, pixelMm = 1.5, slices = 48, gapMm = 2, asideMm = () => 0, fill, isDeclared = false, circle, moved = () => [0, 0, 0], airHu = null, extra = [] }: Scanner = {}): Uint8Array[] {
  const angle = tiltDeg * Math.PI / 180, column: Vector = [0, Math.cos(angle), Math.sin(angle)], half = (side - 1) / 2 * pixelMm, tags = [
    element(8, 0x22, "DA", "20251215"), element(8, 0x70, "LO", "SIEMENS"), element(0x18, 0x1210, "SH", "Br40d"), element(0x18, 0x5100, "CS", "HFS"), element(0x18, 0x9311, "FD", new Uint8Array(Float64Array.of(0.8).buffer)), element(0x20, 0x52, "UI", "1.2.5"),
  ];
  return Array.from({ length: slices }, (_, k) => {
    const height = (k - (slices - 1) / 2) * gapMm + asideMm(k), pixels = new Uint16Array(side * side), [mx, my, mz] = moved(k);
    for (let j = 0, p = 0; j < side; j++) for (let i = 0; i < side; i++, p++) {
      const u = i * pixelMm - half, v = j * pixelMm - half;
      if (fill !== undefined && Math.hypot(u - (circle?.x ?? 0), v - (circle?.y ?? 0)) > (circle?.radius ?? side * pixelMm / 2)) { pixels[p] = stored(fill); continue; }
      const hu = scene(u - mx, v * column[1] - my, height + v * column[2] - mz);
      pixels[p] = stored(hu <= -1000 ? airHu ?? -1000 + (7 * i + 11 * j + 5 * k) % 9 : hu);
    }
    return dicomSlice({
      z: 0, index: k, columns: side, rows: side, pixelSpacing: [pixelMm, pixelMm], thickness: "1", stored: pixels, bits: 14, intercept: "-4096", ...isDeclared && fill !== undefined ? { padding: stored(fill) } : {},
      place: { position: [-half, -half * column[1], height - half * column[2]], orientation: [1, 0, 0, ...column] }, extra: [...tags, ...extra],
    });
  });
}

const edge = (at: number, r: number) => Math.max(0, Math.min(1, (at - r) / 1.5 + 0.5));
/** A skull of 40 mm and brain in it, its edges soft; or a tube of it that goes on upwards without end. */
export const skull = ({ isOpen = false, x: cx = 0, y: cy = 0 } = {}): Scene => (x, y, z) => {
  const r = Math.hypot(x - cx, (y - cy) / 1.1, isOpen && z > 0 ? 0 : z / 1.1);
  return -1000 + 1900 * edge(40, r) - 860 * edge(34, r);
};
