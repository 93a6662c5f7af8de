import { closeSync, createWriteStream, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, opendir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Entry, ZipFile } from "yauzl";
import type { ImportLimits } from "./limits.ts";
import { ImportRefused } from "./refused.ts";

/** One input file; `label` is what messages call it: its name, or its number where it must not be named (`isUnnamed`). */
export interface SourceFile {
  path: string; label: string; size: number; isUnnamed: boolean;
  /** What was read before the file was de-identified. */
  scan?: { ageDays: number | null; isChild: boolean | null };
}

/** @param onSkipped told of each entry that is neither a file nor a folder: nothing is followed, so that no link leads out of what was given, or in a circle */
async function* filesUnder(path: string, depth: number, onSkipped: (name: string) => void): AsyncGenerator<string> {
  if (depth > 32) throw new ImportRefused("too-large", "The folder is nested more than 32 deep.");
  const names: string[] = [], skipped: string[] = [];
  for await (const entry of await opendir(path)) (entry.isDirectory() || entry.isFile() ? names : skipped).push(entry.name);
  skipped.sort().forEach(onSkipped);
  // Sorted by code unit, so that the same folder gives the same numbers everywhere.
  for (const name of names.sort()) {
    const inner = join(path, name);
    if ((await stat(inner)).isDirectory()) yield* filesUnder(inner, depth + 1, onSkipped);
    else yield inner;
  }
}

/**
 * Up to `length` bytes of a file from `offset` on; fewer where it ends. Waited for: the import's process has nothing else to do
 * meanwhile, and a promise for each step of a thousand small files takes longer than the reading.
 * @param length undefined: all there are
 */
export function bytesOfFile(path: string, length?: number, offset = 0): Uint8Array<ArrayBuffer> {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(length ?? fstatSync(file).size - offset);
    let at = 0;
    for (let read = -1; at < bytes.length && read !== 0; at += read) read = readSync(file, bytes, at, bytes.length - at, offset + at);
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}

/** Whether a file begins as a zip does. */
export const isZip = (head: Uint8Array): boolean => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);

async function zipOf(path: string): Promise<ZipFile> {
  // Loaded where there is a zip only: the start of the process is part of every import.
  const { open: openZip } = await import("yauzl");
  return new Promise((resolve, reject) => {
    openZip(path, { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error) reject(new ImportRefused("unreadable-file", "The zip file is broken. Pack it again.", { reason: error.message.slice(0, 200) }));
      else resolve(zip);
    });
  });
}

/** Unpacks one zip under names of our own; no path of the archive is ever used as a path. */
async function unzip(path: string, into: string, limits: ImportLimits, take: (path: string, name: string) => Promise<void>): Promise<void> {
  await mkdir(into, { recursive: true });
  const zip = await zipOf(path);
  let entries = 0, total = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const onEntry = async (entry: Entry) => {
        if (entry.fileName.endsWith("/")) return;
        if (++entries > limits.maxFiles) throw new ImportRefused("too-large", `The zip has more than ${limits.maxFiles} files.`);
        if (entry.isEncrypted()) throw new ImportRefused("unreadable-file", "The zip is encrypted. Pack it without a password.");
        if (entry.uncompressedSize > limits.maxFileBytes || entry.uncompressedSize > limits.maxZipRatio * Math.max(entry.compressedSize, 4096)) {
          throw new ImportRefused("too-large", "A file in the zip unpacks to more than the limit allows.", { bytes: entry.uncompressedSize });
        }
        total += entry.uncompressedSize;
        if (total > limits.maxTotalBytes) throw new ImportRefused("too-large", "The zip unpacks to more than the limit allows.", { limitBytes: limits.maxTotalBytes });
        const target = join(into, String(entries).padStart(6, "0"));
        const stream = await new Promise<Readable>((ok, no) => zip.openReadStream(entry, (error, opened) => (error ? no(error) : ok(opened))));
        let seen = 0;
        const bound = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            seen += chunk.length;
            done(seen > entry.uncompressedSize ? new Error("larger than declared") : null, chunk);
          },
        });
        await pipeline(stream, bound, createWriteStream(target));
        await take(target, basename(entry.fileName));
      };
      zip.on("entry", (entry: Entry) => { onEntry(entry).then(() => zip.readEntry(), reject); });
      zip.on("end", () => resolve());
      zip.on("error", reject);
      zip.readEntry();
    });
  } catch (error) {
    if (error instanceof ImportRefused) throw error;
    throw new ImportRefused("unreadable-file", "The zip file is broken or has unsafe paths. Pack it again.", { reason: error instanceof Error ? error.message.replace(/:.*$/s, "").slice(0, 100) : "unknown" });
  } finally {
    zip.close();
  }
}

/** A file or folder that the system does not give: left out, it might be the slice that matters. Anything else as it is. */
function lockedFile(error: unknown, nameFiles: boolean): unknown {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return error;
  if (error.code !== "EACCES" && error.code !== "EPERM") return error;
  return new ImportRefused("unreadable-file", `${nameFiles ? String(error.path) : "An input file"} cannot be read: permission denied. Mend that, or move it out of what is given.`, nameFiles ? { file: String(error.path) } : {});
}

/** What a person is told of the entries of folders that were not read (`collectFiles`, onSkipped). */
export const skippedSentence = (count: number): string =>
  `${count} ${count === 1 ? "entry" : "entries"} of the folder ${count === 1 ? "is a link" : "are links"} or not a file, and ${count === 1 ? "was" : "were"} not read: links are not followed. Put a copy of a file that belongs to the scan in place of its link.`;

/**
 * All input files: folders walked, zips unpacked (one level) into `workDir`.
 * @param onSkipped gets the label of each symbolic link, pipe or the like in a folder; what is given itself may be a link
 * @throws ImportRefused `too-large`, `unreadable-file`, `no-input`
 */
export async function collectFiles(paths: string[], workDir: string, limits: ImportLimits, nameFiles: boolean, onSkipped: (label: string) => void = () => undefined): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  let total = 0;
  const add = async (path: string, name: string) => {
    const { size } = await stat(path);
    total += size;
    if (found.length >= limits.maxFiles) throw new ImportRefused("too-large", `More than ${limits.maxFiles} files were given.`);
    const label = nameFiles ? name : `file ${found.length + 1}`;
    if (size > limits.maxFileBytes) throw new ImportRefused("too-large", `${label} is larger than ${limits.maxFileBytes} bytes.`);
    if (total > limits.maxTotalBytes) throw new ImportRefused("too-large", `The files together are larger than ${limits.maxTotalBytes} bytes.`);
    found.push({ path, label, size, isUnnamed: !nameFiles });
  };
  let zips = 0, skipped = 0;
  const skip = (name: string) => { skipped++; onSkipped(nameFiles ? name : `entry ${skipped}`); };
  for (const given of paths) {
    const info = await stat(given).catch(() => null);
    if (!info) throw new ImportRefused("no-input", nameFiles ? `${given} does not exist.` : "An input file does not exist.");
    if (!info.isDirectory() && !info.isFile()) throw new ImportRefused("no-input", nameFiles ? `${given} is neither a file nor a folder.` : "An input is neither a file nor a folder.");
    const list = info.isDirectory() ? filesUnder(given, 0, skip) : [given];
    try {
      for await (const path of list) {
        if (isZip(bytesOfFile(path, 4))) await unzip(path, join(workDir, `zip${++zips}`), limits, add);
        else await add(path, basename(path));
      }
    } catch (error) {
      throw lockedFile(error, nameFiles);
    }
  }
  if (found.length === 0) throw new ImportRefused("no-input", "There are no files in what was given.");
  return found;
}

/** A whole file, after its size was bounded by `collectFiles`. */
export const readWhole = (file: SourceFile): Uint8Array<ArrayBuffer> => bytesOfFile(file.path);
