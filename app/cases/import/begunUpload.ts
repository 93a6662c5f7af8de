import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { PickedFile } from "./pickFiles.ts";

/** What a page remembers of an upload that has begun, so that one reloaded goes on with it. No name, no path, no date of a person. */
export interface Remembered {
  uploadId: string; keyHex: string; today: string; fingerprint: string;
  /** Which files go, and what of them is taken: another choice is another upload. */
  members: string;
}

const place = "caseroom.import";

/** Tells the same choice of files again, by sizes and times of change alone. */
export function fingerprintOf(files: readonly PickedFile[], key: Uint8Array): string {
  return bytesToHex(hmac(sha256, key, new TextEncoder().encode(files.map(({ file }) => `${file.size} ${file.lastModified}`).join("\n"))));
}

export function remember(upload: Remembered): void { localStorage.setItem(place, JSON.stringify(upload)); }
export function forget(): void { localStorage.removeItem(place); }

/** The remembered upload of exactly these files; null where there is none. */
export function remembered(files: readonly PickedFile[]): (Remembered & { key: Uint8Array }) | null {
  try {
    const stored = JSON.parse(localStorage.getItem(place) ?? "null") as Remembered | null;
    if (!stored || !/^[0-9a-f]{64}$/.test(stored.keyHex)) return null;
    const key = hexToBytes(stored.keyHex);
    return stored.fingerprint === fingerprintOf(files, key) ? { ...stored, key } : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}
export const newKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
export const hexOf = (key: Uint8Array): string => bytesToHex(key);
/** Days from one day to another, both YYYY-MM-DD. */
export const daysSince = (day: string, today: string): number => Math.round((Date.parse(`${today}T00:00:00Z`) - Date.parse(`${day}T00:00:00Z`)) / 86_400_000);
/** YYYY-MM-DD of the person's own day. */
export function dayOf(now: Date): string {
  return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, "0"), String(now.getDate()).padStart(2, "0")].join("-");
}
