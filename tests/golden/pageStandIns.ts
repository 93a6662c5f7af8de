// Of Node's modules, what the making of a package uses: in a page there are no files and no other hash than ours.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** createHash("sha256") as Node has it. */
export function createHash(kind: string) {
  if (kind !== "sha256") throw new Error(`no hash ${kind} here`);
  const hash = sha256.create();
  return {
    update(data: string | Uint8Array) { hash.update(typeof data === "string" ? utf8ToBytes(data) : data); return this; },
    digest: (form: string) => { if (form !== "hex") throw new Error(`no digest ${form} here`); return bytesToHex(hash.digest()); },
  };
}
export const randomUUID = (): string => { throw new Error("nothing random here"); };
export const createRequire = () => ({ resolve: (name: string) => name });
/** Fonts, which the page was given. */
export function readFileSync(path: string): Uint8Array {
  const text = (globalThis as unknown as { goldenFonts: Record<string, string> }).goldenFonts[path];
  if (!text) throw new Error(`${path} was not given to the page`);
  return (globalThis as unknown as { Buffer: { from(text: string, form: string): Uint8Array } }).Buffer.from(text, "base64");
}
const absent = (): never => { throw new Error("there are no files in a page"); };
export const mkdir = absent, open = absent, readFile = absent, rename = absent, rm = absent, stat = absent, writeFile = absent, dirname = absent, resolve = absent, gunzipSync = absent;
