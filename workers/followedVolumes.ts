import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { canonicalVolume, decodeNifti } from "../core/volume/nifti.ts";
import type { Blobs } from "../server/platform/blobs.ts";

const unpack = promisify(gunzip);
/** CTs that stay unpacked, the one used last at the end: 150 MiB each for 512 × 512 × 300 voxels. */
const mostKept = 2;
const kept = new Map<string, Promise<Int16Array>>();

async function read(hash: string, blobs: Blobs): Promise<Int16Array> {
  const { hu } = canonicalVolume(decodeNifti(await unpack(await blobs.get(hash))));
  // Threads see the same memory: nothing is copied for each of them.
  const shared = new Int16Array(new SharedArrayBuffer(hu.byteLength));
  shared.set(hu);
  return shared;
}

/** HU of a stored CT, x fastest, in memory that threads share. @throws BlobMissing, NiftiError */
export function followedVolume(hash: string, blobs: Blobs): Promise<Int16Array> {
  const found = kept.get(hash) ?? read(hash, blobs);
  kept.delete(hash);
  kept.set(hash, found);
  // What could not be read is read again the next time.
  found.catch(() => { if (kept.get(hash) === found) kept.delete(hash); });
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  return found;
}
