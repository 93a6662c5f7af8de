import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { mendOptions } from "../../core/surface/mend.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Db } from "../platform/db.ts";
import { demand } from "../record/members.ts";
import { askMend, dropMend, keepMend, listMends } from "../record/surfaceMends.ts";
import { answerFile, Refused } from "./answers.ts";
import { router, signedIn } from "./trpc.ts";

/** `GET mends/<id>`: the mended mesh that waits to be kept. @throws Refused */
export async function sendMend({ db, blobs }: { db: Db; blobs: Blobs }, userId: string, caseId: string, id: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { code } = await demand(db, userId, caseId, "case.read"), found = (await listMends(db, caseId)).find((one) => one.id === id);
  if (!found?.blobHash) throw new Refused(404, "notFound", "There is no such thing in this case.");
  return answerFile(req, res, { body: blobs.stream(found.blobHash), size: await blobs.size(found.blobHash), type: "application/octet-stream", name: `${code}-mended.mesh` });
}

const inCase = z.object({ caseId: z.string() }), one = inCase.extend({ id: z.uuid() });
export const surfaceMends = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return (await listMends(ctx.database.db, input.caseId)).map(({ surfaceHash: _from, blobHash: _made, ...row }) => row);
  }),
  ask: signedIn.input(inCase.extend({ source: z.string().regex(/^(file\/[0-9a-f-]{36}|segment\/[1-9]\d{0,2})$/), options: mendOptions })).mutation(async ({ ctx, input: { caseId, source, options } }) => {
    await demand(ctx.database.db, ctx.session.userId, caseId, "segments.write");
    return { id: await askMend(ctx.database.db, ctx.session.userId, caseId, source, options, await ctx.blobs.put(canonicalBytes(options))) };
  }),
  keep: signedIn.input(one.extend({ name: z.string().trim().min(1).max(80), color: z.string().regex(/^#[0-9a-f]{6}$/i) })).mutation(async ({ ctx, input: { caseId, id, name, color } }) => {
    await demand(ctx.database.db, ctx.session.userId, caseId, "segments.write");
    return { id: await keepMend(ctx.database.db, ctx.session.userId, caseId, id, { name, color }) };
  }),
  drop: signedIn.input(one).mutation(async ({ ctx, input: { caseId, id } }) => {
    await demand(ctx.database.db, ctx.session.userId, caseId, "segments.write");
    await dropMend(ctx.database.db, ctx.session.userId, caseId, id);
  }),
});
