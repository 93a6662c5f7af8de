import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as zlibCrc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { gunzipSync as fflateGunzip } from "fflate";
import { describe, expect, it } from "vitest";
import { headCt } from "../../../core/phantom/headCt.ts";
import { crc32, joinedCrc32 } from "../../../core/volume/crc32.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { blockBytes, packedInBlocks, packedPieces } from "../../../core/volume/packedBlocks.ts";
import { VolumePacking } from "../../../workers/import/packVolume.ts";

const shared = (bytes: Uint8Array) => { const out = new Uint8Array(new SharedArrayBuffer(bytes.length)); out.set(bytes); return out; };
const head = headCt(3, [128, 128, 90]), file = encodeNifti({ grid: head.grid, data: head.hu });

describe("a volume packed in blocks", () => {
  it("EX2: any number of threads gives the bytes that one gives, on every machine", async () => {
    expect(file.length).toBeGreaterThan(2 * blockBytes);
    const alone = packedInBlocks(file);
    expect(Buffer.compare(Buffer.concat([...packedPieces(file.length, (from, end) => file.subarray(from, end))]), alone)).toBe(0);
    for (const threads of [0, 1, 3]) {
      const packing = new VolumePacking(threads);
      packing.begin(shared(file));
      expect(Buffer.compare(await packing.end(), alone)).toBe(0);
    }
    expect(bytesToHex(sha256(alone))).toBe("6f4865bd5b05e049f7ff30612598a0c70cebaf4ac92d41e3fc562f9e38dd7a4e");
  });

  it("is one gzip member of what was packed, at every length round a block's end, for zlib, fflate and nibabel", () => {
    for (const length of [0, 1, 70_000, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes, 2 * blockBytes + 12_345]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 9)) & (i % 5 === 0 ? 255 : 15)), packed = packedInBlocks(bytes);
      expect([length, Buffer.compare(gunzipSync(packed), bytes), Buffer.compare(fflateGunzip(packed), bytes)]).toEqual([length, 0, 0]);
    }
    const dir = mkdtempSync(join(tmpdir(), "caseroom-blocks-"));
    try {
      writeFileSync(join(dir, "v.nii.gz"), packedInBlocks(file));
      const judged = spawnSync("/usr/bin/python3", ["-c", "import nibabel, numpy, sys; v = numpy.asarray(nibabel.load(sys.argv[1]).dataobj); print(*v.shape, int(v.astype('int64').sum()))", join(dir, "v.nii.gz")], { encoding: "utf8" });
      if (judged.error || /ModuleNotFoundError/.test(judged.stderr)) console.log("not run: nibabel is not there");
      else expect(judged.stdout.trim()).toBe(`128 128 90 ${head.hu.reduce((sum, v) => sum + v, 0)}`);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("ends on a byte whatever number of bits is left over", () => {
    for (let n = 0; n < 16; n++) {
      let noise = n + 1;
      const bytes = Uint8Array.from({ length: blockBytes + 5 }, (_, i) => i < blockBytes - 200 - 7 * n ? 0 : (noise = Math.imul(noise, 1103515245) + 12345 >>> 0) >>> 24);
      expect([n, Buffer.compare(gunzipSync(packedInBlocks(bytes)), bytes)]).toEqual([n, 0]);
    }
  });

  it("CRC-32 is zlib's, and that of two pieces follows from theirs", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
      expect(crc32(a)).toBe(zlibCrc32(a));
      expect(joinedCrc32(crc32(a), crc32(b), b.length)).toBe(zlibCrc32(Buffer.concat([a, b])));
    }));
    const long = new Uint8Array(blockBytes + 3).fill(7);
    expect(joinedCrc32(crc32(long.subarray(0, 5)), crc32(long.subarray(5)), long.length - 5)).toBe(zlibCrc32(long));
  });
});
