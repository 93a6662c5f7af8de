// Headers of volume files (NIfTI, NRRD, MetaImage) without their free text: only what places and reads the voxels stays.
import { NiftiError } from "../volume/niftiError.ts";
import { niftiTypes } from "../volume/niftiVoxels.ts";
import { looksLikeMetaImage } from "../volume/metaImage.ts";
import { looksLikeNrrd } from "../volume/nrrd.ts";
import { numbersIn, textHeader } from "../volume/textHeader.ts";

/** A header made anew, and where in the (unpacked) file its data lie. */
export interface CleanHead {
  kind: "NIfTI" | "NRRD" | "MetaImage";
  /** Written instead of everything before the data. */
  head: Uint8Array;
  /** Where the data begin in the file given. */
  dataAt: number;
  /** Bytes of the data once unpacked; what a file holds behind them goes. Null where the header does not tell. */
  dataBytes: number | null;
  /** How the data behind the header are packed. */
  packing: "raw" | "gzip" | "zlib";
  /** What was found and left out: names of fields, never their text. */
  cleared: string[];
}

/** As many first bytes as `cleanVolumeHead` may want. */
export const volumeHeadBytes = 65_536;
const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);

/** Text fields of the two versions: name, offset, length (nifti1.h, nifti2.h of the NIfTI DFWG). */
const niftiTexts: Readonly<Record<1 | 2, readonly (readonly [string, number, number])[]>> = {
  1: [["data_type", 4, 10], ["db_name", 14, 18], ["descrip", 148, 80], ["aux_file", 228, 24], ["intent_name", 328, 16]],
  2: [["descrip", 240, 80], ["aux_file", 320, 24], ["intent_name", 508, 16], ["unused_str", 525, 15]],
};

function cleanNifti(bytes: Uint8Array): CleanHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540, version = view.getInt32(0, isLittle) === 348 ? 1 : 2, size = version === 1 ? 352 : 544;
  if (bytes.length < size) throw new NiftiError("truncated", `The file ends inside its header, at byte ${bytes.length} of ${size}.`, `byte ${bytes.length}`);
  const dim = (i: number) => version === 1 ? view.getInt16(40 + 2 * i, isLittle) : Number(view.getBigInt64(16 + 8 * i, isLittle));
  const type = niftiTypes.get(version === 1 ? view.getInt16(70, isLittle) : view.getInt16(12, isLittle));
  let voxels = 1;
  for (let i = 1; i <= Math.min(7, Math.max(0, dim(0))); i++) voxels *= dim(i);
  const dataAt = version === 1 ? Math.floor(view.getFloat32(108, isLittle)) : Number(view.getBigInt64(168, isLittle));
  if (!(dataAt >= size - 4)) throw new NiftiError("not-a-volume", `The header puts the voxels at byte ${dataAt}, inside itself.`, `byte ${version === 1 ? 108 : 168}`);
  const head = bytes.slice(0, size), cleared: string[] = [];
  for (const [name, at, length] of niftiTexts[version]) {
    if (head.subarray(at, at + length).some((b) => b !== 0)) cleared.push(name);
    head.fill(0, at, at + length);
  }
  // Extensions (bytes 348 or 540 on) may hold whole DICOM headers.
  if (dataAt > size || head.subarray(size - 4).some((b) => b !== 0)) cleared.push("extensions");
  head.fill(0, size - 4);
  const out = new DataView(head.buffer);
  if (version === 1) out.setFloat32(108, size, isLittle);
  else out.setBigInt64(168, BigInt(size), isLittle);
  return { kind: "NIfTI", head, dataAt, dataBytes: type && voxels > 0 && Number.isSafeInteger(voxels) ? voxels * type.bytes : null, packing: "raw", cleared };
}

/** Fields of a text header that place and read voxels. */
const nrrdFields = ["type", "dimension", "space", "space dimension", "sizes", "space directions", "kinds", "endian", "encoding", "space origin", "space units", "spacings", "measurement frame"];
const metaFields = ["objecttype", "ndims", "binarydata", "binarydatabyteordermsb", "elementbyteordermsb", "compresseddata", "transformmatrix", "rotation", "orientation", "offset", "position", "origin",
  "centerofrotation", "anatomicalorientation", "elementspacing", "elementsize", "dimsize", "elementnumberofchannels", "elementtype"];
const metaNames: Readonly<Record<string, string>> = { objecttype: "ObjectType", ndims: "NDims" };
/** Characters of a field that places voxels: no sentence fits in. */
const plainValue = (value: string): string => value.replace(/[^\w .,()"+\-:]/g, "").slice(0, 400);
const wordValue = (value: string): boolean => !/[A-Za-z]{33,}/.test(value);

function cleanText(bytes: Uint8Array, kind: "NRRD" | "MetaImage"): CleanHead {
  const isNrrd = kind === "NRRD", { fields, dataAt } = textHeader(bytes, isNrrd ? ":" : "=", (line) => isNrrd ? line === "" : /^ElementDataFile\s*=/.test(line));
  const allowed = isNrrd ? nrrdFields : metaFields, ignored = isNrrd ? [] : ["elementdatafile", "compresseddatasize"];
  const cleared = [...fields.keys()].filter((name) => !allowed.includes(name) && !ignored.includes(name)).map(() => "other fields");
  const kept = allowed.filter((name) => fields.has(name) && wordValue(fields.get(name) ?? ""));
  const headText = latinText(bytes.subarray(0, dataAt));
  if (isNrrd && /^#/m.test(headText.replace(/^NRRD.*\n/, ""))) cleared.push("comments");
  if (fields.has("data file") || fields.has("datafile") || (!isNrrd && fields.get("elementdatafile") !== "LOCAL")) throw new NiftiError("detached", "The file keeps its data in another file, which is not followed. Save it as one file.", isNrrd ? "data file" : "ElementDataFile");
  const lines = kept.map((name) => `${isNrrd ? name : metaNames[name] ?? name}${isNrrd ? ":" : " ="} ${plainValue(fields.get(name) ?? "")}`);
  const head = latin(isNrrd ? `${/^NRRD000\d/.exec(headText)?.[0] ?? "NRRD0004"}\n${lines.join("\n")}\n\n` : `${lines.join("\n")}\nElementDataFile = LOCAL\n`);
  const encoding = (fields.get("encoding") ?? "raw").toLowerCase(), packing = isNrrd ? encoding === "raw" ? "raw" : "gzip" : /^(true|1)$/i.test(fields.get("compresseddata") ?? "") ? "zlib" : "raw";
  const voxels = numbersIn(fields.get(isNrrd ? "sizes" : "dimsize") ?? "").reduce((product, n) => product * n, 1), width = widthOf(fields.get(isNrrd ? "type" : "elementtype") ?? "");
  return { kind, head, dataAt, dataBytes: width && voxels > 0 && Number.isSafeInteger(voxels) ? voxels * width : null, packing, cleared: [...new Set(cleared)] };
}
function latinText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
/** Bytes of a voxel by its type's name in either format; 0 where it is none that we read. */
function widthOf(type: string): number {
  const name = type.toLowerCase().replace(/^met_/, "");
  // A MetaImage's MET_LONG has 4 bytes on every machine.
  return /double|64|long[ _]?long/.test(name) ? 8 : /float|32|^u?long$|\bu?int\b|^u?int$|(un)?signed int$/.test(name) ? 4 : /short|16/.test(name) ? 2 : /char|8/.test(name) ? 1 : 0;
}

/**
 * The head of a NIfTI (already unpacked), NRRD or MetaImage file without names, comments, extensions and fields that nobody
 * needs for the voxels. @param bytes the first `volumeHeadBytes` of the file, or all of it. @throws NiftiError
 */
export function cleanVolumeHead(bytes: Uint8Array): CleanHead {
  if (looksLikeNrrd(bytes)) return cleanText(bytes, "NRRD");
  if (looksLikeMetaImage(bytes)) return cleanText(bytes, "MetaImage");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || ![348, 540].some((n) => view.getInt32(0, true) === n || view.getInt32(0, false) === n)) throw new NiftiError("not-a-volume", "The file is no NIfTI, NRRD or MetaImage.", "byte 0");
  return cleanNifti(bytes);
}
