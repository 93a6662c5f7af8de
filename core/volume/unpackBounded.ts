import { Gunzip, Unzlib } from "fflate";
import { NiftiError } from "./niftiError.ts";

/** Unpacks gzip or zlib in pieces, so that a bomb ends at the limit instead of in memory. @throws NiftiError «too-large», «truncated» */
export function unpackBounded(packed: Uint8Array, kind: "gzip" | "zlib", maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const unpack = new (kind === "gzip" ? Gunzip : Unzlib)((part: Uint8Array) => {
    total += part.length;
    if (total > maxBytes) throw new NiftiError("too-large", `The file unpacks to more than ${maxBytes} bytes.`, "packed data");
    parts.push(part);
  });
  try {
    for (let at = 0; at < packed.length; at += 16_384) unpack.push(packed.subarray(at, at + 16_384), at + 16_384 >= packed.length);
  } catch (error) {
    if (error instanceof NiftiError) throw error;
    throw new NiftiError("truncated", "The file is cut off or broken: its packed data do not end properly. Copy it again.", "packed data");
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}
