import { describe, expect, it } from "vitest";
import { cleanVolumeHead } from "../../../core/deidentify/volumeHead.ts";
import { decodeMetaImage } from "../../../core/volume/metaImage.ts";
import { decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { decodeNrrd } from "../../../core/volume/nrrd.ts";

const grid = { dims: [3, 4, 5] as const, spacing: [1, 1.5, 2] as const, origin: [1, 2, 3] as const }, data = Int16Array.from({ length: 60 }, (_, i) => i);
const never = () => { throw new Error("nothing is packed"); };
/** The file as it would leave: the new head, and as many data bytes as the header promises. */
const rebuilt = (bytes: Uint8Array) => {
  const { head, dataAt, dataBytes } = cleanVolumeHead(bytes);
  return new Uint8Array(Buffer.concat([head, bytes.subarray(dataAt, dataAt + (dataBytes ?? 0))]));
};
const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("IM2: heads of volume files name nobody", () => {
  it("NIfTI: text fields, extensions and what lies behind the voxels go; voxels and place stay", () => {
    const plain = encodeNifti({ grid, data });
    expect(cleanVolumeHead(plain)).toMatchObject({ kind: "NIfTI", cleared: [], dataAt: 352, dataBytes: 120 });
    expect(rebuilt(plain)).toEqual(plain);
    const extension = new TextEncoder().encode("CANARY extension".padEnd(64)), told = new Uint8Array(Buffer.concat([plain.subarray(0, 352), extension, plain.subarray(352), Buffer.from("CANARY tail")]));
    new DataView(told.buffer).setFloat32(108, 352 + 64, true);
    told[348] = 1;
    for (const [at, length] of [[4, 10], [14, 18], [148, 80], [228, 24], [328, 16]]) told.set(new TextEncoder().encode("CANARY").subarray(0, length), at);
    const made = rebuilt(told);
    expect(latin(made)).not.toContain("CANARY");
    expect(decodeNifti(made)).toEqual(decodeNifti(plain));
    expect(cleanVolumeHead(told).cleared).toEqual(["data_type", "db_name", "descrip", "aux_file", "intent_name", "extensions"]);
  });

  it("NRRD and MetaImage: comments, key/value pairs and fields that place nothing go", () => {
    const raw = new Uint8Array(data.buffer);
    const nrrd = new Uint8Array(Buffer.concat([Buffer.from("NRRD0004\n# CANARY comment\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 3 4 5\nspace directions: (1,0,0) (0,1.5,0) (0,0,2)\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (-1,-2,3)\ncontent: CANARY\nPatientName:=CANARY\n\n"), raw, Buffer.from("CANARY")]));
    expect(latin(rebuilt(nrrd))).not.toMatch(/CANARY|Patient/);
    expect(decodeNrrd(rebuilt(nrrd), never, 1e6)).toEqual(decodeNrrd(nrrd, never, 1e6));
    expect(cleanVolumeHead(nrrd).cleared).toEqual(["other fields", "comments"]);
    const mha = new Uint8Array(Buffer.concat([Buffer.from("ObjectType = Image\nNDims = 3\nComment = CANARY\nBinaryData = True\nBinaryDataByteOrderMSB = False\nPatientName = CANARY\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -1 -2 3\nElementSpacing = 1 1.5 2\nDimSize = 3 4 5\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"), raw, Buffer.from("CANARY")]));
    expect(latin(rebuilt(mha))).not.toMatch(/CANARY|Patient/);
    expect(decodeMetaImage(rebuilt(mha), never, 1e6)).toEqual(decodeMetaImage(mha, never, 1e6));
  });

  it("refuses what is none, ends early, or points into itself", () => {
    expect(() => cleanVolumeHead(new Uint8Array(400))).toThrow(/no NIfTI/);
    expect(() => cleanVolumeHead(encodeNifti({ grid, data }).subarray(0, 200))).toThrow(/ends inside its header/);
    const inside = encodeNifti({ grid, data });
    new DataView(inside.buffer).setFloat32(108, 100, true);
    expect(() => cleanVolumeHead(inside)).toThrow(/inside itself/);
  });

  it("of each type of voxel as many bytes stay as the reader takes, and what lies behind them goes", () => {
    const meta = { MET_CHAR: 1, MET_UCHAR: 1, MET_SHORT: 2, MET_USHORT: 2, MET_INT: 4, MET_UINT: 4, MET_LONG: 4, MET_ULONG: 4, MET_LONG_LONG: 8, MET_ULONG_LONG: 8, MET_FLOAT: 4, MET_DOUBLE: 8 };
    const nrrd = { "signed char": 1, uchar: 1, int8: 1, uint8_t: 1, short: 2, "unsigned short": 2, int16: 2, uint16_t: 2, int: 4, "unsigned int": 4, int32: 4, uint32_t: 4, "long long": 8, "unsigned long long": 8, longlong: 8, int64: 8, uint64_t: 8, float: 4, double: 8 };
    for (const [type, width] of Object.entries(meta)) {
      const file = new Uint8Array(Buffer.concat([Buffer.from(`ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 3 4 5\nElementType = ${type}\nElementDataFile = LOCAL\n`), new Uint8Array(60 * width), Buffer.from("CANARY")]));
      expect(cleanVolumeHead(file).dataBytes, type).toBe(60 * width);
      expect(decodeMetaImage(rebuilt(file), never, 1e6), type).toEqual(decodeMetaImage(file, never, 1e6));
    }
    for (const [type, width] of Object.entries(nrrd)) {
      const file = new Uint8Array(Buffer.concat([Buffer.from(`NRRD0004\ntype: ${type}\ndimension: 3\nspace: left-posterior-superior\nsizes: 3 4 5\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n`), new Uint8Array(60 * width), Buffer.from("CANARY")]));
      expect(cleanVolumeHead(file).dataBytes, type).toBe(60 * width);
    }
  });
});
