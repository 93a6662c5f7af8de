import { z } from "zod";
import type { Mesh } from "./mesh.ts";
import type { HeldSurfaceFacts } from "./surfaceFacts.ts";
import { type RemeshReport, remeshWithin } from "./remesh.ts";
import { repairMesh, type RepairReport } from "./repair.ts";
import { type SimplifyReport, simplifyWithin } from "./simplify.ts";
import { leastDetailMm, type WrapReport, wrapMesh } from "./wrap.ts";

const upTo = (least: number, most: number) => z.number().min(least, `at least ${least} mm`).max(most, `at most ${most} mm`);

/** How a surface is mended, lengths in mm: repaired in its place, or wrapped anew where `wrap` is given; then cut anew into even triangles where `remesh` is, and at last made of as few as its error allows where `simplify` is. */
export const mendOptions = z.strictObject({
  wrap: z.strictObject({ gapMm: upTo(0, 50), detailMm: upTo(leastDetailMm, 50) }).optional(),
  remesh: z.strictObject({ edgeMm: upTo(0.05, 1000), maxErrorMm: upTo(0.001, 1000) }).optional(),
  simplify: z.strictObject({ maxErrorMm: upTo(0.001, 100) }).optional(),
});
export type MendOptions = z.infer<typeof mendOptions>;

/** What was done. `changes`: of the repair; null where the surface was wrapped, which needs none. `simplified`: results of before have none. `largestDisplacementMm`: of all steps together, which no point exceeds. */
export interface MendReport { changes: RepairReport | null; wrapped: WrapReport | null; remeshed: RemeshReport | null; simplified?: SimplifyReport | null; largestDisplacementMm: number }

/** What is told of a mended surface beside the mesh. */
export interface MendedFacts { before: HeldSurfaceFacts; after: HeldSurfaceFacts; report: MendReport }

/** Mends a surface. @throws RangeError, RemeshError, SimplifyError (their messages are for people) where the options do not do for this surface */
export async function mendMesh(from: Mesh, { wrap, remesh, simplify }: MendOptions): Promise<{ mesh: Mesh; report: MendReport }> {
  // What is wrapped needs no repair: the shell is made anew around all of it.
  const wrapped = wrap ? wrapMesh(from, wrap.detailMm, wrap.gapMm) : null, repaired = wrapped ? null : repairMesh(from);
  const whole = (wrapped ?? repaired)?.mesh ?? from;
  const remeshed = remesh ? remeshWithin(whole, remesh.edgeMm, remesh.maxErrorMm) : null, even = remeshed?.mesh ?? whole;
  const simplified = simplify && even.triangles.length > 0 ? await simplifyWithin(even, simplify.maxErrorMm) : null;
  const moved = wrapped ? Math.max(wrapped.report.inward.maxMm, wrapped.report.outward.maxMm) : repaired?.report.largestDisplacementMm ?? 0;
  return {
    mesh: simplified?.mesh ?? even,
    report: { changes: repaired?.report ?? null, wrapped: wrapped?.report ?? null, remeshed: remeshed?.report ?? null, simplified: simplified?.report ?? null, largestDisplacementMm: moved + (remeshed?.report.maxMm ?? 0) + (simplified?.report.maxMm ?? 0) },
  };
}
