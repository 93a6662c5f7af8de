import type { PickedFile } from "./pickFiles.ts";
import { isZip, zipEntries } from "./zipEntries.ts";

/** One file to be read: of the disk, or of a zip. The path is for the person and never leaves the page. */
export interface Source { path: string; size: number; head(bytes: number): Promise<Uint8Array>; whole(): Promise<Blob> }

/** Every file, zips opened one level deep. @throws Error for people */
export async function sourcesOf(files: readonly PickedFile[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const { file, path } of files) {
    const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
    if (isZip(head)) found.push(...await zipEntries(file, path));
    else found.push({ path, size: file.size, head: async (bytes) => new Uint8Array(await file.slice(0, bytes).arrayBuffer()), whole: async () => file });
  }
  return found;
}
