import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A sealed map was not opened: another key, another place, or changed bytes. Says nothing of what is in it. */
export class UidsSealed extends Error {
  override name = "UidsSealed";
}

/** Seals maps from UIDs that are shown to the original ones, AES-256-GCM. `place`: where the bytes belong; they open nowhere else. */
export interface UidVault {
  seal(originals: ReadonlyMap<string, string>, place: string): Uint8Array;
  /** @throws UidsSealed */
  open(sealed: Uint8Array, place: string): Map<string, string>;
}

/** First byte of what is sealed; then 8 bytes that name the key, 12 of nonce, 16 of tag, and the text. */
const form = 1, keyNameAt = 1, nonceAt = 9, tagAt = 21, textAt = 37;

/**
 * The workspace's vault, its key made once: `uids.key` in the data folder, beside `workspace.key`; only for the server and
 * its workers. Without it no original UID can be read any more; everything else goes on working.
 */
export function openUidVault(dataDir: string): UidVault {
  const path = join(dataDir, "uids.key");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const text = readFileSync(path, "utf8").trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${path} is not a key of 64 hex digits; put the right one back, or no original UID of this workspace can be read`);
  const key = Buffer.from(text, "hex"), keyName = createHash("sha256").update("caseroom uids key\n").update(key).digest().subarray(0, 8);
  const aad = (place: string) => Buffer.from(`caseroom uids ${form}\n${place}`);
  return {
    seal(originals, place) {
      const nonce = randomBytes(12), cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad(place));
      const sealed = Buffer.concat([cipher.update(JSON.stringify([...originals])), cipher.final()]);
      return new Uint8Array(Buffer.concat([Uint8Array.of(form), keyName, nonce, cipher.getAuthTag(), sealed]));
    },
    open(bytes, place) {
      const sealed = Buffer.from(bytes);
      if (sealed.length < textAt || sealed[0] !== form) throw new UidsSealed("The encrypted map of UIDs is cut off, or of another release.");
      if (!sealed.subarray(keyNameAt, nonceAt).equals(keyName)) throw new UidsSealed("The map of UIDs was encrypted with another key than this workspace's uids.key. Put the right one back from the backup.");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(nonceAt, tagAt)).setAAD(aad(place)).setAuthTag(sealed.subarray(tagAt, textAt));
        return new Map(JSON.parse(Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]).toString("utf8")) as [string, string][]);
      } catch {
        throw new UidsSealed("The encrypted map of UIDs was altered, or belongs to something else. It is not used.");
      }
    },
  };
}
