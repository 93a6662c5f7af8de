import { cellsFrom } from "./cells.ts";
import { solved } from "./head.ts";

/**
 * The mirrored side is followed in what is broader than this, mm (standard deviation of the mean over its surroundings):
 * the vault's form and the thickness of its regions are alike on both sides; grooves of vessels, pits of arachnoid granulations
 * and a suture's turns are each side's own.
 */
const alikeMm = 4;
/** How far from the gap the surroundings count half where the two sides are compared, mm, and from where on they count alike. */
const nearMm = 12, ringMm = 28;
/** A difference between the sides from which on it counts less, mm. */
const outlierMm = 0.6;
const fitRounds = 4;

/** One pass of a [1 2 1]² mean over what is known; unknown stays unknown. Its variance is half a node squared. */
function softened(values: Float64Array, nu: number, nv: number): Float64Array {
  const out = new Float64Array(values.length).fill(NaN);
  for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) {
    if (Number.isNaN(values[a + nu * b])) continue;
    let sum = 0, weight = 0;
    for (let y = Math.max(0, b - 1); y <= Math.min(nv - 1, b + 1); y++) for (let x = Math.max(0, a - 1); x <= Math.min(nu - 1, a + 1); x++) {
      const value = values[x + nu * y];
      if (Number.isNaN(value)) continue;
      const w = (x === a ? 2 : 1) * (y === b ? 2 : 1);
      sum += w * value;
      weight += w;
    }
    out[a + nu * b] = sum / weight;
  }
  return out;
}

/** The mean of a field over so many passes. */
export function softenedBy(passes: number, values: Float64Array, nu: number, nv: number): Float64Array {
  let out = values;
  for (let i = 0; i < passes; i++) out = softened(out, nu, nv);
  return out;
}

/**
 * The quadratic in the two map directions that a difference of two tables follows round the gap: iterated least squares, by
 * distance from the gap, far-off differences counting less. Value at a node; 0 where there is nothing to fit.
 */
function quadraticRound(difference: Float64Array, fromGap: Float64Array, nu: number, nv: number, step: number): (at: number) => number {
  const terms = (at: number): number[] => {
    const u = 2 * (at % nu) / nu - 1, v = 2 * Math.floor(at / nu) / nv - 1;
    return [1, u, v, u * u, u * v, v * v];
  };
  let fit = [0, 0, 0, 0, 0, 0];
  const valueOf = (t: readonly number[]): number => t.reduce((sum, x, i) => sum + x * fit[i], 0);
  for (let round = 0; round < fitRounds; round++) {
    const rows = fit.map(() => [0, 0, 0, 0, 0, 0, 0]);
    for (let at = 0; at < difference.length; at++) {
      const d = difference[at], mm = fromGap[at] * step / nearMm;
      if (Number.isNaN(d)) continue;
      const t = terms(at), weight = (round === 0 ? 1 : Math.min(1, outlierMm / Math.max(0.01, Math.abs(d - valueOf(t))))) / (1 + mm * mm);
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) rows[i][j] += weight * t[i] * t[j];
        rows[i][6] += weight * t[i] * d;
      }
    }
    // Keeps a fit to a few nodes small.
    rows.forEach((row, i) => { row[i] += 1e-3; });
    fit = solved(rows);
  }
  return (at) => valueOf(terms(at));
}

/**
 * What a table should look like across the gap, after the mirrored side: its broad form, laid to the bone round the gap. A head
 * is never quite symmetric, nor its plane of symmetry quite true; what that does to a table changes slowly over the vault, so
 * a quadratic takes it up.
 * @param mirror the mirrored table, one value a node, NaN where it is missing
 * @param data the table round the gap, likewise
 * @param step mm between nodes
 */
export function guideOf(mirror: Float64Array, data: Float64Array, nu: number, nv: number, step: number): Float64Array {
  const broad = softenedBy(Math.round(2 * (alikeMm / step) * (alikeMm / step)), mirror, nu, nv);
  const isInner = (at: number) => at % nu > 0 && at % nu < nu - 1 && at >= nu && at < nu * (nv - 1);
  const fromGap = cellsFrom((at) => Number.isNaN(data[at]) && isInner(at), nu, nv, ringMm / step);
  const offset = quadraticRound(Float64Array.from(data, (r, at) => r - broad[at]), fromGap, nu, nv, step);
  return Float64Array.from(broad, (r, at) => r + offset(at));
}
