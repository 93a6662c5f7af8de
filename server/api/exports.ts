import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { exportOf } from "../../core/protocol/exports.ts";
import { faultsOf } from "../../core/surface/fileSoundness.ts";
import type { Session } from "../platform/auth.ts";
import { appendAudit } from "../record/audit.ts";
import { originalSource, sourceHashOf } from "../record/caseSource.ts";
import { currentSurface } from "../record/cases.ts";
import { fileSurfaceToExport, labelmapToExport } from "../record/exports.ts";
import { demand } from "../record/members.ts";
import { counted, demandPassword } from "../record/signatures.ts";
import { openUidVault, UidsSealed } from "../record/uidVault.ts";
import { answerFile, readJson, Refused } from "./answers.ts";
import type { CaseFilesContext } from "./caseFiles.ts";
import type { ExportAnswer, ExportQuestion, ExportSource } from "./exportThread.ts";

const types: Readonly<Record<string, string>> = { stl: "model/stl", "3mf": "model/3mf", obj: "model/obj", glb: "model/gltf-binary", ply: "application/octet-stream", dcm: "application/dicom", gz: "application/gzip", nrrd: "application/octet-stream" };
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const count = z.number(), soundnessFacts = z.object({ soundness: z.object({ openEdges: count, nonManifoldEdges: count, nonManifoldVertices: count, selfIntersections: count.optional(), degenerateTriangles: count.optional(), invertedShells: count.optional() }) });
/** A password proves the person again (G5); demo people have none. */
const proof = z.object({ password: z.string().max(128).nullable() });

function written(question: ExportQuestion): Promise<ExportAnswer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./exportThread.ts", import.meta.url), { workerData: question });
    thread.once("message", resolve).once("error", reject).once("exit", () => reject(new Error("the thread ended without an answer")));
  });
}

/** The surface of a segment as long as it may go out: DOMAIN MQ1's gate, or it says what is wrong. @throws Refused */
async function soundSurface({ database: { db }, blobs }: CaseFilesContext, caseId: string, value: number, name: string, key: string | null): Promise<{ mesh: Uint8Array; key: string }> {
  const found = await currentSurface(db, caseId, value);
  if (!found) throw new Refused(404, "notFound", `There is no surface of ${name} yet.`);
  if (key !== null && key !== found.key) throw new Refused(409, "outOfDate", "The surface has been rebuilt since; take the one that is there now.");
  if (!found.soundness) throw new Refused(409, "notChecked", `The surface of ${name} is still being checked for soundness. Try again in some seconds.`);
  const faults = faultsOf(soundnessFacts.parse(found.soundness).soundness);
  if (faults.length > 0) throw new Refused(409, "notSound", `The surface of ${name} is not sound: ${faults.join(", ")}. It is not exported. Mend it, and export what is mended.`);
  return { mesh: await blobs.get(found.blobHash), key: found.key };
}

type Exported = NonNullable<ReturnType<typeof exportOf>>;

async function questionOf(context: CaseFilesContext, caseId: string, code: string, asked: Exported, key: string | null, source: Uint8Array | null): Promise<{ question: ExportQuestion; keys: string[] }> {
  const { database: { db }, blobs } = context;
  if (asked.kind === "held") {
    const held = await fileSurfaceToExport(db, caseId, asked.id);
    if (!held) throw new Refused(404, "notFound", "There is no such surface.");
    const part = { id: `surface-${asked.id}`, role: `surface ${asked.id}`, name: held.name, color: held.color, mesh: await blobs.get(held.blobHash) };
    return { question: { kind: "surfaces", ending: asked.ending, title: `Case ${code}`, parts: [part], source: source && { bytes: source, hashes: [held.blobHash, sha256(source)], at: held.at }, isChecked: false }, keys: [held.blobHash] };
  }
  const drawn = await labelmapToExport(db, caseId);
  if (!drawn) throw new Refused(409, "nothingDrawn", "Nothing was drawn in this case yet: there is nothing to export.");
  const { segments, at } = drawn, sourceOf = (hashes: string[]): ExportSource | null => source && { bytes: source, hashes: [...hashes, sha256(source)], at };
  if (asked.kind === "labels") return { question: { kind: "labels", file: asked.file, labelmap: await blobs.get(drawn.blobHash), segments, source: sourceOf([drawn.blobHash]) }, keys: [] };
  const wanted = segments.filter(({ value }) => asked.value === null || value === asked.value), parts = [], keys: string[] = [];
  for (const segment of wanted) {
    if (asked.value === null && !await currentSurface(db, caseId, segment.value)) continue; // an empty one has none
    const { mesh, key: own } = await soundSurface(context, caseId, segment.value, segment.name, key);
    parts.push({ id: `segment-${segment.value}`, role: `segment ${segment.value}`, name: segment.name, color: segment.color, mesh });
    keys.push(own);
  }
  if (parts.length === 0) throw new Refused(404, "notFound", "There is no surface of this segment yet.");
  return { question: { kind: "surfaces", ending: asked.ending, title: `Case ${code}`, parts, source: sourceOf(keys), isChecked: true }, keys };
}

/**
 * Answers `exports/<name>` (core/protocol/exports) of the draft as it was folded last. DICOM files name the source series by the
 * UIDs that the import gave it; asked with POST and the person's password, by those of the hospital. Each is an audit event.
 * @param key where it is given, only the surface of that key, the one on screen @throws Refused
 */
export async function sendExport(context: CaseFilesContext, session: Session, caseId: string, name: string, key: string | null, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { database: { db }, blobs, settings } = context, isOriginal = req.method === "POST";
  const { code } = await demand(db, session.userId, caseId, isOriginal ? "source.originals" : "surface.export"), asked = exportOf(name), isDicom = name.endsWith(".dcm");
  if (!asked || (isOriginal && !isDicom)) throw new Refused(404, "notFound", "There is no such thing in this case.");
  if (isOriginal) {
    const { password } = proof.parse(await readJson(req));
    if (settings.mode !== "demo") await counted(db, session.userId, caseId, () => demandPassword(db, session.userId, password ?? ""));
  }
  const sourceHash = isDicom ? await sourceHashOf(db, caseId) : null;
  if (isDicom && sourceHash === null) throw new Refused(409, "noSource", "The CT of this case did not come from a DICOM series, so there is no series that a DICOM file could refer to. Take NRRD, NIfTI or STL.");
  const source = sourceHash === null ? null : isOriginal ? await originalSource(db, blobs, openUidVault(settings.dataDir), caseId).catch((error: unknown) => { throw error instanceof UidsSealed ? new Refused(409, "sealed", error.message) : error; }) : await blobs.get(sourceHash);
  const { question, keys } = await questionOf(context, caseId, code, asked, key, source), answer = await written(question);
  if ("problem" in answer) throw new Refused(409, "impossible", answer.problem);
  if (req.method !== "HEAD") await db.transaction((tx) => appendAudit(tx, { actorId: session.userId, caseId, action: asked.kind === "labels" ? "labelmap.exported" : "surface.exported", object: { file: name, sha256: sha256(answer.bytes), originalUids: isOriginal } }));
  return answerFile(req, res, { body: answer.bytes, size: answer.bytes.byteLength, type: types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream", name: `${code}-${name}`, ...keys.length > 0 && { headers: { "x-caseroom-key": keys.join() } } });
}
