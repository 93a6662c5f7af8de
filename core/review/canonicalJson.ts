/** What canonical JSON can say. Numbers are IEEE doubles and finite. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A value without a canonical spelling, or bytes that are not one; the message says where. */
export class CanonicalJsonError extends Error {
  override name = "CanonicalJsonError";
}

const maxDepth = 64;
const hasLoneSurrogate = (text: string): boolean => /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);

function textOf(text: string, where: string): string {
  if (hasLoneSurrogate(text)) throw new CanonicalJsonError(`${where} holds half a character (a lone surrogate)`);
  return JSON.stringify(text);
}

function write(value: unknown, where: string, depth: number): string {
  if (depth > maxDepth) throw new CanonicalJsonError(`${where} lies deeper than ${maxDepth} levels`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new CanonicalJsonError(`${where} is not a finite number`);
    return JSON.stringify(value); // the shortest decimal that reads back as the same double; -0 is written 0
  }
  if (typeof value === "string") return textOf(value, where);
  if (Array.isArray(value)) return `[${Array.from(value, (part, i) => write(part, `${where}[${i}]`, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)) {
    throw new CanonicalJsonError(`${where} is not JSON`);
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, part]) => `${textOf(key, `a key of ${where}`)}:${write(part, `${where}.${key}`, depth + 1)}`).join(",")}}`;
}

/**
 * The one spelling of a value (RFC 8785): no white space, keys in order of their UTF-16 units, numbers as ECMAScript writes
 * them, strings escaped only where JSON must. Equal values, equal text, whatever the order in which keys were set.
 * @throws CanonicalJsonError for undefined, NaN, infinities, lone surrogates, what is no plain object, and 65 levels
 */
export const canonicalText = (value: unknown): string => write(value, "value", 0);

/** `canonicalText` in UTF-8. */
export const canonicalBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalText(value));

/**
 * Reads what `canonicalBytes` wrote and nothing else: another spelling of the same value is refused, so that one value has
 * one hash. @throws CanonicalJsonError
 */
export function readCanonical(bytes: Uint8Array): Json {
  let value: Json;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
  } catch {
    throw new CanonicalJsonError("the bytes are not JSON in UTF-8");
  }
  const again = canonicalBytes(value);
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) throw new CanonicalJsonError("the JSON is not in its canonical spelling");
  return value;
}
