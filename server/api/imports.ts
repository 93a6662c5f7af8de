import { z } from "zod";
import { type Region, regions } from "../../core/checks/ctQuality.ts";
import { derivation } from "../../core/volume/derivation.ts";
import { isAllowed } from "../../core/review/permissions.ts";
import { askRegion, regionState } from "../record/caseRegion.ts";
import { overrideFinding, readReport } from "../record/ctReport.ts";
import { askDerived, derivedState } from "../record/derivedVolumes.ts";
import { demand } from "../record/members.ts";
import { router, signedIn } from "./trpc.ts";

const inCase = z.object({ caseId: z.string() });

/** The CT report of a case, what a person decides about it, and volumes derived from the imported one. */
export const imports = router({
  report: signedIn.input(inCase).query(async ({ ctx, input }) => {
    const { role, isArchived } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return {
      ...await readReport(ctx.database.db, input.caseId), ...await derivedState(ctx.database.db, input.caseId), ...await regionState(ctx.database.db, input.caseId),
      mayOverride: isAllowed(role, "version.judge", isArchived), mayDerive: isAllowed(role, "segments.write", isArchived), mayExport: isAllowed(role, "surface.export", isArchived), maySetRegion: isAllowed(role, "case.region", isArchived),
    };
  }),
  override: signedIn.input(inCase.extend({ finding: z.string().regex(/^[0-9a-f]{64}$/), reason: z.string().trim().min(10).max(2000) })).mutation(async ({ ctx, input }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.judge");
    await overrideFinding(ctx.database.db, { userId: ctx.session.userId, role }, input.caseId, input.finding, input.reason);
  }),
  /** Another region: it holds once a worker has judged the report for it. */
  setRegion: signedIn.input(inCase.extend({ region: z.enum(regions as [Region, ...Region[]]) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.region");
    await askRegion(ctx.database.db, ctx.session.userId, input.caseId, input.region);
  }),
  /** Makes another volume of the case's, beside it; what is drawn goes with it by its place. */
  derive: signedIn.input(inCase.extend({ derivation })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await askDerived(ctx.database.db, ctx.session.userId, input.caseId, input.derivation);
  }),
});
