import { zlibSync } from "fflate";
import { crc32 } from "../../volume/crc32.ts";
import type { Picture } from "../picture.ts";

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** A picture as PNG (ISO/IEC 15948): 8-bit RGBA, or RGB where `isOpaque` says that nothing shines through; no filter, deflate level 6. */
export function encodePng({ width, height, rgba }: Picture, isOpaque = false): Uint8Array {
  const header = new Uint8Array(13), view = new DataView(header.buffer), channels = isOpaque ? 3 : 4;
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, isOpaque ? 2 : 6, 0, 0, 0], 8);
  const stride = 1 + channels * width, rows = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    if (!isOpaque) rows.set(rgba.subarray(4 * width * y, 4 * width * (y + 1)), y * stride + 1);
    else for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) rows[y * stride + 1 + 3 * x + c] = rgba[4 * (x + y * width) + c];
  }
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", header), chunk("IDAT", zlibSync(rows, { level: 6 })), chunk("IEND", new Uint8Array())];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { file.set(part, at); at += part.length; }
  return file;
}
