import { open, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { dicomSlice } from "../workers/import/dicomWriter.ts";

const side = 512;
/** Bytes of the pixels of one slice. */
export const sliceBytes = 2 * side * side;

/**
 * Writes a series of `count` slices of 512 × 512, 0.7 mm apart: each holds a ball of bone in its first rows and zeros behind, as a
 * hole in the file, so that a folder of gigabytes takes little of a disk. @returns the files' paths
 */
export async function sparseSeries(folder: string, seriesUid: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  const stored = Uint16Array.from({ length: side * side }, (_, p) => p < 64 * side && (p % side - 256) ** 2 + (Math.floor(p / side) - 32) ** 2 < 900 ? 2000 + p % 7 : 0);
  for (let k = 0; k < count; k++) {
    const bytes = dicomSlice({ z: 0.7 * k, index: k, columns: side, rows: side, stored, pixelSpacing: [0.45, 0.45], thickness: "1", seriesUid, sopUid: `${seriesUid}.${k + 1}` });
    const path = join(folder, `${String(k).padStart(5, "0")}.dcm`), file = await open(path, "w");
    try {
      await file.write(bytes.subarray(0, bytes.length - sliceBytes + 128 * side));
      await file.truncate(bytes.length);
    } finally {
      await file.close();
    }
    paths.push(path);
  }
  return paths;
}
