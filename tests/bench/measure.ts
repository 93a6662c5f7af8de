// One way to measure and to say it (RELIABILITY ground rules): both sides alternate in one run, medians
// after a warm-up, first and steady state apart, and the machine's load beside them.
import { loadavg } from "node:os";

export interface Timing { firstMs: number; medianMs: number; p95Ms: number; runs: number }
/** A figure beside its target. `ratio` is peer ÷ ours (larger is better) unless `unit` says otherwise. */
export interface Row { what: string; ours: number; peer?: number; ratio?: number; unit: string; target?: string; met?: boolean | null; note?: string }

/** The q-quantile (0 to 1) of numbers, by nearest rank. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
};

/** Runs each side in turn, `runs` times after `warmUps`. A side may return its own milliseconds (a peer that times itself). */
export async function alternate<S extends string>(sides: Record<S, () => number | void | Promise<number | void>>, runs = 5, warmUps = 1): Promise<Record<S, Timing>> {
  const names = Object.keys(sides) as S[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<S, number[]>;
  for (let round = 0; round < runs + warmUps; round++) {
    for (const name of names) {
      const begin = performance.now(), own = await sides[name]();
      times[name].push(typeof own === "number" ? own : performance.now() - begin);
    }
  }
  return Object.fromEntries(names.map((name) => {
    const steady = times[name].slice(warmUps);
    return [name, { firstMs: times[name][0], medianMs: quantile(steady, 0.5), p95Ms: quantile(steady, 0.95), runs }];
  })) as Record<S, Timing>;
}

/** Prints a benchmark's rows: JSON on one line with --json, else a table. */
export function report(name: string, rows: Row[], about: Record<string, unknown> = {}): void {
  const load = loadavg()[0];
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ bench: name, node: process.version, loadAverage: load, ...about, rows }));
    return;
  }
  console.log(`${name}  (Node ${process.version}, load ${load.toFixed(2)})`, about);
  const shown = (value: number | undefined) => value === undefined ? "" : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  for (const { what, ours, peer, ratio, unit, target, met, note } of rows) {
    const verdict = met === undefined ? "" : met === null ? "not judged" : met ? "met" : "MISSED";
    console.log(`  ${what.padEnd(64)} ${shown(ours).padStart(9)} ${unit.padEnd(5)} ${peer === undefined ? "" : `peer ${shown(peer)}`} ${ratio === undefined ? "" : `×${shown(ratio)}`} ${target ? `target ${target}` : ""} ${verdict}${note ? `  (${note})` : ""}`);
  }
}
