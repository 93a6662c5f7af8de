import { codestreamSize, hasEnd, tileFault, type CodestreamSize } from "./codestream.ts";

/** The decoder of a WASM codec of @cornerstonejs, as each of them has it. */
export interface WasmDecoder {
  getEncodedBuffer: (length: number) => Uint8Array;
  decode: () => void;
  getFrameInfo: () => { width: number; height: number; bitsPerSample: number; componentCount: number };
  getDecodedBuffer: () => Uint8Array;
  delete: () => void;
}
/** Stored values as they come out of a codec, before bits are masked and signs extended. */
export type Stored = Uint8Array | Uint16Array;

/**
 * What a compressed frame says of itself, compared with its header before any decoder allocates by it.
 * @throws RangeError with what is broken, for the person
 */
export function checkedSize(frame: Uint8Array, columns: number, rows: number): CodestreamSize {
  const size = codestreamSize(frame);
  if (!size) throw new RangeError("the compressed data do not begin as they must");
  if (size.width !== columns || size.height !== rows || size.components !== 1 || size.precision > 16) {
    throw new RangeError(`the compressed image is ${size.width} × ${size.height} with ${size.components} components of ${size.precision} bits, the header says ${columns} × ${rows}`);
  }
  // CharLS takes seconds to find that a small stream was cut (2.7 s for 64 × 48 pixels).
  const fault = size.kind === "jpegLs" ? hasEnd(frame) ? null : "the compressed data end before their last marker" : tileFault(frame);
  if (fault) throw new RangeError(fault);
  return size;
}

/**
 * Decodes one grey frame of JPEG-LS, JPEG 2000 or HTJ2K; the decoder is given back.
 * @throws RangeError with what is broken, for the person
 */
export function decodeWasmFrame(decoder: WasmDecoder, frame: Uint8Array, columns: number, rows: number): Stored {
  try {
    decoder.getEncodedBuffer(frame.length).set(frame);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo(), isByte = bitsPerSample <= 8;
    const bytes = decoder.getDecodedBuffer(), need = columns * rows * (isByte ? 1 : 2);
    if (width !== columns || height !== rows || componentCount !== 1 || bytes.length < need) throw new RangeError("the decoded image is not of the header's size");
    const own = bytes.slice(0, need);
    return isByte ? own : new Uint16Array(own.buffer);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError("the decoder found the compressed data broken");
  } finally {
    // A decoder that has written where it must not may not even end.
    try { decoder.delete(); } catch { /* what it was asked for is refused already, or made */ }
  }
}
