import type { Finding } from "../core/checks/ctQuality.ts";
import { findingsOfDerived } from "../core/checks/derivedFindings.ts";
import { keptFacts, type RegionFacts } from "../core/checks/regionFindings.ts";
import type { Grid } from "../core/space/grid.ts";
import type { Derivation } from "../core/volume/derivation.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { derivedSource, failDerived, finishDerived } from "../server/record/derivedVolumes.ts";
import { segmentValues } from "../server/record/builds.ts";
import { type CarriedMasks, type DrawnMasks, maskStrokes } from "./carriedMasks.ts";
import type { DeriveAnswer, DeriveQuestion } from "./deriveThread.ts";
import type { DraftFolds } from "./draftFold.ts";
import { inThread } from "./inThread.ts";

/** The version of the node; part of a derived volume's provenance (JB2). */
export const deriveNode = "derive@5";
const timeoutMs = 600_000;

interface Provenance { derivedFrom?: { turn?: unknown; before?: unknown }; originalGeometry?: { positions?: number[][]; orientation?: number[]; tiltDeg?: number }; evenRun?: { slices: number; fromMm: number }; resampling?: unknown }

/** How masks came into a derived case, for its provenance and the audit trail: drawn up to which entry of the first case's log. */
export interface MasksRecord { seq: number; labelmap: string; way: "same voxels" | "nearest voxel"; farthestMm: number; segments: { layer: string; value: number; voxelsBefore: number; voxels: number }[] }

const recordOf = (carried: CarriedMasks, seq: number, labelmap: string): MasksRecord => ({
  seq, labelmap, way: carried.isExact ? "same voxels" : "nearest voxel", farthestMm: Number(carried.farthestMm.toFixed(4)),
  segments: carried.segments.map(({ layer, value, voxelsBefore, voxels }) => ({ layer, value, voxelsBefore, voxels })),
});

function masksFinding({ way, farthestMm, segments }: MasksRecord, op: Derivation["op"]): Finding {
  const isExact = way === "same voxels", lost = isExact ? segments.reduce((sum, { voxelsBefore, voxels }) => sum + voxelsBefore - voxels, 0) : 0;
  return {
    code: "masks-carried", severity: isExact && lost === 0 ? "pass" : "attention", value: isExact ? lost : farthestMm, limit: null, unit: isExact ? "voxels" : "mm", files: [],
    message: !isExact ? `What was drawn in the first case was carried over by place: each voxel took the nearest one, up to ${farthestMm.toFixed(2)} mm away. Compare the outline with the CT.`
      : `What was drawn in the first case was carried over voxel for voxel.${lost > 0 ? ` ${lost} voxels of it ${op === "deface" ? "lie under the cover of the face, and were left behind" : "lie outside this volume"}.` : ""}`,
  };
}

/** The report of a derived volume: what the scan was, what its own voxels say, and how it was made. */
export function derivedReport(before: { findings?: Finding[]; series?: unknown[]; provenance?: Record<string, unknown> }, made: { grid: Grid; affine: number[][]; findings: Finding[]; facts?: RegionFacts | null; pictures?: unknown[] }, how: { derivation: Derivation; code: string; volumeHash: string; sentence: string; leftOut: number; turn: unknown; deface?: unknown; masks: MasksRecord | null }): Record<string, unknown> {
  const isPart = how.derivation.op === "regularPart", found = findingsOfDerived(before.findings ?? [], made.findings, how.derivation.op);
  const code = isPart ? "regular-part" : how.turn ? "reoriented" : "derived", { derivedFrom: earlier } = (before.provenance ?? {}) as Provenance;
  const own: Finding = { code, severity: "attention", value: isPart ? how.leftOut : how.derivation.op, limit: null, unit: isPart ? "planes" : null, message: how.sentence, files: [] };
  // The first case keeps the slices as acquired (IM17): a face covered here is whole in them.
  const rest = Object.fromEntries(Object.entries(before.provenance ?? {}).filter(([name]) => name !== "acquired"));
  return {
    ...made.pictures && made.pictures.length > 0 ? { pictures: made.pictures } : {}, series: before.series ?? [], findings: [...found, own, ...how.masks ? [masksFinding(how.masks, how.derivation.op)] : []], grid: { dims: made.grid.dims, spacing: made.grid.spacing, affine: made.affine },
    provenance: { ...rest, ...isPart ? { resampling: "none" } : {}, ...made.facts ? { regionFacts: made.facts } : {}, derivedFrom: { case: how.code, volume: how.volumeHash, node: deriveNode, ...how.derivation, ...how.turn ? { turn: how.turn } : {}, ...how.deface ? { deface: how.deface } : {}, ...how.masks ? { masks: how.masks } : {}, ...earlier ? { before: earlier } : {} } },
  };
}

/** Whether a volume, or one that it was made of, was turned: its positions then are not the scan's. */
export function isTurned(provenance: unknown): boolean {
  for (let from = (provenance as Provenance | undefined)?.derivedFrom; from; from = from.before as Provenance["derivedFrom"]) if (from.turn) return true;
  return false;
}

/** Makes a derived volume of a case's and a case for it. Its original stays. */
export async function deriveVolume(job: { caseId: string; id: string; userId: string; derivation: Derivation }, db: Db, blobs: Blobs, folds: DraftFolds): Promise<void> {
  const source = await derivedSource(db, job.caseId, job.id);
  if (!source) return;
  try {
    const report = (source.report ?? {}) as { findings?: Finding[]; series?: unknown[]; provenance?: Record<string, unknown> }, { originalGeometry: geometry, evenRun: run } = (report.provenance ?? {}) as Provenance;
    const scan = !isTurned(report.provenance) && geometry?.positions && geometry.orientation && run ? { positions: geometry.positions, orientation: geometry.orientation, tiltDeg: geometry.tiltDeg ?? 0, run } : null;
    const values = await segmentValues(db, job.caseId), draft = await folds.read(job.caseId), masks: DrawnMasks | null = draft && draft.seq > 0 ? {
      grid: draft.grid, values, layers: (["anatomy", "proposal"] as const).map((layer) => ({ layer, labelmap: draft.fold.labelmap(layer) })),
    } : null, drawn = draft && { seq: draft.seq, hash: draft.fold.hash() };
    const answer = await inThread<DeriveAnswer>(new URL("./deriveThread.ts", import.meta.url), { file: await blobs.get(source.volumeHash), grid: source.grid, derivation: job.derivation, scan, region: source.region, facts: keptFacts(report.provenance), masks } satisfies DeriveQuestion, timeoutMs);
    if ("problem" in answer) return await failDerived(db, job.caseId, job.id, answer.problem);
    const { file, coarse, masks: carried, ...made } = answer, record = carried && drawn && carried.segments.length > 0 ? recordOf(carried, drawn.seq, drawn.hash) : null, clientId = Number.parseInt(job.id.slice(0, 8), 16) + 1;
    const update = carried && record && await maskStrokes(made.grid, carried.segments, clientId, blobs), volumeHash = await blobs.put(file), coarseHash = await blobs.put(coarse);
    await finishDerived(db, job.userId, job.caseId, job.id, {
      volumeHash, coarseHash, grid: made.grid, report: derivedReport(report, made, { derivation: job.derivation, code: source.code, volumeHash: source.volumeHash, sentence: made.sentence, leftOut: made.leftOut, turn: made.turn, deface: made.deface, masks: record }),
      isOfScan: !made.turn, masks: record && { update, clientId, record: { ...record } },
    }, job.derivation.op === "regularPart");
  } catch (error) {
    await failDerived(db, job.caseId, job.id, `The volume could not be made for a reason of our own (id ${job.id}). The case is as it was.`);
    throw error;
  }
}
