import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const keyed = (key: Uint8Array, text: string): Uint8Array => hmac(sha256, key, utf8(text));

/** A UID of our own for one that was: the same for the same key, in every file (2.25 and 128 bits, PS3.5 B.2). */
export function remapUid(key: Uint8Array, uid: string): string {
  const bytes = keyed(key, `uid ${uid}`).subarray(0, 16);
  let n = 0n;
  for (const byte of bytes) n = n * 256n + BigInt(byte);
  return `2.25.${n}`;
}
/** A short name for a person or number: the same for the same key. */
export function pseudonym(key: Uint8Array, text: string): string {
  let out = "";
  for (const byte of keyed(key, `name ${text}`).subarray(0, 5)) out += byte.toString(16).padStart(2, "0");
  return out.toUpperCase();
}
/** By how many days all dates of one patient go back: 365 to 3,649, the same for the same key and patient. */
export function shiftDays(key: Uint8Array, patient: string): number {
  const [a, b, c] = keyed(key, `dates ${patient}`);
  return 365 + (a * 65_536 + b * 256 + c) % 3285;
}

/** Days since 1970-01-01 of a civil date, and back (Howard Hinnant, «chrono-compatible low-level date algorithms»). */
export function dayNumber(text: string): number | null {
  const match = /^(\d{4})\.?-?(\d{2})\.?-?(\d{2})$/.exec(text.trim());
  if (!match) return null;
  const [month, day] = [Number(match[2]), Number(match[3])], y = Number(match[1]) - (month <= 2 ? 1 : 0);
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const era = Math.floor(y / 400), yoe = y - era * 400, doy = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719_468;
}
export function dateOfDay(days: number): string {
  const z = days + 719_468, era = Math.floor(z / 146_097), doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100)), mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1, month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}${String(month).padStart(2, "0")}${String(day).padStart(2, "0")}`;
}
