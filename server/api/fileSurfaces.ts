import type { IncomingMessage, ServerResponse } from "node:http";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { meshUnitsMm } from "../../core/surface/meshFile.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Db } from "../platform/db.ts";
import { addFileSurface, listFileSurfaces, removeFileSurface } from "../record/fileSurfaces.ts";
import { demand } from "../record/members.ts";
import { answerFile, answerJson, readBody, Refused } from "./answers.ts";
import { router, signedIn } from "./trpc.ts";

/** Largest mesh of a file, bytes: about 3.5 million triangles. */
const mostMeshBytes = 64 * 1024 * 1024;
const said = z.object({
  name: z.string().trim().min(1).max(80), kind: z.enum(["intraoralScan", "oldImplant", "externalDesign", "other"]), color: z.string().regex(/^#[0-9a-f]{6}$/i),
  format: z.enum(["stl", "ply", "obj", "3mf"]), unit: z.enum(Object.keys(meshUnitsMm) as [keyof typeof meshUnitsMm]), space: z.enum(["lps", "ras"]),
});
const factsReply = z.union([z.object({ facts: z.record(z.string(), z.unknown()) }), z.object({ problem: z.string() })]);

function factsOf(mesh: Uint8Array): Promise<z.infer<typeof factsReply>> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./surfaceFactsThread.ts", import.meta.url), { workerData: mesh, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    thread.once("message", (reply: unknown) => resolve(factsReply.parse(reply))).once("error", reject).once("exit", () => reject(new Error("the thread ended without an answer")));
  });
}

/** `POST surfaces`: a mesh in RAS mm with what the person said of the file it came from. @throws Refused */
export async function receiveSurface(context: { db: Db; blobs: Blobs }, userId: string, caseId: string, query: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { db, blobs } = context;
  await demand(db, userId, caseId, "segments.write");
  const about = said.parse(Object.fromEntries(query)), body = await readBody(req, mostMeshBytes), made = await factsOf(new Uint8Array(body));
  if ("problem" in made) throw new Refused(400, "notAMesh", `The surface was not taken: ${made.problem}`);
  answerJson(res, 200, { id: await addFileSurface(db, userId, caseId, { ...about, facts: made.facts, blobHash: await blobs.put(body) }) });
}

/** `GET surfaces/<id>`: the mesh as it is stored. @throws Refused */
export async function sendFileSurface(context: { db: Db; blobs: Blobs }, userId: string, caseId: string, id: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { db, blobs } = context, { code } = await demand(db, userId, caseId, "case.read"), found = (await listFileSurfaces(db, caseId)).find((one) => one.id === id);
  if (!found) throw new Refused(404, "notFound", "There is no such thing in this case.");
  return answerFile(req, res, { body: blobs.stream(found.blobHash), size: await blobs.size(found.blobHash), type: "application/octet-stream", name: `${code}-surface.mesh` });
}

const inCase = z.object({ caseId: z.string() });
export const fileSurfaces = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return (await listFileSurfaces(ctx.database.db, input.caseId)).map(({ blobHash, ...row }) => ({ ...row, key: blobHash }));
  }),
  remove: signedIn.input(inCase.extend({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await removeFileSurface(ctx.database.db, ctx.session.userId, input.caseId, input.id);
  }),
});
