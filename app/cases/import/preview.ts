import { describeImage } from "../../../core/volume/dicom/image.ts";
import { framesOfPixels } from "../../../core/volume/dicom/fragments.ts";
import { decodeRle } from "../../../core/volume/dicom/rle.ts";
import { readDicom, type DicomFile } from "../../../core/volume/dicom/reader.ts";
import { burnedInText } from "../../../core/deidentify/burnedIn.ts";
import { decodeGreyJpeg } from "../../../core/volume/dicom/jpegDct.ts";
import { checkedSize, type Stored } from "../../../core/volume/dicom/wasmFrame.ts";
import { headerOf } from "./headerOf.ts";
import { wasmFrame } from "./pageCodecs.ts";
import type { Source } from "./sources.ts";

/** A small grey picture of one slice, made in the page, with where text seems to be burned in (shares of its size). */
export interface Preview { width: number; height: number; grey: Uint8Array<ArrayBuffer>; text: { left: number; top: number; right: number; bottom: number }[] }

const side = 96, centreHu = 300, widthHu = 1600;

/** JPEG Lossless, the usual packing of CT, and RLE are unpacked here, JPEG-LS, JPEG 2000 and HTJ2K by WASM. */
const dctJpeg = new Set(["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"]);
const jpegLossless = new Set(["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"]), rle = "1.2.840.10008.1.2.5";
/** Values as little-endian bytes, as many for each as the header says. */
function asBytes(values: Stored | null, bytesPerPixel: number): Uint8Array | null {
  if (!values || bytesPerPixel === 1 && values instanceof Uint16Array) return null;
  const wide = bytesPerPixel === 2 && values instanceof Uint8Array ? Uint16Array.from(values) : values;
  return new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength);
}
async function unpackedFrame(read: DicomFile, count: number, index: number, columns: number, rows: number, bytesPerPixel: number): Promise<Uint8Array | null> {
  const isRle = read.transferSyntax === rle, pixels = columns * rows;
  if (!read.pixels) return null;
  const frame = framesOfPixels(read.bytes, read.pixels.offset, count)[index].slice();
  if (isRle) return decodeRle(frame, pixels, bytesPerPixel);
  if (dctJpeg.has(read.transferSyntax)) {
    checkedSize(frame, columns, rows);
    return asBytes(decodeGreyJpeg(frame, columns, rows), bytesPerPixel);
  }
  if (!jpegLossless.has(read.transferSyntax)) return asBytes(await wasmFrame(read.transferSyntax, frame, columns, rows), bytesPerPixel);
  const { Decoder } = await import("jpeg-lossless-decoder-js");
  return new Uint8Array(new Decoder().decompress(frame.buffer, 0, frame.length));
}

/** Above this a packed file is not unpacked for a picture. */
const mostPacked = 64 * 1024 * 1024;

/** A frame in a window that shows bone and soft tissue, the middle one unless told; null where its pixels are packed and large, or not grey. */
export async function previewOf(source: Source, frame?: number): Promise<Preview | null> {
  const whole = await source.whole(), head = await headerOf(source), part = readDicom(head);
  const isPacked = part.isDeflated || part.pixels?.length === null;
  if (isPacked && source.size > mostPacked) return null;
  const read = isPacked && head.length < source.size ? readDicom(new Uint8Array(await whole.arrayBuffer())) : part, image = describeImage(read);
  if (!image || !read.pixels || image.samples !== 1 || ![8, 16].includes(image.bitsAllocated) || image.rows < 1 || image.columns < 1) return null;
  const { rows, columns, bitsAllocated, bitsStored, highBit, isSigned, frames } = image, { slope, intercept, index } = frames[Math.min(frames.length - 1, frame ?? frames.length >> 1)], step = bitsAllocated / 8;
  const packed = read.pixels.length === null, isLittle = packed || read.isLittle, at = read.pixels.offset + index * rows * columns * step;
  // Of plain pixels only this frame is read.
  const plain = read.isDeflated ? read.bytes.subarray(at) : packed ? null : new Uint8Array(await whole.slice(at, at + rows * columns * step).arrayBuffer());
  const bytesOfFrame = packed ? await unpackedFrame(read, frames.length, index, columns, rows, step) : plain;
  if (!bytesOfFrame || bytesOfFrame.length < rows * columns * step) return null;
  const view = new DataView(bytesOfFrame.buffer, bytesOfFrame.byteOffset, bytesOfFrame.byteLength), low = packed ? 0 : highBit + 1 - bitsStored;
  const hu = new Float32Array(rows * columns), shift = 32 - bitsStored;
  for (let i = 0, p = 0; i < hu.length; i++, p += step) {
    const raw = (step === 1 ? view.getUint8(p) : view.getUint16(p, isLittle)) >>> low << shift;
    hu[i] = (isSigned ? raw >> shift : raw >>> shift) * slope + intercept;
  }
  const text = burnedInText(hu, columns, rows).map(({ left, top, right, bottom }) => ({ left: left / columns, top: top / rows, right: (right + 1) / columns, bottom: (bottom + 1) / rows }));
  const scale = Math.max(columns, rows) / side, width = Math.max(1, Math.round(columns / scale)), height = Math.max(1, Math.round(rows / scale)), grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const value = hu[Math.min(rows - 1, Math.floor((y + 0.5) * rows / height)) * columns + Math.min(columns - 1, Math.floor((x + 0.5) * columns / width))];
    grey[y * width + x] = Math.max(0, Math.min(255, Math.round((value - centreHu + widthHu / 2) / widthHu * 255)));
  }
  return { width, height, grey, text };
}
