import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { implantNodeKinds } from "../../core/build/implantNodes.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Db } from "../platform/db.ts";
import { implantResult, listImplants } from "../record/implants.ts";
import { demand } from "../record/members.ts";
import { answerFile, Refused } from "./answers.ts";
import { router, signedIn } from "./trpc.ts";

/** `GET implants/<id>/<node>?key=`: the plate's mesh, or a check's map (float32 a vertex of the plate). @throws Refused */
export async function sendImplantResult(context: { db: Db; blobs: Blobs }, userId: string, caseId: string, [implantId, node]: readonly string[], key: string | null, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { db, blobs } = context, { code } = await demand(db, userId, caseId, "plan.read");
  const isKnown = implantNodeKinds.some(({ name }) => name === node) && /^[a-z0-9]{6,24}$/.test(implantId) && /^[0-9a-f]{64}$/.test(key ?? "");
  const blobHash = isKnown && key !== null ? await implantResult(db, caseId, implantId, node, key) : null;
  if (blobHash === null || key === null) throw new Refused(404, "notFound", "The implant has been rebuilt since, or there is none; take the one that is there now.");
  return answerFile(req, res, { body: blobs.stream(blobHash), size: await blobs.size(blobHash), type: "application/octet-stream", name: `${code}-${node}.bin`, headers: { "x-caseroom-key": key } });
}

export const implants = router({
  list: signedIn.input(z.object({ caseId: z.string() })).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "plan.read");
    return listImplants(ctx.database.db, input.caseId);
  }),
});
