import type { Mesh } from "../../surface/mesh.ts";
import { bilinear, mapPosition } from "./chart.ts";
import type { ShellPlace } from "./field.ts";
import type { RimStation } from "./rimStations.ts";
import { radiusOf } from "./tables.ts";
import type { Vec } from "./vector.ts";

/** The step between a plate's outer surface and the bone's beside it (CR13), over the stations where whole bone lies beside the rim; mm, its size without sign. */
export interface StepOff {
  stations: number;
  /** Stations with no outer bone beside them: nothing to step to. */
  boneless: number;
  /** Signed: positive where the plate stands out. */
  meanSignedMm: number | null;
  meanMm: number | null;
  p95Mm: number | null;
  mostMm: number | null;
}

/** Bone is looked at this far outside the opening's edge on the outer table, mm: nearer to it a ray may meet the wall of the cut. */
const boneFromMm = 1, boneToMm = 4;
/** The plate's surface is looked at this far round a station, mm: beyond the rounding of its edge. */
const plateReachMm = 2.5;
/** So many rays have to meet bone beside a station. */
const fewestRays = 3;

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * The step-off at the rim, station by station: height of the plate's outer surface at the station less the median height of the
 * bone's outer surface beside it, both above the table that the plate was made on, so that the slope of the head is no step.
 * @param mesh the plate without tabs and holes
 */
export function stepOff(stations: readonly RimStation[], { positions: P }: Mesh, { survey, tables, domain }: ShellPlace): StepOff {
  const { chart, nodes, outer } = survey, { nu, nv, u0, v0, step } = nodes, edge = domain.distance[domain.layers.length - 1];
  const places = stations.map(({ edge: at }) => placeOf(at));
  // Where stations are near, the plate's highest point in each cell of the rays' grid.
  const isNear = new Uint8Array(nu * nv), top = new Float64Array(nu * nv).fill(-Infinity), reach = Math.ceil(boneToMm / step);
  const column = (u: number): number => Math.round((u - u0) / step), row = (v: number): number => Math.round((v - v0) / step);
  const around = (u: number, v: number, mm: number, see: (at: number) => void): void => {
    for (let b = Math.max(0, row(v) - reach); b <= Math.min(nv - 1, row(v) + reach); b++) for (let a = Math.max(0, column(u) - reach); a <= Math.min(nu - 1, column(u) + reach); a++) {
      const x = u0 + a * step - u, y = v0 + b * step - v;
      if (x * x + y * y <= mm * mm) see(a + nu * b);
    }
  };
  for (const { u, v } of places) around(u, v, plateReachMm, (at) => { isNear[at] = 1; });
  for (let i = 0; i < P.length; i += 3) {
    const { u, v, r } = placeOf([P[i], P[i + 1], P[i + 2]]), at = column(u) + nu * row(v);
    if (isNear[at]) top[at] = Math.max(top[at], r - radiusOf(tables, "outer", u, v));
  }
  const bone = outer.map((r, at) => {
    const u = u0 + (at % nu) * step, v = v0 + Math.floor(at / nu) * step;
    return bilinear(domain.nodes, edge, u, v) < boneFromMm ? NaN : r - radiusOf(tables, "outer", u, v);
  });
  const steps: number[] = [];
  for (const { u, v } of places) {
    let plate = -Infinity;
    const beside: number[] = [];
    around(u, v, plateReachMm, (at) => { plate = Math.max(plate, top[at]); });
    around(u, v, boneToMm, (at) => { if (!Number.isNaN(bone[at])) beside.push(bone[at]); });
    if (beside.length >= fewestRays && plate > -Infinity) steps.push(plate - median(beside));
  }
  const sizes = steps.map((mm) => Math.abs(mm)).sort((a, b) => a - b), n = sizes.length, mean = (values: readonly number[]) => values.reduce((sum, mm) => sum + mm, 0) / n;
  const none = { meanSignedMm: null, meanMm: null, p95Mm: null, mostMm: null };
  return { stations: n, boneless: stations.length - n, ...(n === 0 ? none : { meanSignedMm: mean(steps), meanMm: mean(sizes), p95Mm: sizes[Math.floor(0.95 * (n - 1))], mostMm: sizes[n - 1] }) };

  function placeOf(p: Vec): { u: number; v: number; r: number } {
    const x = p[0] - chart.centre[0], y = p[1] - chart.centre[1], z = p[2] - chart.centre[2], r = Math.sqrt(x * x + y * y + z * z) || 1;
    const [u, v] = mapPosition(chart, [x / r, y / r, z / r]);
    return { u, v, r };
  }
}
