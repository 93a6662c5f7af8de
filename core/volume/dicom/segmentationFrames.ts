import { DicomError } from "./dicomError.ts";
import { framesOfPixels } from "./fragments.ts";
import { inflateBounded } from "./inflateBounded.ts";
import { syntax, type DicomFile } from "./reader.ts";
import { decodeRle } from "./rle.ts";

const rleLossless = "1.2.840.10008.1.2.5", deflatedFrames = "1.2.840.10008.1.2.8.1";

/**
 * Gives the frames of a SEG's pixel data one by one, a byte a pixel: of 1 bit a pixel (least significant first, across frames
 * where they are not compressed, each frame by itself where they are) or of 8.
 * @returns of a frame's index from 0; the array is used again for the next. @throws DicomError
 */
export function framesReader(file: DicomFile, offset: number, length: number | null, { area, frames, bitsAllocated }: { area: number; frames: number; bitsAllocated: number }): (index: number) => Uint8Array {
  const { bytes, transferSyntax } = file, isBits = bitsAllocated === 1;
  let pixels = new Uint8Array(0);
  const fill = (from: Uint8Array, at: number): Uint8Array => {
    if (pixels.length === 0) pixels = new Uint8Array(area);
    if (isBits) for (let p = 0, bit = at; p < area; p++, bit++) pixels[p] = from[bit >> 3] >> (bit & 7) & 1;
    else pixels.set(from.subarray(at, at + area));
    return pixels;
  };
  const plain: string[] = [syntax.implicitLittle, syntax.explicitLittle, syntax.explicitBig, syntax.deflated];
  if (length !== null && plain.includes(transferSyntax)) {
    const need = isBits ? Math.ceil(area * frames / 8) : area * frames, there = Math.min(length, bytes.length - offset);
    if (there < need) throw new DicomError("truncated", `its frames need ${need} bytes, ${there} are there`, offset, "7fe00010");
    const own = bytes.subarray(offset, offset + need);
    return (index) => fill(own, area * index);
  }
  if (length !== null || (transferSyntax !== rleLossless && transferSyntax !== deflatedFrames)) throw new DicomError("unsupported-transfer-syntax", "its frames are compressed in a way that is not read here; export it uncompressed or in RLE", offset, "7fe00010");
  const need = isBits ? Math.ceil(area / 8) : area;
  try {
    const packed = framesOfPixels(bytes, offset, frames);
    return (index) => {
      const frame = packed[index], own = transferSyntax === rleLossless ? rleOf(frame, need, offset) : inflatedOf(frame, offset);
      if (own.length < need) throw new DicomError("truncated", `frame ${index + 1} unpacks to ${own.length} bytes instead of ${need}`, offset, "7fe00010");
      return fill(own, 0);
    };
  } catch (error) {
    if (error instanceof RangeError) throw new DicomError("unreadable-file", `its frames cannot be told apart: ${error.message}`, offset, "7fe00010");
    throw error;
  }
}

function inflatedOf(frame: Uint8Array, offset: number): Uint8Array {
  try {
    return inflateBounded(frame, 0);
  } catch (error) {
    // It counts from the frame's own first byte.
    if (error instanceof DicomError) throw new DicomError(error.code, `one of its frames is broken: ${error.message}`, offset, "7fe00010");
    throw error;
  }
}

function rleOf(frame: Uint8Array, count: number, offset: number): Uint8Array {
  try {
    return decodeRle(frame, count, 1);
  } catch (error) {
    if (error instanceof RangeError) throw new DicomError("unreadable-file", `one of its frames is broken: ${error.message}`, offset, "7fe00010");
    throw error;
  }
}
