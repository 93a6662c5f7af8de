import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeBrickManifest } from "../../core/surface/brickManifest.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Db } from "../platform/db.ts";
import { currentBricks } from "../record/cases.ts";
import { demand } from "../record/members.ts";
import { answerFile, readBody, Refused } from "./answers.ts";

/** Names asked for at once: 32 bytes each. */
const mostAsked = 4096;

async function found({ db }: { db: Db }, userId: string, caseId: string, name: string) {
  const { code } = await demand(db, userId, caseId, "masks.read"), list = /^\d{1,3}$/.test(name) ? await currentBricks(db, caseId, Number(name)) : null;
  if (!list) throw new Refused(404, "notFound", "There is no such thing in this case.");
  return { code, ...list };
}

/** `GET bricks/<value>`: the list of the bricks of a segment's surface (core/surface/brickManifest). @throws Refused */
export async function sendBrickList(context: { db: Db; blobs: Blobs }, userId: string, caseId: string, name: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { code, blobHash, key } = await found(context, userId, caseId, name), body = await context.blobs.get(blobHash);
  return answerFile(req, res, { body, size: body.byteLength, type: "application/octet-stream", name: `${code}-${name}.bricks`, headers: { "x-caseroom-key": key } });
}

/**
 * `POST bricks/<value>`: the body names bricks of the segment's list, 32 bytes each; the answer is their bytes one after the
 * other, in that order (the list tells their lengths). So only what a page does not have travels. @throws Refused
 */
export async function sendBricks(context: { db: Db; blobs: Blobs }, userId: string, caseId: string, name: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { code, blobHash, key } = await found(context, userId, caseId, name);
  const asked = await readBody(req, 32 * mostAsked), hashes = Array.from({ length: asked.length / 32 }, (_, i) => asked.subarray(32 * i, 32 * i + 32).toString("hex"));
  if (asked.length % 32 !== 0 || hashes.length === 0) throw new Refused(400, "notHashes", "The body is not a list of hashes of 32 bytes.");
  const there = new Set(decodeBrickManifest(await context.blobs.get(blobHash)).bricks.map(({ mesh }) => mesh));
  if (hashes.some((hash) => !there.has(hash))) throw new Refused(409, "outOfDate", "The surface has been rebuilt since; take the one that is there now.");
  const body = Buffer.concat(await Promise.all(hashes.map((hash) => context.blobs.get(hash))));
  return answerFile(req, res, { body, size: body.byteLength, type: "application/octet-stream", name: `${code}-${name}.brick`, headers: { "x-caseroom-key": key } });
}
