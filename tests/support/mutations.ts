import { readDicom, type DicomElement, type DicomItem } from "../../core/volume/dicom/reader.ts";
import { seeded } from "./seeded.ts";

/** Bytes that lie, and in words how; the words are enough to make them again. */
export interface Mutation { label: string; bytes: Uint8Array }
const joined = (parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const changed = (base: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array => {
  const bytes = base.slice();
  change(new DataView(bytes.buffer), bytes);
  return bytes;
};

/** Every bit of the first `end` bytes turned, one at a time. */
export function* bitFlips(base: Uint8Array, end: number): Generator<Mutation> {
  for (let bit = 0; bit < 8 * Math.min(end, base.length); bit++) yield { label: `bit ${bit & 7} of byte ${bit >> 3} turned`, bytes: changed(base, (_, b) => { b[bit >> 3] ^= 1 << (bit & 7); }) };
}
/** The file cut after every `step` bytes. */
export function* cuts(base: Uint8Array, step: number): Generator<Mutation> {
  for (let at = 0; at < base.length; at += step) yield { label: `cut after ${at} bytes`, bytes: base.slice(0, at) };
}

type Kind = "u8" | "i16" | "i32" | "i64" | "f32" | "f64";
const whole: readonly number[] = [0, 1, -1, 2, 3, 7, 8, 127, 255, 32_767, -32_768, 65_535, 2 ** 31 - 1, -(2 ** 31)];
const real: readonly number[] = [0, -0, 1, -1, 1e-30, 0.5, 348, 1e5, 1e30, -1e30, 3e38, Number.NaN, Infinity, -Infinity];
const kinds: Readonly<Record<Kind, { bytes: number; values: readonly (number | bigint)[]; write: (view: DataView, at: number, value: number | bigint) => void }>> = {
  u8: { bytes: 1, values: whole, write: (v, at, n) => v.setUint8(at, Number(n)) }, i16: { bytes: 2, values: whole, write: (v, at, n) => v.setInt16(at, Number(n), true) },
  i32: { bytes: 4, values: whole, write: (v, at, n) => v.setInt32(at, Number(n), true) }, f32: { bytes: 4, values: real, write: (v, at, n) => v.setFloat32(at, Number(n), true) },
  i64: { bytes: 8, values: [...whole.map(BigInt), 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)], write: (v, at, n) => v.setBigInt64(at, BigInt(n), true) },
  f64: { bytes: 8, values: [...real, 1e308, 5e-324], write: (v, at, n) => v.setFloat64(at, Number(n), true) },
};
/** Fields of the two NIfTI headers (nifti1.h, nifti2.h of the NIfTI DFWG): name, kind, offset, how many. */
const niftiFields: Readonly<Record<1 | 2, readonly (readonly [string, Kind, number, number])[]>> = {
  1: [["sizeof_hdr", "i32", 0, 1], ["dim", "i16", 40, 8], ["datatype", "i16", 70, 1], ["bitpix", "i16", 72, 1], ["pixdim", "f32", 76, 8], ["vox_offset", "f32", 108, 1], ["scl_slope", "f32", 112, 1], ["scl_inter", "f32", 116, 1],
    ["xyzt_units", "u8", 123, 1], ["qform_code", "i16", 252, 1], ["sform_code", "i16", 254, 1], ["quatern", "f32", 256, 3], ["qoffset", "f32", 268, 3], ["srow", "f32", 280, 12]],
  2: [["sizeof_hdr", "i32", 0, 1], ["datatype", "i16", 12, 1], ["bitpix", "i16", 14, 1], ["dim", "i64", 16, 8], ["pixdim", "f64", 104, 8], ["vox_offset", "i64", 168, 1], ["scl_slope", "f64", 176, 1], ["scl_inter", "f64", 184, 1],
    ["qform_code", "i32", 344, 1], ["sform_code", "i32", 348, 1], ["quatern", "f64", 352, 3], ["qoffset", "f64", 376, 3], ["srow", "f64", 400, 12], ["xyzt_units", "i32", 500, 1]],
};

/** A little-endian NIfTI with one field at an extreme, with one bit turned, or cut. */
export function* niftiMutations(base: Uint8Array, version: 1 | 2): Generator<Mutation> {
  for (const [name, kind, offset, count] of niftiFields[version]) for (let i = 0; i < count; i++) {
    const { bytes, values, write } = kinds[kind];
    for (const value of values) yield { label: `${name}[${i}] is ${value}`, bytes: changed(base, (view) => write(view, offset + bytes * i, value)) };
  }
  yield* bitFlips(base, version === 1 ? 352 : 544);
  yield* cuts(base, 1);
}

const texts = ["", "0", "-1", "1", "3", "1e308", "-1e308", "nan", "inf", "99999999999999999999", "1 1", "32767 32767 32767", "32768 1 1", "1e9 1e9 1e9", "0 0 0", "-2 2 2", "2.5 2 2", "nan nan nan", "1 0 0 0 1 0 0 0 0", "0 0 0 0 0 0 0 0 0", "1e-300 0 0 0 1e-300 0 0 0 1e-300",
  "(1,0,0) (0,1,0) (0,0,0)", "(1e300,0,0) (0,1e300,0) (0,0,1e300)", "(1,1,1) (1,1,1) (1,1,1)", "none (1,0,0) (0,1,0)", "(1,0.5,0) (0,1,0) (0,0,1)", "gzip", "bzip2", "raw", "double", "block", "LOCAL", "LIST", "/etc/passwd", "../x", "x".repeat(70_000), "True", "__proto__", "MET_DOUBLE", "big", "\u0000", "é"];
/** A NRRD or MetaImage of which one line says something else, is missing or stands twice; bits turned; cut. @param headBytes where its data begin */
export function* textMutations(base: Uint8Array, separator: ": " | " = ", headBytes: number): Generator<Mutation> {
  const latin = (text: string) => new Uint8Array(Buffer.from(text, "latin1")), lines = Buffer.from(base.subarray(0, headBytes)).toString("latin1").split("\n"), data = base.subarray(headBytes);
  const file = (made: string[]) => joined([latin(made.join("\n")), data]);
  for (const [n, line] of lines.entries()) {
    const [name] = line.split(separator);
    if (line.includes(separator)) for (const text of texts) yield { label: `${name} is «${text.slice(0, 40)}»`, bytes: file(lines.with(n, `${name}${separator}${text}`)) };
    yield { label: `line ${n} is missing`, bytes: file(lines.toSpliced(n, 1)) };
    yield { label: `line ${n} stands twice`, bytes: file(lines.toSpliced(n, 0, line)) };
  }
  yield* bitFlips(base, headBytes + 8);
  yield* cuts(base, 1);
}

const numbers = ["", "0", "-0", "-1", "1", "2", "4000", "4001", "99999999", "1e308", "-1e308", "nan", "1\\2", "\\\\\\", "1\\0\\0\\0\\0\\0", "0.0001", "BINARY", "LABELMAP", "SEG", "CT"], shorts = [0, 1, 2, 7, 8, 16, 32, 255, 4095, 4097, 32_767, 65_535], forms = ["UL", "US", "SQ", "UN", "OW", "DS", "FD", "AT", "??", "  "];
const elementsOf = (item: DicomItem): DicomElement[] => [...item.elements.values()].flatMap((element) => [element, ...(element.items ?? []).flatMap(elementsOf)]);
/**
 * An explicit little-endian DICOM file: every element, nested ones too, with a length or a form that lies, another value, twice,
 * or missing (what is around it keeps its length); cut in and between elements.
 */
export function* dicomMutations(base: Uint8Array): Generator<Mutation> {
  const { root, meta, pixels } = readDicom(base), all = [...meta.values(), ...elementsOf(root)], long = new Set(["OB", "OW", "SQ", "UN", "UT"]);
  for (const { tag, vr, offset, length, items } of all) {
    const isLong = long.has(vr), head = offset - (isLong ? 12 : 8), name = `(${tag}) at byte ${head}`, end = offset + length;
    for (const lie of [0, 1, length - 1, length + 1, length + 2, 0x7fff, 0xfffe, 0xffff, ...isLong ? [0x7fffffff, 0xfffffffe, 0xffffffff] : []]) {
      yield { label: `${name} says it is ${lie} bytes long`, bytes: changed(base, (view) => { if (isLong) view.setUint32(offset - 4, lie, true); else view.setUint16(offset - 2, lie, true); }) };
    }
    for (const form of forms) yield { label: `${name} says it is ${form}`, bytes: changed(base, (_, bytes) => bytes.set(new TextEncoder().encode(form), head + 4)) };
    if (!items && vr === "US") for (const value of shorts) yield { label: `${name} is ${value}`, bytes: changed(base, (view) => view.setUint16(offset, value, true)) };
    else if (!items) for (const text of numbers) yield { label: `${name} is «${text}»`, bytes: changed(base, (_, bytes) => bytes.set(new TextEncoder().encode(text.slice(0, length).padEnd(length)), offset)) };
    yield { label: `${name} stands twice`, bytes: joined([base.subarray(0, end), base.subarray(head, end), base.subarray(end)]) };
    yield { label: `${name} is missing`, bytes: joined([base.subarray(0, head), base.subarray(end)]) };
    for (const at of [head, head + 4, offset, offset + (length >> 1)]) yield { label: `cut after ${at} bytes`, bytes: base.slice(0, at) };
  }
  for (let at = pixels?.offset ?? base.length; at < base.length; at += 7) yield { label: `cut after ${at} bytes`, bytes: base.slice(0, at) };
}

/** A codestream of which bits of its head are turned, bytes are at their extremes, or which is cut. @param headBytes where its markers end */
export function* streamMutations(base: Uint8Array, headBytes: number): Generator<Mutation> {
  yield* bitFlips(base, headBytes);
  for (let at = 2; at < headBytes; at++) for (const value of [0, 1, 2, 127, 128, 129, 254, 255]) yield { label: `byte ${at} is ${value}`, bytes: changed(base, (_, bytes) => { bytes[at] = value; }) };
  yield* cuts(base, 25);
}

/** Two to four of the given mutations' kinds at once: without end, each named by seed and number. */
export function* together(base: Uint8Array, seed: number, headBytes: number, single: readonly Mutation[]): Generator<Mutation> {
  const next = seeded(seed), pick = (n: number) => Math.floor(next() * n);
  for (let run = 0; ; run++) {
    const first = single[pick(single.length)];
    let { bytes } = first;
    for (let n = 1 + pick(3); n > 0; n--) {
      const at = pick(Math.min(headBytes, bytes.length)), kind = pick(4), other = single[pick(single.length)].bytes;
      if (kind === 0) bytes = changed(bytes, (_, b) => { if (b.length > 0) b[at] ^= 1 << pick(8); });
      else if (kind === 1) bytes = changed(bytes, (_, b) => b.fill(255, at, at + 1 + pick(4)));
      // What differs from the base in another mutation of the same length differs here too.
      else if (kind === 2 && other.length === bytes.length) bytes = changed(bytes, (_, b) => { for (let i = 0; i < b.length; i++) if (other[i] !== base[i]) b[i] = other[i]; });
      else bytes = joined([bytes.subarray(0, at), other.subarray(at, at + pick(64)), bytes.subarray(at)]);
    }
    yield { label: `seed ${seed}, run ${run}, from «${first.label}»`, bytes };
  }
}
