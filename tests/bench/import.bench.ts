// Import of the real head CT (108 slices) beside Debian's dcm2niix in the same run. Everything but compression is held
// against `dcm2niix -z n` (which does not compress), the whole against `dcm2niix -z y`; our checks are all on.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { importFiles } from "../../workers/import/importFiles.ts";
import { alternate, quantile, report, type Row } from "./measure.ts";

const head = resolve("../shared/data/head_ct_0051");
if (!existsSync(head)) {
  console.error(`not run: ${head} is not there`);
  process.exit(0);
}
const hasPeer = (() => { try { execFileSync("dcm2niix", ["--version"], { stdio: "ignore" }); return true; } catch (error) { return !(error instanceof Error && "code" in error && error.code === "ENOENT"); } })();
const dir = mkdtempSync(join(tmpdir(), "caseroom-bench-"));
let round = 0;
const stages: Record<string, number[]> = {}, rest: number[] = [], restCpu: number[] = [], peerCpu: number[] = [];
const peer = (compress: "n" | "y") => () => {
  const out = join(dir, `peer${compress}${round++}`);
  mkdirSync(out);
  // The shell tells the processor time of what it waited for: «user system», of itself and then of its children.
  const told = execFileSync("/bin/sh", ["-c", 'dcm2niix -z "$0" -b n -o "$1" "$2" >/dev/null 2>&1; times', compress, out, head], { encoding: "utf8" });
  const cpu = [...told.trim().split("\n").at(-1)?.matchAll(/(\d+)m([\d.]+)s/g) ?? []].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
  if (compress === "n") peerCpu.push(cpu * 1000);
  rmSync(out, { recursive: true });
};
const ours = (useRegularPart: boolean) => async () => {
  const out = join(dir, `ours${round++}`), begin = performance.now();
  const made = await importFiles({ paths: [head], options: { useRegularPart, nameFiles: true, asOf: "2026-01-01" } }, out);
  const ms = performance.now() - begin;
  if (!useRegularPart) {
    for (const [stage, took] of Object.entries(made.timings)) (stages[stage] ??= []).push(took);
    rest.push(ms - made.timings.compressMs);
    restCpu.push(made.restCpuMs);
  }
  rmSync(out, { recursive: true });
};
try {
  const plain = await alternate<"whole" | "regular" | "peer">({ whole: ours(false), regular: ours(true), peer: hasPeer ? peer("n") : () => 0 });
  const packed = hasPeer ? await alternate<"peer">({ peer: peer("y") }, 3, 0) : null;
  const restMs = quantile(rest.slice(1), 0.5), rows: Row[] = [
    { what: "108 slices, all checks, without compression", ours: restMs, peer: plain.peer.medianMs, ratio: restMs / plain.peer.medianMs, unit: "ms", target: "≤ 2× dcm2niix -z n", met: hasPeer ? restMs <= 2 * plain.peer.medianMs : null },
    { what: "the same, processor time (the child's thread; peer: user and system)", ours: quantile(restCpu.slice(1), 0.5), peer: hasPeer ? quantile(peerCpu.slice(1), 0.5) : undefined, ratio: hasPeer ? quantile(restCpu.slice(1), 0.5) / quantile(peerCpu.slice(1), 0.5) : undefined, unit: "ms" },
    { what: "108 slices, in total", ours: plain.whole.medianMs, peer: packed?.peer.medianMs, ratio: packed ? plain.whole.medianMs / packed.peer.medianMs : undefined, unit: "ms", target: "≤ 0.35× dcm2niix -z y", met: packed ? plain.whole.medianMs <= 0.35 * packed.peer.medianMs : null },
    { what: "the regular 107 slices, in total", ours: plain.regular.medianMs, unit: "ms" },
    { what: "first run, in total", ours: plain.whole.firstMs, unit: "ms" },
    ...Object.entries(stages).map(([what, times]) => ({ what, ours: quantile(times.slice(1), 0.5), unit: "ms" })),
  ];
  report("import", rows, { data: "head_ct_0051", peer: hasPeer ? "dcm2niix" : "peer absent" });
} finally {
  rmSync(dir, { recursive: true, force: true });
}
