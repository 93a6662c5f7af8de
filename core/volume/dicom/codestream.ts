/** What a compressed image says of itself, read before any decoder allocates by it. */
export interface CodestreamSize { width: number; height: number; components: number; precision: number; kind: "jpeg" | "jpegLs" | "jpegLossless" | "jpeg2000" }

/** Reads the size out of a JPEG, JPEG-LS or JPEG 2000 stream; null where there is none in its first segments. */
export function codestreamSize(bytes: Uint8Array): CodestreamSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A JP2 wrapper, which DICOM forbids but some write, is stepped over to its codestream.
  if (bytes.length > 12 && view.getUint32(4) === 0x6a502020) {
    for (let at = 0; at + 8 < Math.min(bytes.length, 4096);) {
      const length = view.getUint32(at);
      if (view.getUint32(at + 4) === 0x6a703263) return codestreamSize(bytes.subarray(at + 8));
      if (length < 8) return null;
      at += length;
    }
    return null;
  }
  if (bytes.length > 50 && view.getUint32(0) === 0xff4fff51) {
    return {
      kind: "jpeg2000", width: view.getUint32(8) - view.getUint32(16), height: view.getUint32(12) - view.getUint32(20),
      components: view.getUint16(40), precision: (bytes[42] & 127) + 1,
    };
  }
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) { at++; continue; }
    if ((marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7) {
      return {
        kind: marker === 0xf7 ? "jpegLs" : marker === 0xc3 ? "jpegLossless" : "jpeg",
        precision: bytes[at + 4], height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9],
      };
    }
    if (marker === 0xda) return null;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}
