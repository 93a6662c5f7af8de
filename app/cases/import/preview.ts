import { describeImage } from "../../../core/volume/dicom/image.ts";
import { framesOfPixels } from "../../../core/volume/dicom/fragments.ts";
import { decodeRle } from "../../../core/volume/dicom/rle.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { burnedInText, type PixelBox } from "../../../core/deidentify/burnedIn.ts";
import { decodeGreyJpeg } from "../../../core/volume/dicom/jpegDct.ts";
import { decodeLosslessJpeg } from "../../../core/volume/dicom/jpegLossless.ts";
import { checkedSize, type Stored } from "../../../core/volume/dicom/wasmFrame.ts";
import { headerOf } from "./headerOf.ts";
import { wasmFrame } from "./pageCodecs.ts";
import type { Source } from "./sources.ts";

/** A small grey picture of one slice, made in the page, with where text seems to be burned in (shares of its size). */
export interface Preview { width: number; height: number; grey: Uint8Array<ArrayBuffer>; text: { left: number; top: number; right: number; bottom: number }[] }
/** One slice as its file holds it: HU row by row, as the import makes them, with what looks like text. */
export interface FullSlice { columns: number; rows: number; hu: Int16Array<ArrayBuffer>; boxes: PixelBox[] }
/** A file whose pixels can be read here, frame by frame. */
export interface OpenImage { frames: number; slice(frame: number): Promise<FullSlice | null> }

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
async function unpackedFrame(transferSyntax: string, packed: Uint8Array, columns: number, rows: number, bytesPerPixel: number): Promise<Uint8Array | null> {
  const frame = packed.slice();
  if (transferSyntax === rle) return decodeRle(frame, columns * rows, bytesPerPixel);
  if (dctJpeg.has(transferSyntax)) {
    checkedSize(frame, columns, rows);
    return asBytes(decodeGreyJpeg(frame, columns, rows), bytesPerPixel);
  }
  if (!jpegLossless.has(transferSyntax)) return asBytes(await wasmFrame(transferSyntax, frame, columns, rows), bytesPerPixel);
  checkedSize(frame, columns, rows);
  return asBytes(decodeLosslessJpeg(frame, columns, rows), bytesPerPixel);
}

/** Above this a packed file is not unpacked for a picture. */
const mostPacked = 64 * 1024 * 1024;
/** What padding becomes, as in the import. */
const paddingHu = -1024;

/** Opens a file for looking at its frames; null where its pixels are packed and large, or not grey. */
export async function openImage(source: Source): Promise<OpenImage | null> {
  const whole = await source.whole(), head = await headerOf(source), part = readDicom(head);
  const isPacked = part.isDeflated || part.pixels?.length === null;
  if (isPacked && source.size > mostPacked) return null;
  const read = isPacked && head.length < source.size ? readDicom(new Uint8Array(await whole.arrayBuffer())) : part, image = describeImage(read), { pixels } = read;
  if (!image || !pixels || image.samples !== 1 || ![8, 16].includes(image.bitsAllocated) || image.rows < 1 || image.columns < 1) return null;
  const { rows, columns, bitsAllocated, bitsStored, highBit, isSigned, frames } = image, step = bitsAllocated / 8, size = rows * columns * step;
  const isCoded = pixels.length === null, isLittle = isCoded || read.isLittle, low = isCoded ? 0 : highBit + 1 - bitsStored, shift = 32 - bitsStored, [padLow, padHigh] = image.padding ?? [Infinity, -Infinity];
  let coded: Uint8Array[] | null = null;
  const bytesOf = async (index: number): Promise<Uint8Array | null> => {
    if (isCoded) return unpackedFrame(read.transferSyntax, (coded ??= framesOfPixels(read.bytes, pixels.offset, frames.length))[index], columns, rows, step);
    const at = pixels.offset + index * size;
    // Of plain pixels only this frame is read.
    return read.isDeflated ? read.bytes.subarray(at) : new Uint8Array(await whole.slice(at, at + size).arrayBuffer());
  };
  return {
    frames: frames.length,
    async slice(frame) {
      const { slope, intercept, index } = frames[frame], bytes = await bytesOf(index);
      if (!bytes || bytes.length < size) return null;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), hu = new Int16Array(rows * columns);
      for (let i = 0, p = 0; i < hu.length; i++, p += step) {
        const bits = (step === 1 ? view.getUint8(p) : view.getUint16(p, isLittle)) >>> low << shift, value = isSigned ? bits >> shift : bits >>> shift;
        hu[i] = value >= padLow && value <= padHigh ? paddingHu : Math.max(-32_768, Math.min(32_767, Math.round(value * slope + intercept)));
      }
      return { columns, rows, hu, boxes: burnedInText(hu, columns, rows) };
    },
  };
}

/** A slice made small, in a window that shows bone and soft tissue. */
export function thumbnailOf({ columns, rows, hu, boxes }: FullSlice): Preview {
  const text = boxes.map(({ left, top, right, bottom }) => ({ left: left / columns, top: top / rows, right: (right + 1) / columns, bottom: (bottom + 1) / rows }));
  const scale = Math.max(columns, rows) / side, width = Math.max(1, Math.round(columns / scale)), height = Math.max(1, Math.round(rows / scale)), grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const value = hu[Math.min(rows - 1, Math.floor((y + 0.5) * rows / height)) * columns + Math.min(columns - 1, Math.floor((x + 0.5) * columns / width))];
    grey[y * width + x] = Math.max(0, Math.min(255, Math.round((value - centreHu + widthHu / 2) / widthHu * 255)));
  }
  return { width, height, grey, text };
}

/** The small picture of a file's middle frame, or of the one told; null where none can be made here. */
export async function previewOf(source: Source, frame?: number): Promise<Preview | null> {
  const image = await openImage(source), made = image && await image.slice(Math.min(image.frames - 1, frame ?? image.frames >> 1));
  return made && thumbnailOf(made);
}
