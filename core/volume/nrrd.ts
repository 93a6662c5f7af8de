import { NiftiError } from "./niftiError.ts";
import type { DecodedNifti } from "./nifti.ts";
import { numbersIn, textHeader, volumeOfText, type Unpack } from "./textHeader.ts";

/** NRRD's names of types (teem's format page, «type: <type>») as NIfTI codes. */
const types: Readonly<Record<string, number>> = {
  "signed char": 256, int8: 256, int8_t: 256, uchar: 2, "unsigned char": 2, uint8: 2, uint8_t: 2, short: 4, "short int": 4, "signed short": 4, "signed short int": 4, int16: 4, int16_t: 4,
  ushort: 512, "unsigned short": 512, "unsigned short int": 512, uint16: 512, uint16_t: 512, int: 8, "signed int": 8, int32: 8, int32_t: 8, uint: 768, "unsigned int": 768, uint32: 768, uint32_t: 768,
  "long long": 1024, int64: 1024, int64_t: 1024, uint64: 1280, uint64_t: 1280, float: 16, double: 64,
};
/** What each `space` makes of its three axes in RAS. */
const spaces: Readonly<Record<string, number[]>> = {
  "left-posterior-superior": [-1, -1, 1], lps: [-1, -1, 1], "right-anterior-superior": [1, 1, 1], ras: [1, 1, 1], "left-anterior-superior": [-1, 1, 1], las: [-1, 1, 1],
};

export const looksLikeNrrd = (bytes: Uint8Array): boolean => bytes.length > 8 && bytes[0] === 0x4e && bytes[1] === 0x52 && bytes[2] === 0x52 && bytes[3] === 0x44 && bytes[4] === 0x30;

/**
 * Reads an attached NRRD of one three-dimensional volume, raw or gzip. A detached one names another file and is refused (H8).
 * @throws NiftiError
 */
export function decodeNrrd(bytes: Uint8Array, unpack: Unpack, maxVoxels: number): DecodedNifti {
  const { fields, dataAt } = textHeader(bytes, ":", (line) => line === "");
  const field = (name: string) => fields.get(name) ?? "";
  if (fields.has("data file") || fields.has("datafile")) throw new NiftiError("detached", "This NRRD keeps its data in another file, which is not followed. Save it as one file (attached header).", "data file");
  const skip = field("line skip") || field("lineskip") || field("byte skip") || field("byteskip");
  if (skip && Number(skip) !== 0) throw new NiftiError("not-a-volume", "NRRD files that skip lines or bytes are not taken.", "line skip");
  if (Number(field("dimension")) !== 3) throw new NiftiError("not-a-volume", `The NRRD has ${field("dimension") || "no"} dimensions; a volume has three.`, "dimension");
  const signs = spaces[field("space").toLowerCase()], encoding = field("encoding").toLowerCase();
  if (!signs) throw new NiftiError("no-orientation", "The NRRD does not name its space (left-posterior-superior or the like); left and right cannot be told.", "space");
  if (!["raw", "gzip", "gz"].includes(encoding)) throw new NiftiError("unsupported-datatype", `The NRRD encoding ${encoding.slice(0, 20)} is not taken; raw and gzip are.`, "encoding");
  const directions = numbersIn(field("space directions")), columns = directions.length === 9 ? [directions.slice(0, 3), directions.slice(3, 6), directions.slice(6)] : [];
  const units = field("space units"), mm = /"(?:m|meters?)"/i.test(units) ? 1000 : /"(?:um|µm|micrometers?)"/i.test(units) ? 0.001 : 1;
  const scaled = columns.map((column) => column.map((n) => n * mm));
  return volumeOfText(bytes, dataAt, {
    dims: numbersIn(field("sizes")), datatype: types[field("type").toLowerCase()] ?? 0, isLittle: field("endian").toLowerCase() !== "big", packing: encoding === "raw" ? "raw" : "gzip",
    columns: scaled, origin: numbersIn(field("space origin")).map((n) => n * mm), signs, names: { type: "type", dims: "sizes", place: "space directions" },
  }, unpack, maxVoxels);
}
