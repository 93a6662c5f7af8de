import { randomBytes, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { log } from "../server/platform/log.ts";
import type { StoredPicture } from "../server/record/ctReport.ts";
import { askForSeries, beginDecoding, finishImport, refuseImport, reportProgress } from "../server/record/imports.ts";
import type { Source } from "../server/platform/dicom/source.ts";
import { sourceToKeep } from "../server/record/caseSource.ts";
import { openUidVault } from "../server/record/uidVault.ts";
import { openDecodingFolder } from "./decodingFolders.ts";
import { importFiles, ImportRefused } from "./import/importFiles.ts";

/** Whether a person can choose: at least two of what was sent could be the volume, and the upload can be finished with one of them. */
function isChoice({ code, details }: ImportRefused): boolean {
  const series = Array.isArray(details.series) ? details.series as { series?: unknown; code?: unknown }[] : [];
  return code === "several-series" && series.filter((one) => one.code === null && /^series \d+(#\d+)?$/.test(String(one.series))).length > 1;
}

/**
 * Decodes an upload and makes a case of it. Whatever happens, the source files are deleted: patient data lives only in the
 * quarantine folder and in the one it is decoded in, and only until here; where the person has to choose between several
 * volumes, until the choice or for a day. @param worker the id under which the process says that it lives
 */
export async function importUpload(uploadId: string, dataDir: string, isLastAttempt: boolean, db: Db, blobs: Blobs, worker: string = randomUUID()): Promise<void> {
  const quarantine = join(dataDir, "uploads", uploadId);
  const row = await beginDecoding(db, uploadId);
  if (!row) {
    await rm(quarantine, { recursive: true, force: true });
    return;
  }
  const decoding = await openDecodingFolder(dataDir, worker);
  let isOver = true;
  try {
    const made = await importFiles({
      paths: [quarantine],
      options: {
        useRegularPart: row.options?.useRegularPart ?? false, withCoarse: true, region: row.options?.region, series: row.options?.series, part: row.options?.part, hideUids: true,
        // Whatever way the files came: nothing is read of them before they are de-identified. The key lives for this import only.
        deidentifyKey: randomBytes(32).toString("hex"), asOf: new Date().toISOString().slice(0, 10),
        scanAgeDays: row.options?.scanAgeDays, isChild: row.options?.isChild, hasUnreadText: row.options?.hasUnreadText, unreadFiles: row.options?.unreadFiles, unread: row.options?.unread,
      },
    }, decoding.path, (stage, fraction) => {
      // Progress is only shown: a lost one must not end the worker.
      reportProgress(db, uploadId, stage, fraction).catch(() => log("warn", "import.progressLost", { uploadId }));
    });
    const { hash } = await blobs.putStream(createReadStream(made.volume));
    const coarseHash = made.coarse ? (await blobs.putStream(createReadStream(made.coarse))).hash : undefined;
    if (made.acquired && (await blobs.putStream(createReadStream(made.acquired.path))).hash !== made.acquired.sha256) throw new Error("The slices as acquired are not those that the report names.");
    const source = await sourceToKeep(blobs, openUidVault(dataDir), made.source as Source, made.uids, row.sealedUids && { bytes: row.sealedUids, uploadId });
    const pictures: StoredPicture[] = await Promise.all(made.pictures.map(async ({ code, shows, path }) => ({ code, shows, png: (await readFile(path)).toString("base64") })));
    await finishImport(db, uploadId, { volumeHash: hash, coarseHash, source, grid: made.grid, report: { ...made.report, pictures } });
  } catch (error) {
    if (error instanceof ImportRefused && isChoice(error)) {
      isOver = false;
      await askForSeries(db, uploadId, { code: error.code, message: error.message, details: error.details });
    } else if (error instanceof ImportRefused) {
      await refuseImport(db, uploadId, { code: error.code, message: error.message, details: error.details });
    } else if (isLastAttempt) {
      await refuseImport(db, uploadId, { code: "import-failed", message: `The import failed for a reason of our own (id ${uploadId}). Nothing was kept; try again or tell the administrator the id.` });
      throw error;
    } else {
      isOver = false;
      throw error;
    }
  } finally {
    await decoding.done();
    if (isOver) await rm(quarantine, { recursive: true, force: true });
  }
}
