/**
 * Decodes one frame of DICOM RLE (PS3.5 annex G): a segment per byte plane, most significant first.
 * @returns `count` values of `bytesPerValue` bytes, little endian
 * @throws RangeError where a segment is broken or too short
 */
export function decodeRle(frame: Uint8Array, count: number, bytesPerValue: number): Uint8Array {
  if (frame.length < 64) throw new RangeError("the RLE header is cut off");
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength), segments = view.getUint32(0, true);
  if (segments !== bytesPerValue) throw new RangeError(`the RLE frame has ${segments} segments instead of ${bytesPerValue}`);
  const out = new Uint8Array(count * bytesPerValue);
  for (let s = 0; s < segments; s++) {
    const begin = view.getUint32(4 + 4 * s, true), end = s + 1 < segments ? view.getUint32(8 + 4 * s, true) : frame.length;
    if (begin < 64 || begin > end || end > frame.length) throw new RangeError(`RLE segment ${s + 1} lies outside the frame`);
    let at = begin, done = 0, to = bytesPerValue - 1 - s;
    while (done < count) {
      if (at >= end) throw new RangeError(`RLE segment ${s + 1} ends after ${done} of ${count} values`);
      const n = frame[at++];
      if (n === 128) continue;
      if (n < 128) {
        for (let i = 0; i <= n && done < count; i++, done++, to += bytesPerValue) {
          if (at >= end) throw new RangeError(`RLE segment ${s + 1} ends after ${done} of ${count} values`);
          out[to] = frame[at++];
        }
      } else {
        const value = frame[at++];
        for (let i = 257 - n; i > 0 && done < count; i--, done++, to += bytesPerValue) out[to] = value;
      }
    }
  }
  return out;
}
