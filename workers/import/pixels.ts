import type { DicomFrame, DicomImage } from "../../core/volume/dicom/image.ts";
import { syntax, type DicomFile } from "../../core/volume/dicom/reader.ts";
import { compressedSyntaxes, decodeFrame, type Stored } from "./codecs.ts";
import { framesOfPixels } from "../../core/volume/dicom/fragments.ts";
import { ImportRefused } from "./refused.ts";
import { bytesOfFile, readWhole, type SourceFile } from "./sourceFiles.ts";

/** An image file among the input: what its header says, and where its pixels are. */
export interface ImageFile {
  file: SourceFile;
  image: DicomImage;
  transferSyntax: string;
  isLittle: boolean;
  pixels: NonNullable<DicomFile["pixels"]>;
  sha256: string;
}
/** One slice: a frame of an image file. */
export interface Slice { from: ImageFile; frame: DicomFrame }

const raw = new Set<string>([syntax.implicitLittle, syntax.explicitLittle, syntax.explicitBig, syntax.deflated]);
export const isLossy = ({ transferSyntax, image }: ImageFile): boolean => (compressedSyntaxes[transferSyntax]?.isLossy ?? false) || image.lossy;
export const syntaxName = (uid: string): string => compressedSyntaxes[uid]?.name ?? (uid === syntax.explicitBig ? "big endian" : uid === syntax.deflated ? "deflated" : "uncompressed");

/** Bytes of one uncompressed frame. */
const frameBytes = (image: DicomImage) => image.rows * image.columns * image.bitsAllocated / 8;

/**
 * Refuses an image whose pixels cannot be there: wrong kind, unknown coding, fewer bytes than the header claims. Runs for
 * every file before the volume is allocated (RELIABILITY H4, H5).
 */
export function checkPixels({ image, pixels, file, transferSyntax }: ImageFile): void {
  const { label } = file, { samples, rows, columns, bitsAllocated, bitsStored, highBit, frames } = image;
  if (rows < 1 || columns < 1) throw new ImportRefused("not-a-volume", `${label} has no image: Rows and Columns (0028,0010/0011) are missing.`, { file: label });
  if (samples !== 1 || ![8, 16, 32].includes(bitsAllocated) || bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit + 1 < bitsStored) {
    throw new ImportRefused("unsupported-pixels", `${label} has ${samples} samples of ${bitsStored} in ${bitsAllocated} bits a pixel (0028,0100/0101); single grey values of 8, 16 or 32 bits are taken.`, { file: label });
  }
  if (image.hasModalityLut) throw new ImportRefused("unsupported-pixels", `${label}: its values become HU by a table, a Modality LUT (0028,3000), which CT images have none of. Export the series with rescale slope and intercept.`, { file: label, tag: "(0028,3000)" });
  for (const { slope, intercept } of frames) {
    if (!Number.isFinite(slope) || slope === 0 || !Number.isFinite(intercept)) throw new ImportRefused("unreadable-file", `${label}: rescale slope or intercept (0028,1053/1052) is not a number or zero.`, { file: label, tag: "(0028,1053)" });
  }
  if (raw.has(transferSyntax)) {
    const need = frameBytes(image) * frames.length, there = Math.max(0, Math.min(pixels.length ?? 0, file.size - pixels.offset));
    if (there < need) {
      throw new ImportRefused("truncated", `${label} is cut off: its pixels (7fe0,0010) need ${need} bytes, ${there} are there. Copy it again.`, { file: label, needBytes: need, haveBytes: there, offset: pixels.offset });
    }
  } else if (!compressedSyntaxes[transferSyntax]) {
    throw new ImportRefused("unsupported-transfer-syntax", `${label} is coded in a way that is not known (0002,0010 is ${transferSyntax.replace(/[^0-9.]/g, "").slice(0, 64)}). Export it uncompressed.`, { file: label, tag: "(0002,0010)" });
  } else if (pixels.length !== null || bitsAllocated === 32) {
    throw new ImportRefused("unreadable-file", `${label} says it is compressed (0002,0010), but its pixels are not.`, { file: label, offset: pixels.offset });
  } else if (file.size - pixels.offset < 16) {
    throw new ImportRefused("truncated", `${label} is cut off: no compressed pixels follow its header.`, { file: label, offset: pixels.offset });
  }
}

/** Counts of what happened to values on their way to HU; `seen`, where it is asked for: 1 for each pixel of the matrix that is no padding in some slice. */
export interface Tally { clamped: number; padded: number; roundedBy: number; seen: Uint8Array | null }
export const newTally = (seen: Uint8Array | null = null): Tally => ({ clamped: 0, padded: 0, roundedBy: 0, seen });
export const paddingHu = -1024;

/** Reads frames one after the other; keeps the last compressed file split, for multi-frame images. */
export class PixelReader {
  private split: { path: string; frames: Uint8Array[] } | null = null;

  private rawFrame({ image, pixels, file, isLittle }: ImageFile, index: number): Stored | Uint32Array {
    const size = frameBytes(image), bytes = bytesOfFile(file.path, size, pixels.offset + index * size);
    if (bytes.length < size) throw new ImportRefused("truncated", `${file.label} is cut off within its pixels. Copy it again.`, { file: file.label });
    if (image.bitsAllocated === 8) {
      if (!isLittle && pixels.vr === "OW") for (let i = 0; i + 1 < size; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1], bytes[i]];
      return bytes;
    }
    if (!isLittle) {
      const step = image.bitsAllocated / 8;
      for (let i = 0; i < size; i += step) bytes.subarray(i, i + step).reverse();
    }
    return image.bitsAllocated === 16 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  }

  private async compressedFrame({ image, pixels, file, transferSyntax }: ImageFile, index: number): Promise<Stored> {
    try {
      if (this.split?.path !== file.path) this.split = { path: file.path, frames: framesOfPixels(readWhole(file), pixels.offset, image.frames.length) };
      return await decodeFrame(transferSyntax, this.split.frames[index], image.columns, image.rows, image.bitsAllocated);
    } catch (error) {
      if (error instanceof ImportRefused) throw error;
      const reason = error instanceof RangeError ? error.message : "the decoder failed";
      const where = image.frames.length > 1 ? `${file.label}, frame ${index + 1}` : file.label;
      throw new ImportRefused("unreadable-file", `${where}: its ${syntaxName(transferSyntax)} pixels (7fe0,0010) cannot be decoded: ${reason}. Export the series uncompressed.`, { file: file.label, offset: pixels.offset });
    }
  }

  /**
   * Writes a slice's HU into `out`, pixel (i, j) at `base + i*stepI + j*stepJ`. Bits above Bits Stored may hold overlays
   * and are left out; the sign is extended from Bits Stored (also for JPEG-LS, which has none); padding becomes −1024.
   */
  async into({ from, frame }: Slice, out: Int16Array, base: number, stepI: number, stepJ: number, tally: Tally): Promise<void> {
    const stored = raw.has(from.transferSyntax) ? this.rawFrame(from, frame.index) : await this.compressedFrame(from, frame.index);
    const { rows, columns, bitsStored, highBit, isSigned, padding } = from.image, { slope, intercept } = frame;
    const isRaw = raw.has(from.transferSyntax), low = isRaw ? highBit + 1 - bitsStored : 0, shift = 32 - bitsStored;
    const isWhole = slope === 1 && Number.isInteger(intercept), [padLow, padHigh] = padding ?? [Infinity, -Infinity];
    const lowest = (isSigned ? -(2 ** (bitsStored - 1)) : 0) + intercept, highest = (isSigned ? 2 ** (bitsStored - 1) : 2 ** bitsStored) - 1 + intercept;
    if (isWhole && !padding && lowest >= -32768 && highest <= 32767) {
      // The usual scan: nothing to round, to cut off or to count.
      for (let j = 0, p = 0; j < rows; j++) {
        const end = p + columns;
        let to = base + j * stepJ;
        if (!isSigned) for (; p < end; p++, to += stepI) out[to] = (stored[p] >>> low << shift >>> shift) + intercept;
        else for (; p < end; p++, to += stepI) out[to] = (stored[p] >>> low << shift >> shift) + intercept;
      }
      return;
    }
    for (let j = 0, p = 0; j < rows; j++) {
      for (let i = 0, to = base + j * stepJ; i < columns; i++, p++, to += stepI) {
        const bits = stored[p] >>> low << shift, value = isSigned ? bits >> shift : bits >>> shift;
        if (value >= padLow && value <= padHigh) {
          out[to] = paddingHu;
          tally.padded++;
          continue;
        }
        if (tally.seen) tally.seen[p] = 1;
        let hu = value + intercept;
        if (!isWhole) {
          const exact = value * slope + intercept;
          hu = Math.round(exact);
          const off = exact > hu ? exact - hu : hu - exact;
          if (off > tally.roundedBy) tally.roundedBy = off;
        }
        if (hu > 32767) { hu = 32767; tally.clamped++; } else if (hu < -32768) { hu = -32768; tally.clamped++; }
        out[to] = hu;
      }
    }
  }
}
