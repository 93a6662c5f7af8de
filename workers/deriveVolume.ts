import { Worker } from "node:worker_threads";
import type { Finding } from "../core/checks/ctQuality.ts";
import type { Grid } from "../core/space/grid.ts";
import type { Derivation } from "../core/volume/derivation.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { derivedSource, failDerived, finishDerived } from "../server/record/derivedVolumes.ts";
import type { DeriveAnswer, DeriveQuestion } from "./deriveThread.ts";

/** The version of the node; part of a derived volume's provenance (JB2). */
export const deriveNode = "derive@2";
const timeoutMs = 600_000;

function runThread(question: DeriveQuestion): Promise<DeriveAnswer> {
  const thread = new Worker(new URL("./deriveThread.ts", import.meta.url), { workerData: question });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<DeriveAnswer>((resolve, reject) => {
    thread.once("message", resolve).once("error", reject).once("exit", (code) => reject(new Error(`the thread ended with ${code}`)));
    timer = setTimeout(() => reject(new Error("the derived volume took too long")), timeoutMs);
  }).finally(() => { clearTimeout(timer); void thread.terminate(); });
}

interface Provenance { derivedFrom?: { turn?: unknown; before?: unknown }; originalGeometry?: { positions?: number[][]; orientation?: number[]; tiltDeg?: number }; evenRun?: { slices: number; fromMm: number }; region?: string; resampling?: unknown }

/** Codes that the regular part alone no longer has; others that tell of voxels are judged anew. */
const ofUneven = new Set(["uneven-end-slice", "uneven-spacing", "missing-slices", "resampled", "outside"]);

/** The report of a derived volume: what the scan was, what its own voxels say, and how it was made. */
export function derivedReport(before: { findings?: Finding[]; series?: unknown[]; provenance?: Record<string, unknown> }, made: { grid: Grid; affine: number[][]; findings: Finding[] }, how: { derivation: Derivation; code: string; volumeHash: string; sentence: string; leftOut: number; turn: unknown }): Record<string, unknown> {
  const isPart = how.derivation.op === "regularPart", judged = new Set(made.findings.map(({ code }) => code));
  const kept = (before.findings ?? []).filter(({ code }) => !judged.has(code) && !(isPart && ofUneven.has(code)));
  const code = isPart ? "regular-part" : how.turn ? "reoriented" : "derived", { derivedFrom: earlier } = (before.provenance ?? {}) as Provenance;
  const own: Finding = { code, severity: "attention", value: isPart ? how.leftOut : how.derivation.op, limit: null, unit: isPart ? "planes" : null, message: how.sentence, files: [] };
  return {
    series: before.series ?? [], findings: [...kept, ...made.findings, own], grid: { dims: made.grid.dims, spacing: made.grid.spacing, affine: made.affine },
    provenance: { ...before.provenance, ...isPart ? { resampling: "none" } : {}, derivedFrom: { case: how.code, volume: how.volumeHash, node: deriveNode, ...how.derivation, ...how.turn ? { turn: how.turn } : {}, ...earlier ? { before: earlier } : {} } },
  };
}

/** Whether a volume, or one that it was made of, was turned: its positions then are not the scan's. */
export function isTurned(provenance: unknown): boolean {
  for (let from = (provenance as Provenance | undefined)?.derivedFrom; from; from = from.before as Provenance["derivedFrom"]) if (from.turn) return true;
  return false;
}

/** Makes a derived volume of a case's and a case for it. Its original stays. */
export async function deriveVolume(job: { caseId: string; id: string; userId: string; derivation: Derivation }, db: Db, blobs: Blobs): Promise<void> {
  const source = await derivedSource(db, job.caseId, job.id);
  if (!source) return;
  try {
    const report = (source.report ?? {}) as { findings?: Finding[]; series?: unknown[]; provenance?: Record<string, unknown> }, { originalGeometry: geometry, evenRun: run, region } = (report.provenance ?? {}) as Provenance;
    const scan = !isTurned(report.provenance) && geometry?.positions && geometry.orientation && run ? { positions: geometry.positions, orientation: geometry.orientation, tiltDeg: geometry.tiltDeg ?? 0, run } : null;
    const answer = await runThread({ file: await blobs.get(source.volumeHash), derivation: job.derivation, scan, region: region ?? source.region });
    if ("problem" in answer) return await failDerived(db, job.caseId, job.id, answer.problem);
    const { file, coarse, ...made } = answer, volumeHash = await blobs.put(file), coarseHash = await blobs.put(coarse);
    await finishDerived(db, job.userId, job.caseId, job.id, {
      volumeHash, coarseHash, grid: made.grid, report: derivedReport(report, made, { derivation: job.derivation, code: source.code, volumeHash: source.volumeHash, sentence: made.sentence, leftOut: made.leftOut, turn: made.turn }),
    }, job.derivation.op === "regularPart");
  } catch (error) {
    await failDerived(db, job.caseId, job.id, `The volume could not be made for a reason of our own (id ${job.id}). The case is as it was.`);
    throw error;
  }
}
