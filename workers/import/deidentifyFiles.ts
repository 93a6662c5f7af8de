import { open } from "node:fs/promises";
import { join } from "node:path";
import { deidentify } from "../../core/deidentify/deidentify.ts";
import { DicomError } from "../../core/volume/dicom/dicomError.ts";
import { looksLikeDicom } from "../../core/volume/dicom/reader.ts";
import { bytesOfFile, readWhole, type SourceFile } from "./sourceFiles.ts";

/**
 * Copies of the DICOM files that name nobody, under names of our own in `workDir`; everything after this reads only them.
 * A file that does not read stays as it is: it is refused later by tag and offset, nothing of it is kept. Of other volume
 * files only numbers are ever read. @returns with them, which UID stood for which
 */
export async function deidentifyFiles(files: SourceFile[], keyHex: string, asOf: string | undefined, workDir: string, progress: (stage: string, fraction: number) => void): Promise<{ files: SourceFile[]; uids: Map<string, string> }> {
  const key = new Uint8Array(Buffer.from(keyHex, "hex")), made: SourceFile[] = [], replaced = new Map<string, string>();
  for (const [at, file] of files.entries()) {
    if (at % 16 === 0) progress("headers", at / files.length / 2);
    if (!looksLikeDicom(bytesOfFile(file.path, 132))) { made.push(file); continue; }
    try {
      const { parts, scanAgeDays, isChild, uids } = deidentify(readWhole(file), { key, asOf });
      const path = join(workDir, `clean${at}`), handle = await open(path, "wx", 0o600);
      let size = 0;
      try {
        for (const part of parts) {
          await handle.write(part);
          size += part.length;
        }
      } finally {
        await handle.close();
      }
      for (const [original, written] of uids) replaced.set(original, written);
      made.push({ ...file, path, size, scan: { ageDays: scanAgeDays, isChild } });
    } catch (error) {
      if (!(error instanceof DicomError)) throw error;
      made.push(file);
    }
  }
  return { files: made, uids: replaced };
}
