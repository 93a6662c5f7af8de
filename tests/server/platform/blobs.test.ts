import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BlobMissing, openBlobs } from "../../../server/platform/blobs.ts";

let dir = "";
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-blobs-")); });
afterEach(async () => { await rm(dir, { recursive: true, force: true }); });

it("stores bytes under their SHA-256, empty ones and repeated ones too", async () => {
  const blobs = openBlobs(dir);
  for (const bytes of [new Uint8Array(), new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 3])]) {
    const hash = await blobs.put(bytes);
    expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await blobs.get(hash)).toEqual(bytes);
    expect(await blobs.size(hash)).toBe(bytes.length);
  }
  expect(await readdir(join(dir, "incoming"))).toEqual([]);
});

it("leaves nothing of a stream that fails", async () => {
  const failing = Readable.from((function* () { yield Buffer.from("half"); throw new Error("cut"); })());
  await expect(openBlobs(dir).putStream(failing)).rejects.toThrow("cut");
  expect(await readdir(join(dir, "incoming"))).toEqual([]);
});

it("says that a blob is missing or damaged, and takes no path for a name", async () => {
  const blobs = openBlobs(dir);
  await expect(blobs.get("0".repeat(64))).rejects.toBeInstanceOf(BlobMissing);
  await expect(blobs.get("../secret")).rejects.toBeInstanceOf(BlobMissing);
  expect(await blobs.has("0".repeat(64))).toBe(false);
  const { hash } = await blobs.putStream(Readable.from([Buffer.from("whole")]));
  await writeFile(join(dir, hash.slice(0, 2), hash), "wrong");
  await expect(blobs.get(hash)).rejects.toThrow("damaged");
});
