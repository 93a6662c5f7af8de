import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface SliceOptions {
  z: number; index: number; columns?: number; rows?: number; shiftMm?: number; obliqueBy?: number; yFall?: number; seriesUid?: string;
  name?: string; id?: string; birth?: string;
  /** Instead of the made-up place: LPS corner and six direction cosines. */
  place?: { position: number[]; orientation: number[] };
  /** Instead of the made-up pixels, `columns` × `rows` stored values. */
  stored?: Int16Array | Uint16Array;
  /** Bits Stored of these pixels, 16 unless told; and a value that is padding. */
  bits?: number; padding?: number;
  pixelSpacing?: [number, number]; slope?: string; intercept?: string; sopUid?: string; signed?: boolean; implicit?: boolean; thickness?: string;
  extra?: Uint8Array[];
}

export function element(group: number, number: number, vr: string, value: string | number | Uint8Array, implicit = false): Uint8Array {
  let body = typeof value === "number" ? new Uint8Array([value & 255, value >> 8]) : typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (body.length % 2) body = new Uint8Array([...body, vr === "UI" ? 0 : 32]);
  const isLong = !implicit && ["OW", "OB", "UN", "SQ", "UT"].includes(vr);
  const out = new Uint8Array((isLong ? 12 : 8) + body.length), view = new DataView(out.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, number, true);
  if (implicit) view.setUint32(4, body.length, true);
  else {
    out.set(new TextEncoder().encode(vr), 4);
    if (isLong) view.setUint32(8, body.length, true);
    else view.setUint16(6, body.length, true);
  }
  out.set(body, isLong ? 12 : 8);
  return out;
}
export const joined = (parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
/** A sequence of items, explicit little endian. */
export function sequence(group: number, number: number, items: Uint8Array[][]): Uint8Array {
  const body = joined(items.map((parts) => {
    const inner = joined(parts), head = new Uint8Array(8), view = new DataView(head.buffer);
    view.setUint32(0, 0xe000fffe, true);
    view.setUint32(4, inner.length, true);
    return joined([head, inner]);
  }));
  return element(group, number, "SQ", body);
}

/** A CT slice, explicit little endian unless told, of 4 × 3 pixels unless told, that holds `100 k + 10 j + i - 1000` HU. */
export function dicomSlice(o: SliceOptions): Uint8Array {
  let pixels: Uint16Array | Int16Array = new Uint16Array(12);
  for (let j = 0; j < 3; j++) for (let i = 0; i < 4; i++) pixels[j * 4 + i] = 100 * o.index + 10 * j + i + 24;
  pixels = o.stored ?? pixels;
  const bits = o.bits ?? (o.stored ? 16 : 12);
  const c = Math.sqrt(1 - (o.obliqueBy ?? 0) ** 2), text = (n: number) => Number(n.toFixed(9)).toString();
  const e = (group: number, number: number, vr: string, value: string | number | Uint8Array) => element(group, number, vr, value, o.implicit ?? false);
  const position = o.place ? o.place.position.map(text).join("\\") : `${10 + (o.shiftMm ?? 0) * o.index}\\${20 - (o.yFall ?? 0)}\\${o.z}`;
  const orientation = o.place ? o.place.orientation.map(text).join("\\") : `1\\0\\0\\0\\${c.toFixed(9)}\\${o.obliqueBy ?? 0}`;
  return joined([
    new Uint8Array(128), new TextEncoder().encode("DICM"), element(2, 0x10, "UI", o.implicit ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1"),
    e(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2"), e(8, 0x18, "UI", o.sopUid ?? `1.2.3.${o.index + 1}`), e(8, 0x60, "CS", "CT"),
    e(0x10, 0x10, "PN", o.name ?? "A^B"), e(0x10, 0x20, "LO", o.id ?? "1"), e(0x10, 0x30, "DA", o.birth ?? "20000101"),
    e(0x11, 0x10, "UN", new TextEncoder().encode(o.name ?? "private")),
    e(0x18, 0x50, "DS", o.thickness ?? "2"), e(0x20, 0x0e, "UI", o.seriesUid ?? "1.2.8"), ...o.extra ?? [],
    e(0x20, 0x32, "DS", position), e(0x20, 0x37, "DS", orientation),
    e(0x28, 2, "US", 1), e(0x28, 4, "CS", "MONOCHROME2"), e(0x28, 0x10, "US", o.rows ?? 3), e(0x28, 0x11, "US", o.columns ?? 4), e(0x28, 0x30, "DS", (o.pixelSpacing ?? [0.7, 0.5]).join("\\")),
    e(0x28, 0x100, "US", 16), e(0x28, 0x101, "US", bits), e(0x28, 0x102, "US", bits - 1), e(0x28, 0x103, "US", o.signed ? 1 : 0),
    ...o.padding === undefined ? [] : [e(0x28, 0x120, "US", o.padding & 0xffff)],
    e(0x28, 0x1052, "DS", o.intercept ?? "-1024"), e(0x28, 0x1053, "DS", o.slope ?? "1"), e(0x7fe0, 0x10, "OW", new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)),
  ]);
}

/** Writes a series with these gaps from z = 30 mm into a folder; the last file is cut by `cutBytes`. */
export async function phantomSlices(folder: string, o: Omit<SliceOptions, "z" | "index"> & { gapsMm: number[]; cutBytes?: number }): Promise<string> {
  await mkdir(folder, { recursive: true });
  let z = 30;
  for (let index = 0; index <= o.gapsMm.length; index++) {
    const c = Math.sqrt(1 - (o.obliqueBy ?? 0) ** 2);
    const bytes = dicomSlice({ ...o, z: z * c, yFall: z * (o.obliqueBy ?? 0), index });
    await writeFile(join(folder, `${index}.dcm`), index === o.gapsMm.length && o.cutBytes ? bytes.subarray(0, bytes.length - o.cutBytes) : bytes);
    z += o.gapsMm[index] ?? 0;
  }
  return folder;
}
