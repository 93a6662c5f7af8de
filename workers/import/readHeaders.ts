import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sliceName } from "../../core/checks/sliceName.ts";
import { DicomError, tagName } from "../../core/volume/dicom/dicomError.ts";
import { describeImage, type DicomImage } from "../../core/volume/dicom/image.ts";
import { looksLikeDicom, readDicom } from "../../core/volume/dicom/reader.ts";
import { emptiedRemains, isEmptied, remainsOf, type Remains } from "../../core/volume/dicom/remains.ts";
import type { ImageFile } from "./pixels.ts";
import { ImportRefused } from "./refused.ts";
import { bytesOfFile, readWhole, type SourceFile } from "./sourceFiles.ts";

export interface BrokenFile { file: SourceFile; refusal: ImportRefused; remains: Remains }
/** What a set of files holds: images, files that are none, files that are broken. */
export interface HeadersRead { images: ImageFile[]; others: number; broken: BrokenFile[] }

/** What an image's file is called where it must not be named. A file with several frames is called by its number alone. */
const nameOf = ({ instanceNumber, frames: [{ position, orientation }, second] }: DicomImage) => sliceName(instanceNumber, second ? null : position, orientation);

/** Reads every file's header. One broken file does not hide the others; it is refused by name where nothing else is left. */
export async function readHeaders(files: SourceFile[], workDir: string, progress: (stage: string, fraction: number) => void): Promise<HeadersRead> {
  const images: ImageFile[] = [], broken: BrokenFile[] = [];
  let others = 0;
  for (const [at, file] of files.entries()) {
    if (at % 16 === 0) progress("headers", at / files.length);
    const head = bytesOfFile(file.path, 132);
    if (isEmptied(head)) { broken.push({ file, remains: emptiedRemains, refusal: new ImportRefused("unreadable-file", `${file.label}: it holds nothing. Copy it again.`, { file: file.label, offset: 0 }) }); continue; }
    if (!looksLikeDicom(head)) { others++; continue; }
    const bytes = readWhole(file), sha256 = createHash("sha256").update(bytes).digest("hex");
    try {
      const read = readDicom(bytes), image = describeImage(read);
      if (!image || !read.pixels) { others++; continue; }
      let own = file.isUnnamed ? { ...file, label: nameOf(image) ?? file.label } : file;
      if (read.isDeflated) {
        own = { ...own, path: join(workDir, `inflated${at}`), size: read.bytes.length };
        await writeFile(own.path, read.bytes);
      }
      images.push({ file: own, image, transferSyntax: read.transferSyntax, isLittle: read.isLittle, pixels: read.pixels, sha256 });
    } catch (error) {
      if (!(error instanceof DicomError)) throw error;
      broken.push({ file, remains: remainsOf(bytes), refusal: new ImportRefused(error.code, `${file.label}: ${error.message}. Export it again.`, { file: file.label, offset: error.offset, ...error.tag ? { tag: tagName(error.tag) } : {} }) });
    }
  }
  return { images, others, broken };
}
