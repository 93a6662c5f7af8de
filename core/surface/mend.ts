import { z } from "zod";
import type { Mesh } from "./mesh.ts";
import type { HeldSurfaceFacts } from "./surfaceFacts.ts";
import { type RemeshReport, remeshWithin } from "./remesh.ts";
import { repairMesh, type RepairReport } from "./repair.ts";
import { leastDetailMm, type WrapReport, wrapMesh } from "./wrap.ts";

const upTo = (least: number, most: number) => z.number().min(least, `at least ${least} mm`).max(most, `at most ${most} mm`);

/** How a surface is mended, lengths in mm: repaired in its place, or wrapped anew where `wrap` is given; then cut anew into even triangles where `remesh` is. */
export const mendOptions = z.strictObject({
  wrap: z.strictObject({ gapMm: upTo(0, 50), detailMm: upTo(leastDetailMm, 50) }).optional(),
  remesh: z.strictObject({ edgeMm: upTo(0.05, 1000), maxErrorMm: upTo(0.001, 1000) }).optional(),
});
export type MendOptions = z.infer<typeof mendOptions>;

/** What was done. `changes`: of the repair; null where the surface was wrapped, which needs none. `largestDisplacementMm`: of both steps together, which no point exceeds. */
export interface MendReport { changes: RepairReport | null; wrapped: WrapReport | null; remeshed: RemeshReport | null; largestDisplacementMm: number }

/** What is told of a mended surface beside the mesh. */
export interface MendedFacts { before: HeldSurfaceFacts; after: HeldSurfaceFacts; report: MendReport }

/** Mends a surface. @throws RangeError, RemeshError (their messages are for people) where the options do not do for this surface */
export function mendMesh(from: Mesh, { wrap, remesh }: MendOptions): { mesh: Mesh; report: MendReport } {
  // What is wrapped needs no repair: the shell is made anew around all of it.
  const wrapped = wrap ? wrapMesh(from, wrap.detailMm, wrap.gapMm) : null, repaired = wrapped ? null : repairMesh(from);
  const first = wrapped ?? repaired, mesh = first?.mesh ?? from;
  const remeshed = remesh ? remeshWithin(mesh, remesh.edgeMm, remesh.maxErrorMm) : null;
  const moved = wrapped ? Math.max(wrapped.report.inward.maxMm, wrapped.report.outward.maxMm) : repaired?.report.largestDisplacementMm ?? 0;
  return {
    mesh: remeshed?.mesh ?? mesh,
    report: { changes: repaired?.report ?? null, wrapped: wrapped?.report ?? null, remeshed: remeshed?.report ?? null, largestDisplacementMm: moved + (remeshed?.report.maxMm ?? 0) },
  };
}
