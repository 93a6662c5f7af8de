import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { encodeMaskLog } from "../../core/protocol/maskLog.ts";
import { logPlace } from "../../core/protocol/room.ts";
import { acquiredFile } from "../../core/volume/acquiredSlices.ts";
import type { Session } from "../platform/auth.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Database } from "../platform/db.ts";
import type { Settings } from "../platform/settings.ts";
import { appendAudit } from "../record/audit.ts";
import { acquiredOf } from "../record/ctReport.ts";
import { casePicture, currentSurface, readCase } from "../record/cases.ts";
import { coarseOf } from "../record/imports.ts";
import { hasPlace } from "../record/draftLog.ts";
import { ownClientIds } from "../record/leases.ts";
import { readMaskLog } from "../record/maskLog.ts";
import { demand } from "../record/members.ts";
import { issueTicket } from "../record/tickets.ts";
import { answerFile, answerJson, readBody, readJson, Refused } from "./answers.ts";
import { sendBrickList, sendBricks } from "./brickFiles.ts";
import { sendExport } from "./exports.ts";
import { receiveSurface, sendFileSurface } from "./fileSurfaces.ts";
import { sendImplantResult } from "./implants.ts";
import { sendMend } from "./surfaceMends.ts";
import type { NamedBlobs } from "./namedBlobs.ts";
import { answerVersionFile } from "./versionFiles.ts";

export interface CaseFilesContext { database: Database; settings: Settings; blobs: Blobs; named: NamedBlobs }

/** Largest blob of a blob stroke, bytes. */
const mostBlobBytes = 8 * 1024 * 1024;
/** A ticket is redeemed at once by the page that asked for it. */
const ticketMs = 30_000;
const nothingHere = () => new Refused(404, "notFound", "There is no such thing in this case.");

const askForTicket = z.object({ place: logPlace.optional() });

/** `surface/<value>`: the mesh as the pages take it; with `?key=` only the surface of that key, the one on screen. */
async function sendSurface({ database: { db }, blobs }: CaseFilesContext, session: Session, caseId: string, digits: string, key: string | null, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { code } = await demand(db, session.userId, caseId, "masks.read"), found = /^\d{1,3}$/.test(digits) ? await currentSurface(db, caseId, Number(digits)) : null;
  if (!found) throw nothingHere();
  if (key !== null && key !== found.key) throw new Refused(409, "outOfDate", "The surface has been rebuilt since; take the one that is there now.");
  return answerFile(req, res, { body: blobs.stream(found.blobHash), size: await blobs.size(found.blobHash), type: "application/octet-stream", name: `${code}-${digits}.mesh`, headers: { "x-caseroom-key": found.key } });
}

/** Answers `/api/cases/<caseId>/<rest>`. Each answer checks membership and action itself. @throws Refused and the record's refusals */
export async function answerCaseFile(
  context: CaseFilesContext, session: Session, caseId: string, rest: readonly string[], query: URLSearchParams, req: IncomingMessage, res: ServerResponse,
): Promise<void> {
  const { database: { db }, settings, blobs, named } = context;
  const isRead = req.method === "GET" || req.method === "HEAD";
  const what = `${isRead ? "read" : req.method} ${rest[0]} ${rest.length}`;
  if (what === "POST ticket 1") {
    await demand(db, session.userId, caseId, "masks.read");
    const { place } = askForTicket.parse(await readJson(req));
    // A10: a page that holds another history than the log's gets no ticket; it keeps its edits and begins anew.
    if (place && !(await hasPlace(db, caseId, place))) return answerJson(res, 200, { isEarlier: true, clientIds: await ownClientIds(db, caseId, session.userId) });
    const ticket = await issueTicket(db, { caseId, userId: session.userId, sessionId: session.sessionId, origin: settings.origin, ttlMs: ticketMs });
    return answerJson(res, 200, { ticket, clientIds: await ownClientIds(db, caseId, session.userId) });
  }
  if (what === "read volume 1") {
    await demand(db, session.userId, caseId, "case.read");
    const { volumeHash, code } = await readCase(db, caseId);
    if (!volumeHash) throw nothingHere();
    return answerFile(req, res, { body: blobs.stream(volumeHash), size: await blobs.size(volumeHash), type: "application/gzip", name: `${code}.nii.gz` });
  }
  if (what === "read coarse 1") {
    const { code } = await demand(db, session.userId, caseId, "case.read");
    const coarse = await coarseOf(db, caseId);
    if (!coarse) throw nothingHere();
    return answerFile(req, res, { body: blobs.stream(coarse), size: await blobs.size(coarse), type: "application/gzip", name: `${code}-coarse.nii.gz` });
  }
  if (what === "read acquired 1") {
    const { code } = await demand(db, session.userId, caseId, "surface.export"), hash = await acquiredOf(db, caseId);
    if (!hash) throw nothingHere();
    const size = await blobs.size(hash);
    if (req.method === "GET") await db.transaction((tx) => appendAudit(tx, { actorId: session.userId, caseId, action: "volume.slicesExported", object: { sha256: hash } }));
    return answerFile(req, res, { body: blobs.stream(hash), size, type: "application/octet-stream", name: `${code}-${acquiredFile}` });
  }
  if (what === "read picture 1") {
    const { code } = await demand(db, session.userId, caseId, "case.read");
    const picture = await casePicture(db, caseId);
    if (!picture) throw nothingHere();
    return answerFile(req, res, { body: blobs.stream(picture.blobHash), size: await blobs.size(picture.blobHash), type: "image/png", name: `${code}.png`, headers: { "x-caseroom-key": picture.key } });
  }
  if (what === "read maskLog 1") {
    await demand(db, session.userId, caseId, "masks.read");
    const body = encodeMaskLog(await readMaskLog(db, caseId));
    return answerFile(req, res, { body, size: body.byteLength, type: "application/octet-stream", name: "masks.log" });
  }
  if (what === "read blobs 2") {
    await demand(db, session.userId, caseId, "masks.read");
    if (!await named.has(caseId, rest[1]) || !await blobs.has(rest[1])) throw nothingHere();
    return answerFile(req, res, { body: blobs.stream(rest[1]), size: await blobs.size(rest[1]), type: "application/octet-stream", name: "stroke.bin" });
  }
  if (what === "POST blobs 1" || what === "PUT blobs 1") {
    await demand(db, session.userId, caseId, "masks.write");
    const bytes = await readBody(req, mostBlobBytes);
    if (bytes.byteLength === 0) throw new Refused(400, "empty", "There is nothing in it.");
    return answerJson(res, 200, { hash: await blobs.put(bytes), byteLength: bytes.byteLength });
  }
  if (what === "POST surfaces 1") return receiveSurface({ db, blobs }, session.userId, caseId, query, req, res);
  if (what === "read surfaces 2") return sendFileSurface({ db, blobs }, session.userId, caseId, rest[1], req, res);
  if (what === "read mends 2") return sendMend({ db, blobs }, session.userId, caseId, rest[1], req, res);
  if (what === "read implants 3") return sendImplantResult({ db, blobs }, session.userId, caseId, rest.slice(1), query.get("key"), req, res);
  if (what === "read bricks 2") return sendBrickList({ db, blobs }, session.userId, caseId, rest[1], req, res);
  if (what === "POST bricks 2") return sendBricks({ db, blobs }, session.userId, caseId, rest[1], req, res);
  if (what === "read exports 2" || what === "POST exports 2") return sendExport(context, session, caseId, rest[1], query.get("key"), req, res);
  // The path that an STL had before there were others.
  const stl = what === "read surface 2" ? /^([1-9]\d{0,2})\.stl$/.exec(rest[1]) : null;
  if (stl) return sendExport(context, session, caseId, `segment-${stl[1]}.stl`, query.get("key"), req, res);
  if (what === "read surface 2") return sendSurface(context, session, caseId, rest[1], query.get("key"), req, res);
  if (isRead && rest[0] === "versions") return answerVersionFile(context, session, caseId, rest.slice(1), query, req, res);
  await demand(db, session.userId, caseId, "case.read");
  throw nothingHere();
}
