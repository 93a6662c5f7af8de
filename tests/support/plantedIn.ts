import { inflateSync } from "node:zlib";
import { gunzipSync, unzipSync } from "fflate";

/** What tests plant where an identifier may stand: names, a birth date, UIDs. */
const planted = /CANARY|19110203|1\.2\.77/;

/** The places in a file, and in whatever is packed in it, where a planted identifier stands; and how many files were looked through. */
export function told(name: string, bytes: Uint8Array): { found: string[]; files: number } {
  const inside: [string, Uint8Array][] = [], text = Buffer.from(bytes).toString("latin1");
  if (text.startsWith("PK")) inside.push(...Object.entries(unzipSync(bytes)));
  else if (bytes[0] === 0x1f && bytes[1] === 0x8b) inside.push(["unpacked", gunzipSync(bytes)]);
  else if (text.startsWith("%PDF")) {
    for (const match of text.matchAll(/FlateDecode[\s\S]*?stream\r?\n([\s\S]*?)endstream/g)) inside.push([`stream at ${match.index}`, inflateSync(Buffer.from(match[1], "latin1"))]);
    if (inside.length === 0) throw new Error("no stream of the PDF could be read");
  }
  const parts = inside.map(([part, content]) => told(`${name} / ${part}`, content));
  return { found: [...planted.test(text) || planted.test(name) ? [name] : [], ...parts.flatMap(({ found }) => found)], files: parts.reduce((sum, { files }) => sum + files, 1) };
}
