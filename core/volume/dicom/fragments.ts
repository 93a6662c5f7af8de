const itemTag = 0xe000fffe, endTag = 0xe0ddfffe;

/**
 * Splits encapsulated pixel data (PS3.5 annex A.4) into frames: by the basic offset table, one fragment a frame, or where
 * neither says it, at fragments that begin a new image. Nothing is copied for frames of one fragment.
 * @param offset where the pixel data's value begins
 * @throws RangeError with the byte where it breaks
 */
export function framesOfPixels(bytes: Uint8Array, offset: number, frames: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: { at: number; start: number; length: number }[] = [];
  let table: number[] = [], at = offset, isFirst = true, begin = offset;
  for (;;) {
    // A file that ends without the delimiter after its last whole fragment is taken: many writers leave it out.
    if (at + 8 > bytes.length) break;
    const tag = view.getUint32(at, true), length = view.getUint32(at + 4, true);
    if (tag === endTag) break;
    if (tag !== itemTag) throw new RangeError(`at byte ${at} an item of the pixel data is expected`);
    if (length > bytes.length - at - 8) throw new RangeError(`at byte ${at} a fragment of ${length} bytes is cut off`);
    if (isFirst) {
      for (let i = 0; i + 4 <= Math.min(length, 16_384); i += 4) table.push(view.getUint32(at + 8 + i, true));
      begin = at + 8 + length;
      isFirst = false;
    } else fragments.push({ at: at - begin, start: at + 8, length });
    at += 8 + length;
  }
  if (fragments.length === 0) throw new RangeError(`at byte ${offset} the pixel data hold no fragment`);
  if (table.length !== frames || table[0] !== 0 || table.some((t) => !fragments.some((f) => f.at === t))) table = [];
  const isStart = (i: number): boolean => {
    if (frames === 1) return i === 0;
    if (table.length > 0) return table.includes(fragments[i].at);
    if (fragments.length === frames) return true;
    const { start } = fragments[i];
    return bytes[start] === 0xff && ((bytes[start + 1] === 0xd8 && bytes[start + 2] === 0xff) || (bytes[start + 1] === 0x4f && bytes[start + 2] === 0xff));
  };
  const made: Uint8Array[][] = [];
  fragments.forEach(({ start, length }, i) => {
    const part = bytes.subarray(start, start + length);
    if (isStart(i) || made.length === 0) made.push([part]);
    else made[made.length - 1].push(part);
  });
  if (made.length !== frames) throw new RangeError(`${fragments.length} fragments without an offset table cannot be told apart as ${frames} frames`);
  return made.map((parts) => parts.length === 1 ? parts[0] : joined(parts));
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}
