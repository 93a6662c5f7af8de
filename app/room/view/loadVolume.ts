import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { answerSentence } from "../../sign-in/answerSentence.ts";
import type { Grid } from "../../../core/space/grid.ts";

export interface LoadedVolume {
  grid: Grid;
  /** HU, x fastest, as the grid says. */
  hu: Int16Array;
  /** The uncompressed NIfTI file, for the renderer. */
  nifti: ArrayBuffer;
}

async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>, total: number | null, onProgress: (fraction: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (total) onProgress(Math.min(1, size / total));
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) { bytes.set(part, at); at += part.length; }
  return bytes;
}

/**
 * Fetches a case's volume and unpacks it. The grid is the case's own, so that everyone's masks are on the same one.
 * @param onProgress share of the download, 0 … 1
 * @throws Error with a sentence for people: not reachable, or not the volume the case says
 */
export async function loadVolume(caseId: string, grid: Grid, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<LoadedVolume> {
  const answer = await fetch(`/api/cases/${caseId}/volume`, { signal });
  if (!answer.ok || !answer.body) throw new Error(await answerSentence(answer, "The CT could not be read."));
  const packed = await readAll(answer.body, Number(answer.headers.get("content-length")) || null, onProgress);
  let nifti = packed.buffer;
  if (packed[0] === 0x1f && packed[1] === 0x8b) {
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    nifti = await new Response(unpacked).arrayBuffer();
  }
  const { data } = decodeNifti(new Uint8Array(nifti));
  const count = grid.dims[0] * grid.dims[1] * grid.dims[2];
  if (data.length !== count) throw new Error(`The CT holds ${data.length} voxels; the case says ${count}.`);
  performance.mark("ct.full");
  // Workers see the same memory where the page may share it: half a gigabyte is not copied for each.
  const hu = new Int16Array(crossOriginIsolated ? new SharedArrayBuffer(2 * count) : new ArrayBuffer(2 * count));
  hu.set(data);
  return { grid, hu, nifti };
}

/** The case's volume in few voxels: for the first sight alone, never for a tool. */
export interface CoarseVolume { grid: Grid; hu: Int16Array }

/** Fetches the coarse volume; null where the case has none. @throws Error when it cannot be reached or read */
export async function loadCoarse(caseId: string, signal: AbortSignal): Promise<CoarseVolume | null> {
  const answer = await fetch(`/api/cases/${caseId}/coarse`, { signal });
  if (answer.status === 404) return null;
  if (!answer.ok || !answer.body) throw new Error(await answerSentence(answer, "The coarse picture could not be read."));
  const plain = await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const { grid, hu } = canonicalVolume(decodeNifti(new Uint8Array(plain)));
  return { grid, hu };
}
