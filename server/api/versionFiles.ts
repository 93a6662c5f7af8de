import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session } from "../platform/auth.ts";
import { appendAudit } from "../record/audit.ts";
import { demand } from "../record/members.ts";
import { draftNumber, packageOf } from "../record/versionJobs.ts";
import { differencePictureOf, readVersion } from "../record/versions.ts";
import { openWorkspaceKey } from "../record/workspaceKey.ts";
import { answerFile, Refused } from "./answers.ts";
import type { CaseFilesContext } from "./caseFiles.ts";

const nothingHere = () => new Refused(404, "notFound", "There is no such thing in this case.");
const types: Readonly<Record<string, string>> = { json: "application/json", png: "image/png", stl: "model/stl", "3mf": "model/3mf", pdf: "application/pdf" };

/**
 * Answers `/api/cases/<caseId>/versions/…`: `<number>/files/<path>` (an artifact or report that the manifest names),
 * `<number>/difference.png` (against the version before), `<number>/package?job=<id>`, `draft/package?job=<id>`, `<number>/manifest.json`, and `key.pub`, the workspace's public key. @throws Refused
 */
export async function answerVersionFile({ database: { db }, blobs, settings }: CaseFilesContext, { userId }: Session, caseId: string, rest: readonly string[], query: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [which, what, ...path] = rest;
  if (which === "key.pub" && rest.length === 1) {
    await demand(db, userId, caseId, "version.read");
    const body = new TextEncoder().encode(openWorkspaceKey(settings.dataDir).publicKey);
    return answerFile(req, res, { body, size: body.length, type: "application/x-pem-file", name: "caseroom-workspace.pub" });
  }
  const isDraft = which === "draft", number = /^[1-9]\d{0,6}$/.test(which) ? Number(which) : draftNumber;
  if (what === "package" && (number > 0 || isDraft)) {
    const { code } = await demand(db, userId, caseId, "package.export"), job = query.get("job") ?? "";
    const found = /^[0-9a-f-]{36}$/.test(job) ? await packageOf(db, caseId, job) : null;
    if (found?.number !== number || !await blobs.has(found.result.blobHash)) throw nothingHere();
    const { blobHash, bytes } = found.result;
    if (req.method === "GET") await db.transaction((tx) => appendAudit(tx, { actorId: userId, caseId, action: "package.exported", object: { ...isDraft ? { draft: true } : { number }, package: blobHash } }));
    return answerFile(req, res, { body: blobs.stream(blobHash), size: bytes, type: "application/zip", name: `${code}-${isDraft ? "draft" : `v${number}`}.zip` });
  }
  const { code } = await demand(db, userId, caseId, "version.read");
  if (number === 0) throw nothingHere();
  if (what === "difference.png") {
    const picture = await differencePictureOf(db, caseId, number);
    if (picture === null || !await blobs.has(picture)) throw nothingHere();
    return answerFile(req, res, { body: blobs.stream(picture), size: await blobs.size(picture), type: "image/png", name: `${code}-v${number}-difference.png` });
  }
  const { manifest } = await readVersion(db, caseId, number), name = path.join("/");
  const hash = what !== "files" ? undefined : manifest.artifacts.find((one) => one.name === name)?.sha256 ?? manifest.reports.find(({ check }) => `checks/${check}.json` === name)?.sha256;
  if (hash === undefined || !await blobs.has(hash)) throw nothingHere();
  // A file that goes to a printer is an export; pictures and reports are reading.
  if (/\.(stl|3mf)$/.test(name) && req.method === "GET") {
    await demand(db, userId, caseId, "package.export");
    await db.transaction((tx) => appendAudit(tx, { actorId: userId, caseId, action: "implant.exported", object: { number, file: name, sha256: hash } }));
  }
  return answerFile(req, res, { body: blobs.stream(hash), size: await blobs.size(hash), type: types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream", name: `${code}-v${number}-${name.split("/").at(-1)}` });
}
