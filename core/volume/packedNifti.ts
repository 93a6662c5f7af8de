import { gzipSync } from "fflate";
import { encodeNifti } from "./nifti.ts";

/**
 * gzip as JB5 asks: fflate, level 6, the whole entry, time 0. A gzip head holds seconds since 1970 in UTC, so a local time
 * as in a zip would differ between time zones.
 */
export const packed = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => gzipSync(bytes, { level: 6, mtime: 0 }) as Uint8Array<ArrayBuffer>;

/** A `.nii.gz`: equal voxels on an equal grid give equal bytes. */
export const packedNifti = (volume: Parameters<typeof encodeNifti>[0]): Uint8Array<ArrayBuffer> => packed(encodeNifti(volume));
