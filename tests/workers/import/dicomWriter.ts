import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface SliceOptions {
  z: number; index: number; columns?: number; rows?: number; shiftMm?: number; obliqueBy?: number; yFall?: number; seriesUid?: string;
  name?: string; id?: string; birth?: string;
}

function element(group: number, number: number, vr: string, value: string | number | Uint8Array): Uint8Array {
  let body = typeof value === "number" ? new Uint8Array([value & 255, value >> 8]) : typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (body.length % 2) body = new Uint8Array([...body, vr === "UI" ? 0 : 32]);
  const isLong = vr === "OW" || vr === "UN";
  const out = new Uint8Array((isLong ? 12 : 8) + body.length), view = new DataView(out.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, number, true);
  out.set(new TextEncoder().encode(vr), 4);
  if (isLong) view.setUint32(8, body.length, true);
  else view.setUint16(6, body.length, true);
  out.set(body, isLong ? 12 : 8);
  return out;
}

/** A CT slice, explicit little endian, of 4 × 3 pixels unless told, that holds `100 k + 10 j + i - 1000` HU. */
export function dicomSlice(o: SliceOptions): Uint8Array {
  const pixels = new Uint16Array(12);
  for (let j = 0; j < 3; j++) for (let i = 0; i < 4; i++) pixels[j * 4 + i] = 100 * o.index + 10 * j + i + 24;
  const c = Math.sqrt(1 - (o.obliqueBy ?? 0) ** 2);
  const parts = [
    new Uint8Array(128), new TextEncoder().encode("DICM"), element(2, 0x10, "UI", "1.2.840.10008.1.2.1"),
    element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2"), element(8, 0x18, "UI", `1.2.3.${o.index + 1}`), element(8, 0x60, "CS", "CT"),
    element(0x10, 0x10, "PN", o.name ?? "A^B"), element(0x10, 0x20, "LO", o.id ?? "1"), element(0x10, 0x30, "DA", o.birth ?? "20000101"),
    element(0x11, 0x10, "UN", new TextEncoder().encode(o.name ?? "private")),
    element(0x18, 0x50, "DS", "2"), element(0x20, 0x0e, "UI", o.seriesUid ?? "1.2.8"),
    element(0x20, 0x32, "DS", `${10 + (o.shiftMm ?? 0) * o.index}\\${20 - (o.yFall ?? 0)}\\${o.z}`), element(0x20, 0x37, "DS", `1\\0\\0\\0\\${c.toFixed(9)}\\${o.obliqueBy ?? 0}`),
    element(0x28, 2, "US", 1), element(0x28, 0x10, "US", o.rows ?? 3), element(0x28, 0x11, "US", o.columns ?? 4), element(0x28, 0x30, "DS", "0.7\\0.5"),
    element(0x28, 0x100, "US", 16), element(0x28, 0x101, "US", 12), element(0x28, 0x103, "US", 0),
    element(0x28, 0x1052, "DS", "-1024"), element(0x28, 0x1053, "DS", "1"), element(0x7fe0, 0x10, "OW", new Uint8Array(pixels.buffer)),
  ];
  return new Uint8Array(Buffer.concat(parts));
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
