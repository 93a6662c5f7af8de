import { ByteReader, ByteWriter, FormatError } from "./byteCursor.ts";
import type { StrokeId } from "./stroke.ts";

/**
 * Hides or shows one stroke. Of all marks of a stroke the highest `n` counts; where two marks with one `n`
 * disagree, hidden wins. Only the stroke's author may write one: the room holds that (RM4).
 */
export interface Mark {
  stroke: StrokeId;
  hidden: boolean;
  /** 1 + the highest `n` on any stroke of its writer, so that it also tells what was undone last; at most 2^48. */
  n: number;
}

/** The bytes are not a mark. */
export class MarkError extends Error {
  override name = "MarkError";
}

const markVersion = 1;
const maxN = 281_474_976_710_656;

/** Bytes of a mark; throws MarkError. */
export function encodeMark(mark: Mark): Uint8Array {
  try {
    if (mark.n < 1 || mark.n > maxN) throw new FormatError("n");
    const out = new ByteWriter();
    out.byte(markVersion);
    out.varuint(mark.stroke.clientId);
    out.varuint(mark.stroke.counter);
    out.varuint(mark.n);
    out.byte(mark.hidden ? 1 : 0);
    return out.finish();
  } catch (error) {
    if (error instanceof FormatError) throw new MarkError(`mark: ${error.message}`);
    throw error;
  }
}

/** Reads what `encodeMark` wrote and nothing else; throws MarkError. */
export function decodeMark(bytes: Uint8Array): Mark {
  try {
    const from = new ByteReader(bytes);
    if (from.byte() !== markVersion) throw new FormatError("unknown version");
    const stroke = { clientId: from.varuint(), counter: from.varuint() };
    const n = from.varuint(maxN);
    const hidden = from.byte();
    if (n < 1 || hidden > 1) throw new FormatError("n or hidden");
    from.end();
    return { stroke, hidden: hidden === 1, n };
  } catch (error) {
    if (error instanceof FormatError) throw new MarkError(`mark: ${error.message}`);
    throw error;
  }
}
