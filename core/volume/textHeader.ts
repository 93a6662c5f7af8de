import { NiftiError } from "./niftiError.ts";
import type { DecodedNifti } from "./nifti.ts";
import { niftiTypes, readVoxels } from "./niftiVoxels.ts";

/** A volume file's header as lines, and where its data begin. */
export interface TextHeader { fields: Map<string, string>; dataAt: number }
/** Undoes gzip (`gzip`) or zlib (`zlib`) within a limit; the caller's, so that core stays free of I/O. */
export type Unpack = (packed: Uint8Array, kind: "gzip" | "zlib", maxBytes: number) => Uint8Array;

const maxHeaderBytes = 65_536;
const latin = (bytes: Uint8Array) => { let text = ""; for (const byte of bytes) text += String.fromCharCode(byte); return text; };

/** `name: value` or `name = value` lines up to an empty line (NRRD) or the line that begins the data (MHA). @throws NiftiError */
export function textHeader(bytes: Uint8Array, separator: ":" | "=", isLast: (line: string) => boolean): TextHeader {
  const fields = new Map<string, string>();
  for (let at = 0; at < Math.min(bytes.length, maxHeaderBytes);) {
    const end = bytes.indexOf(10, at);
    if (end < 0) break;
    const line = latin(bytes.subarray(at, end)).replace(/\r$/, "");
    at = end + 1;
    const mark = line.indexOf(separator);
    if (mark > 0 && !line.startsWith("#")) fields.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).replace(/^=/, "").trim());
    if (isLast(line)) return { fields, dataAt: at };
  }
  throw new NiftiError("truncated", `The header has no end within its first ${Math.min(bytes.length, maxHeaderBytes)} bytes.`, `byte ${Math.min(bytes.length, maxHeaderBytes)}`);
}

/** All numbers of a text such as `(1,0,0) (0,1,0)` or `1 0 0`. */
export const numbersIn = (text: string): number[] => (text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf/gi) ?? []).map(Number);

/** Makes the volume of what a text header said. `columns` are the steps along each file axis, LPS or RAS as `signs` undo; `names` what the format calls its fields. @throws NiftiError */
export function volumeOfText(
  bytes: Uint8Array, dataAt: number, what: { dims: number[]; datatype: number; isLittle: boolean; packing: "raw" | "gzip" | "zlib"; columns: number[][]; origin: number[]; signs: number[]; names: { type: string; dims: string; place: string } }, unpack: Unpack, maxVoxels: number,
): DecodedNifti {
  const { dims, datatype, columns, origin, signs, names } = what, type = niftiTypes.get(datatype);
  if (!type) throw new NiftiError("unsupported-datatype", "The voxels' type is not one of CT values.", names.type);
  if (dims.length !== 3 || dims.some((n) => !Number.isInteger(n) || n < 1 || n > 32767)) throw new NiftiError("not-a-volume", `The header's size ${dims.join(" × ")} is not one of a three-dimensional volume.`, names.dims);
  const voxels = dims[0] * dims[1] * dims[2];
  if (voxels > maxVoxels) throw new NiftiError("too-large", `The volume has ${voxels} voxels; the limit is ${maxVoxels}.`, names.dims);
  const affine = [0, 1, 2].map((axis) => [...columns.map((column) => signs[axis] * column[axis] + 0), signs[axis] * origin[axis] + 0]);
  if (columns.length !== 3 || affine.flat().length !== 12 || affine.flat().some((n) => !Number.isFinite(n))) throw new NiftiError("no-orientation", "The file does not say how its voxels lie in the patient; left and right cannot be told.", names.place);
  const need = voxels * type.bytes, rest = bytes.subarray(dataAt);
  const plain = what.packing === "raw" ? rest : unpack(rest, what.packing, need + 64);
  if (plain.length < need) throw new NiftiError("truncated", `The data hold ${plain.length} bytes; the header promises ${need}.`, `byte ${dataAt}`);
  return {
    version: 1, dims: [dims[0], dims[1], dims[2]], datatype, affine: [...affine, [0, 0, 0, 1]], slope: 1, intercept: 0, orientation: "sform", hasUnits: true,
    data: readVoxels(new DataView(plain.buffer, plain.byteOffset, plain.byteLength), 0, voxels, type, what.isLittle),
  };
}
