import { bilinear, directionAt } from "./chart.ts";
import type { Domain } from "./domain.ts";
import type { Survey } from "./survey.ts";
import { radiusOf, type Tables } from "./tables.ts";
import { dot, frameOf, plus, unit, type Vec } from "./vector.ts";

/** Steepest tilt of the insertion axis against the opening's middle that is tried: tan 30°. */
const mostTilt = 0.58;

/**
 * The direction out of the head along which least of the opening lies under bone: over a grid of tilts, the sum of the
 * map cells that lie inside the opening in one layer and under bone in a higher one. Ties go to the smaller tilt.
 */
export function leastUndercutAxis(survey: Survey, tables: Tables, domain: Domain): Vec {
  const { chart } = survey, { nodes, layers, distance } = domain, [t1, t2] = frameOf(chart.axis);
  const cells: { u: number; v: number; d: Vec; eu: Vec; ev: Vec; thick: number; layer: number }[] = [];
  const last = layers.length - 1;
  for (let b = 1; b < nodes.nv - 1; b += 2) for (let a = 1; a < nodes.nu - 1; a += 2) {
    const at = a + nodes.nu * b;
    // Cells deep inside the opening cannot come under bone.
    const layer = [0, 2].find((l) => distance[l][at] < 0 && distance[l][at] > -4);
    if (layer === undefined) continue;
    const u = nodes.u0 + a * nodes.step, v = nodes.v0 + b * nodes.step, d = directionAt(chart, u, v);
    const eu = unit(plus(directionAt(chart, u + 1, v), d, -1)), ev = unit(plus(directionAt(chart, u, v + 1), d, -1));
    cells.push({ u, v, d, eu, ev, thick: radiusOf(tables, "outer", u, v) - radiusOf(tables, "inner", u, v), layer });
  }
  const hidden = (axis: Vec): number => {
    let sum = 0;
    for (const { u, v, d, eu, ev, thick, layer } of cells) {
      const along = Math.max(0.2, dot(axis, d)), rise = (layers[last] - layers[layer]) * thick;
      const over = bilinear(nodes, distance[last], u + rise * dot(axis, eu) / along, v + rise * dot(axis, ev) / along);
      if (over > 0) sum += Math.min(2, over);
    }
    return sum;
  };
  let best: Vec = chart.axis, least = hidden(best) * 0.98;
  const steps = 5;
  for (let i = -steps; i <= steps; i++) for (let j = -steps; j <= steps; j++) {
    if (i * i + j * j > steps * steps) continue;
    const axis = unit(plus(plus(chart.axis, t1, i / steps * mostTilt), t2, j / steps * mostTilt));
    const cost = hidden(axis) + 0.02 * (i * i + j * j);
    if (cost < least - 1e-9) { least = cost; best = axis; }
  }
  return best;
}
