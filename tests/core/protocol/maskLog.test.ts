import { describe, expect, it } from "vitest";
import { decodeMaskLog, encodeMaskLog, type MaskLog, MaskLogError } from "../../../core/protocol/maskLog.ts";

const hash = (digit: string) => digit.repeat(64);
const log: MaskLog = {
  entries: [{ seq: 1, at: 1_700_000_000_000, userId: "a", update: Uint8Array.of(1, 2, 3) }, { seq: 2, at: 1_700_000_000_500, userId: null, update: new Uint8Array() }, { seq: 3, at: 1_700_000_001_000, userId: "b", update: Uint8Array.of(9) }],
  bases: [{ seq: 2, anatomy: hash("a"), proposal: hash("0") }], names: { a: "Ärztin", b: "Bo" },
};

describe("the log of masks on the wire", () => {
  it("comes back as it went, from the middle of a larger buffer too", () => {
    const bytes = encodeMaskLog(log), shifted = new Uint8Array(bytes.length + 7);
    shifted.set(bytes, 5);
    expect(decodeMaskLog(bytes)).toEqual(log);
    expect(decodeMaskLog(shifted.subarray(5, 5 + bytes.length))).toEqual(log);
  });
  it("is refused when it is cut, longer than it says, or not this format", () => {
    const bytes = encodeMaskLog(log);
    for (let length = 0; length < bytes.length; length += 3) expect(() => decodeMaskLog(bytes.subarray(0, length)), `${length} bytes`).toThrow(MaskLogError);
    expect(() => decodeMaskLog(Uint8Array.of(...bytes, 0))).toThrow(MaskLogError);
    expect(() => decodeMaskLog(Uint8Array.of(2, 0, 0, 0, 123, 125))).toThrow(MaskLogError);
  });
});
