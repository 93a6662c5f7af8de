import { NiftiError } from "./niftiError.ts";
import type { DecodedNifti } from "./nifti.ts";
import { numbersIn, textHeader, volumeOfText, type Unpack } from "./textHeader.ts";

/** MetaIO's ElementType (ITK's MetaIO documentation) as NIfTI codes. */
const types: Readonly<Record<string, number>> = {
  MET_CHAR: 256, MET_UCHAR: 2, MET_SHORT: 4, MET_USHORT: 512, MET_INT: 8, MET_UINT: 768, MET_LONG: 8, MET_ULONG: 768, MET_LONG_LONG: 1024, MET_ULONG_LONG: 1280, MET_FLOAT: 16, MET_DOUBLE: 64,
};
const isTrue = (text: string) => /^(true|1)$/i.test(text);

export const looksLikeMetaImage = (bytes: Uint8Array): boolean => {
  let text = "";
  for (const byte of bytes.subarray(0, 64)) text += String.fromCharCode(byte);
  return /^(ObjectType|NDims|Comment)\s*=/.test(text);
};

/** Reads a MetaImage with its data inside (.mha), raw or zlib. World is LPS, as ITK has it. @throws NiftiError */
export function decodeMetaImage(bytes: Uint8Array, unpack: Unpack, maxVoxels: number): DecodedNifti {
  const { fields, dataAt } = textHeader(bytes, "=", (line) => /^ElementDataFile\s*=/.test(line));
  const field = (name: string) => fields.get(name) ?? "";
  if (field("elementdatafile") !== "LOCAL") throw new NiftiError("detached", "This MetaImage keeps its data in another file, which is not followed. Save it as one .mha file.", "ElementDataFile");
  if (Number(field("ndims")) !== 3 || Number(field("elementnumberofchannels") || "1") !== 1) throw new NiftiError("not-a-volume", "The MetaImage is not one three-dimensional volume of single values.", "NDims");
  const matrix = numbersIn(field("transformmatrix") || field("rotation") || field("orientation")), spacing = numbersIn(field("elementspacing") || field("elementsize"));
  const columns = matrix.length === 9 && spacing.length === 3 ? [0, 1, 2].map((c) => [0, 1, 2].map((axis) => matrix[3 * c + axis] * spacing[c])) : [];
  return volumeOfText(bytes, dataAt, {
    dims: numbersIn(field("dimsize")), datatype: types[field("elementtype").toUpperCase()] ?? 0,
    isLittle: !isTrue(field("binarydatabyteordermsb") || field("elementbyteordermsb")), packing: isTrue(field("compresseddata")) ? "zlib" : "raw",
    columns, origin: numbersIn(field("offset") || field("position") || field("origin")), signs: [-1, -1, 1], names: { type: "ElementType", dims: "DimSize", place: "TransformMatrix" },
  }, unpack, maxVoxels);
}
