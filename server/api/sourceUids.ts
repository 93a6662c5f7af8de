import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Session } from "../platform/auth.ts";
import type { Database } from "../platform/db.ts";
import { isUid } from "../../core/volume/dicom/uid.ts";
import type { Settings } from "../platform/settings.ts";
import { keepUids } from "../record/caseSource.ts";
import { openUidVault } from "../record/uidVault.ts";
import { answerJson, readBody, Refused } from "./answers.ts";

/** A series of 20,000 files, each with an image's UID of 64 characters and its replacement. */
const mostBytes = 4 * 1024 * 1024, mostUids = 40_000;
const uid = z.string().refine(isUid);
const uidPairs = z.array(z.tuple([uid, uid])).max(mostUids);

/** Takes which UIDs a page replaced by which. They go encrypted into the record at once, and into no log. @throws Refused */
export async function receiveUids({ database, settings }: { database: Database; settings: Settings }, { userId }: Session, id: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (!z.uuid().safeParse(id).success) throw new Refused(404, "notFound", "There is no such upload.");
  const body = await readBody(req, mostBytes);
  let pairs;
  try {
    pairs = uidPairs.parse(JSON.parse(body.toString("utf8")));
  } catch {
    // What is wrong with it would tell what is in it.
    throw new Refused(400, "badRequest", "This is no list of pairs of UIDs.");
  }
  await keepUids(database.db, openUidVault(settings.dataDir), userId, id, pairs);
  answerJson(res, 200, { kept: pairs.length });
}
