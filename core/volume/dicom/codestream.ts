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

/**
 * What of a JPEG 2000 codestream lies about its tiles, in words; null where nothing does, and for other streams. Decoders of HTJ2K
 * go on without end where tiles do not cover the image, samples are not its own, or a segment before the first tile or a tile-part is longer than the stream
 * (ISO 15444-1 A.4.2, A.5.1: SOT, SIZ).
 */
export function tileFault(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= 50 || view.getUint32(0) !== 0xff4fff51) return null;
  const [width, height, left, top, tileWidth, tileHeight, tileLeft, tileTop] = [8, 12, 16, 20, 24, 28, 32, 36].map((at) => view.getUint32(at));
  const isCovered = tileWidth > 0 && tileHeight > 0 && tileLeft <= left && tileTop <= top && tileLeft + tileWidth > left && tileTop + tileHeight > top && left < width && top < height;
  if (!isCovered || Math.ceil((width - tileLeft) / tileWidth) * Math.ceil((height - tileTop) / tileHeight) > 65_535) return "its tiles do not cover the image";
  if (view.getUint8(43) !== 1 || view.getUint8(44) !== 1) return "its samples are not the image's own";
  let hasTile = false;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = view.getUint16(at);
    if (marker === 0xffd9) return null;
    if (marker < 0xff01) return `at byte ${at} a marker is expected`;
    if (marker !== 0xff90) {
      const length = Math.max(2, view.getUint16(at + 2));
      if (!hasTile && length > bytes.length - at - 2) return `at byte ${at} a segment says it is ${length} bytes long, ${bytes.length - at - 2} are left`;
      at += 2 + length;
      continue;
    }
    hasTile = true;
    if (at + 12 > bytes.length) return `at byte ${at} a tile-part is cut off`;
    const length = view.getUint32(at + 6);
    // The last tile-part may leave it to the stream's end.
    if (length === 0) return null;
    if (length < 14 || length > bytes.length - at) return `at byte ${at} a tile-part says it is ${length} bytes long, ${bytes.length - at} are left`;
    at += length;
    // What is filled up to an even length, or ends without its last marker, is taken.
    if (at + 2 > bytes.length || view.getUint16(at) === 0) return null;
  }
  return null;
}

/** Whether a JPEG or JPEG-LS stream ends with its last marker (EOI); what fills it up, zeros or ones, apart. */
export function hasEnd(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 255)) end--;
  return end > 1 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}
