import { Inflate } from "fflate";
import { DicomError } from "./dicomError.ts";

const maxBytes = 512 * 1024 * 1024, maxRatio = 200, pieceBytes = 16_384;

/**
 * The bytes before `from` as they are, and what follows inflated (raw deflate, PS3.5 A.5), in pieces, so that a bomb
 * ends at the limit (RELIABILITY H1: the smaller of 512 MiB and 200 times the packed size, at least 1 MiB).
 * @throws DicomError `too-large`, `truncated`
 */
export function inflateBounded(bytes: Uint8Array, from: number): Uint8Array {
  const limit = Math.max(1 << 20, Math.min(maxBytes, maxRatio * (bytes.length - from)));
  const parts: Uint8Array[] = [];
  let total = 0;
  const state = { isDone: false };
  const inflate = new Inflate((part, isLast) => {
    total += part.length;
    if (total > limit) throw new DicomError("too-large", `its deflated data unpack to more than ${limit} bytes`, from);
    parts.push(part.slice());
    state.isDone ||= isLast;
  });
  try {
    for (let at = from; at < bytes.length && !state.isDone; at += pieceBytes) inflate.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
  } catch (error) {
    if (error instanceof DicomError) throw error;
    throw new DicomError("truncated", `its deflated data do not end properly after ${total} unpacked bytes`, from);
  }
  const whole = new Uint8Array(from + total);
  whole.set(bytes.subarray(0, from));
  let at = from;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}
