import type { Grid } from "../../space/grid.ts";
import { ImplantRefused } from "../refusal.ts";
import type { Bone } from "./bone.ts";
import { chartOf, mapPosition } from "./chart.ts";
import { cubeCell, cubeDirection, cubeEdge, type Head } from "./head.ts";
import { cross, frameOf, plus, unit, type Vec } from "./vector.ts";

/** Where bone is missing, roughly: the direction of its middle and how far it reaches on the map. */
export interface Defect {
  axis: Vec;
  /** Greatest distance of a part from the middle, mm along the vault. */
  reachMm: number;
  centreRas: Vec;
  areaMm2: number;
  /** Voxels that may hold the missing bone; null where none were painted. */
  region: Uint8Array | null;
  /** Cells of the cube map that are open; null where a region was painted. */
  hole: ReadonlySet<number> | null;
}

/** Directions lower than this against the head's centre do not belong to the vault: orbits, nose and the great foramen lie there. */
const vaultFloor = -0.2;
/** JOBS.md: the only hole of at least 2 cm² is taken. */
export const leastAreaMm2 = 200;
/** Defects wider than this on the map leave too little skull around to follow. */
const greatestReachMm = 95;

const cellArea = (cell: number, radius: number): number => {
  const rest = cell % (cubeEdge * cubeEdge);
  const a = (2 * (rest % cubeEdge) + 1) / cubeEdge - 1, b = (2 * Math.floor(rest / cubeEdge) + 1) / cubeEdge - 1;
  const q = 1 + a * a + b * b;
  return 4 / (cubeEdge * cubeEdge) / (q * Math.sqrt(q)) * radius * radius;
};

function neighboursOf(cell: number): number[] {
  const d = cubeDirection(cell), [e1, e2] = frameOf(d), step = 2.2 / cubeEdge;
  return [cubeCell(plus(d, e1, step)), cubeCell(plus(d, e1, -step)), cubeCell(plus(d, e2, step)), cubeCell(plus(d, e2, -step))];
}

const angleMm = (a: Vec, b: Vec, radius: number): number => {
  // Length along the stereographic map, close to the arc for what a defect spans.
  const c = cross(a, b), s = Math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
  return 2 * radius * s / (1 + Math.max(-0.9, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]));
};

/** Holes of the vault, each with its area; one that runs out of the vault or of the volume is none. */
export function holesOf(head: Head): Defect[] {
  const seen = new Uint8Array(head.outer.length), holes: Defect[] = [];
  const isOpen = (cell: number) => Number.isNaN(head.outer[cell]);
  for (let from = 0; from < seen.length; from++) {
    if (seen[from] || !isOpen(from) || cubeDirection(from)[2] < vaultFloor) continue;
    const cells = [from];
    seen[from] = 1;
    let isClosed = true;
    for (let i = 0; i < cells.length; i++) {
      if (head.isCut[cells[i]]) isClosed = false;
      for (const next of neighboursOf(cells[i])) {
        if (seen[next] || !isOpen(next)) continue;
        if (cubeDirection(next)[2] < vaultFloor) { isClosed = false; continue; }
        seen[next] = 1;
        cells.push(next);
      }
    }
    const areaMm2 = cells.reduce((sum, cell) => sum + cellArea(cell, head.radiusMm), 0);
    if (!isClosed || areaMm2 < leastAreaMm2) continue;
    let sum: Vec = [0, 0, 0];
    for (const cell of cells) sum = plus(sum, cubeDirection(cell), cellArea(cell, 1));
    const axis = unit(sum);
    holes.push({ axis, areaMm2, region: null, hole: new Set(cells), centreRas: plus(head.centre, axis, head.radiusMm), reachMm: Math.max(...cells.map((cell) => angleMm(axis, cubeDirection(cell), head.radiusMm))) + 2 });
  }
  return holes;
}

/** The defect inside the voxels of one label value. */
function paintedDefect(grid: Grid, labels: Uint8Array, value: number, head: Head): Defect {
  const { dims: [nx, ny, nz], spacing, origin } = grid, region = new Uint8Array(labels.length);
  const directions: Vec[] = [];
  let sum: Vec = [0, 0, 0], count = 0;
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    if (labels[at] !== value) continue;
    region[at] = 1;
    count++;
    if ((i + j + k) % 3 !== 0 && count > 30) continue;
    const d = unit([origin[0] + i * spacing[0] - head.centre[0], origin[1] + j * spacing[1] - head.centre[1], origin[2] + k * spacing[2] - head.centre[2]]);
    directions.push(d);
    sum = plus(sum, d);
  }
  if (directions.length === 0) throw new ImplantRefused("region-absent", `The labelmap holds no voxel of the region's label value ${value}. Paint the defect, or leave \`region\` out.`, { region: value });
  const axis = unit(sum);
  const reachMm = directions.reduce((most, d) => Math.max(most, angleMm(axis, d, head.radiusMm)), 0);
  return { axis, reachMm, centreRas: plus(head.centre, axis, head.radiusMm), areaMm2: NaN, region, hole: null };
}

/** What is missing as far outside a drawn outline counts as well, mm: points lie on the edge, and walls slant below it. */
const outlineRoomMm = 6;
/** How far inward and outward of its points an outline reaches, mm: both tables, also where the vault bends between them. */
const outlineDepthMm = 18, outlineHeightMm = 10;

/** Whether a point of the map lies inside a polygon, or no farther outside than some mm. */
function isInOutline(polygon: readonly (readonly [number, number])[], u: number, v: number, roomMm: number): boolean {
  let isInside = false, nearest = Infinity;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [au, av] = polygon[j], [bu, bv] = polygon[i], du = bu - au, dv = bv - av;
    if ((av > v) !== (bv > v) && u < au + ((v - av) * du) / dv) isInside = !isInside;
    const t = Math.max(0, Math.min(1, ((u - au) * du + (v - av) * dv) / Math.max(1e-12, du * du + dv * dv))), x = u - au - t * du, y = v - av - t * dv;
    nearest = Math.min(nearest, x * x + y * y);
  }
  return isInside || nearest <= roomMm * roomMm;
}

/** The defect inside points on the bone, joined in their order, seen from the head's middle. */
function outlinedDefect({ dims: [nx, ny, nz], spacing, origin }: Grid, outline: readonly Vec[], head: Head): Defect {
  const arms = outline.map((p) => plus(p, head.centre, -1)), axis = unit(arms.reduce((sum, arm) => plus(sum, unit(arm)), [0, 0, 0] as Vec));
  const chart = chartOf(head.centre, axis, head.radiusMm), polygon = arms.map((arm) => mapPosition(chart, unit(arm)));
  const reaches = polygon.map(([u, v]) => Math.sqrt(u * u + v * v)), reachMm = Math.max(...reaches) + outlineRoomMm;
  const lengths = arms.map((arm) => Math.sqrt(arm[0] * arm[0] + arm[1] * arm[1] + arm[2] * arm[2]));
  const low = Math.max(0, Math.min(...lengths) - outlineDepthMm), high = Math.max(...lengths) + outlineHeightMm;
  const region = new Uint8Array(nx * ny * nz);
  let count = 0;
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const x = origin[0] + i * spacing[0] - head.centre[0], y = origin[1] + j * spacing[1] - head.centre[1], z = origin[2] + k * spacing[2] - head.centre[2];
    const along = x * axis[0] + y * axis[1] + z * axis[2], square = x * x + y * y + z * z;
    if (along <= 0 || square < low * low || square > high * high) continue;
    const [u, v] = mapPosition(chart, unit([x, y, z]));
    if (u * u + v * v > reachMm * reachMm || !isInOutline(polygon, u, v, outlineRoomMm)) continue;
    region[at] = 1;
    count++;
  }
  if (count === 0) throw new ImplantRefused("region-absent", "The outline lies outside the scanned volume. Draw it on the bone round the defect, or leave it out.", { points: outline.length });
  return { axis, reachMm, centreRas: plus(head.centre, axis, head.radiusMm), areaMm2: NaN, region, hole: null };
}

/**
 * The defect that the plan means: inside a painted region (its label value) or an outline (RAS mm), or where neither is
 * given, the only hole of at least 2 cm² in the vault.
 * @throws ImplantRefused region-absent, no-defect, several-defects, defect-too-large
 */
export function findDefect(bone: Bone, labels: Uint8Array, { region: regionValue, outline }: { region: number | null; outline: readonly Vec[] | null }, head: Head): Defect {
  let found: Defect;
  if (outline !== null) found = outlinedDefect(bone.grid, outline, head);
  else if (regionValue !== null) found = paintedDefect(bone.grid, labels, regionValue, head);
  else {
    const holes = holesOf(head);
    const list = holes.map(({ centreRas, areaMm2 }) => ({ centreRas: centreRas.map((mm) => Math.round(mm * 10) / 10), areaMm2: Math.round(areaMm2) }));
    if (holes.length === 0) throw new ImplantRefused("no-defect", "No hole of at least 2 cm² was found in the vault. Paint the defect as a segment and give its label value as `region`, or draw its outline.", { leastAreaMm2 });
    if (holes.length > 1) throw new ImplantRefused("several-defects", `The vault has ${holes.length} holes of at least 2 cm²: ${list.map((h) => `(${h.centreRas.join(", ")}) ${h.areaMm2} mm²`).join("; ")}. Paint the one that is meant and give its label value as \`region\`, or draw its outline.`, { defects: list });
    found = holes[0];
  }
  if (found.reachMm > greatestReachMm) throw new ImplantRefused("defect-too-large", `The defect reaches ${Math.round(found.reachMm)} mm from its middle; at most ${greatestReachMm} mm can be planned, as there is too little skull around it.`, { reachMm: found.reachMm, limitMm: greatestReachMm });
  return found;
}
