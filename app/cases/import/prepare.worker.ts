import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { looksLikeDicom } from "../../../core/volume/dicom/reader.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { cleanVolume } from "./cleanVolume.ts";
import type { PickedFile } from "./pickFiles.ts";
import { headerOf, wholeBytes } from "./headerOf.ts";
import { openImage, type FullSlice } from "./preview.ts";
import { scan, type Prepared } from "./scan.ts";
import { sourcesOf, type Source } from "./sources.ts";

/** What the page asks: to look through the files, for a slice to look at, then for each file as it may leave. */
export type PrepareQuestion = { id: number } & ({ kind: "scan"; files: readonly PickedFile[]; key: Uint8Array; today: string } | { kind: "clean"; member: number; asIs: boolean } | { kind: "slice"; member: number; frame: number });
export type PrepareReply = { id: number } & ({ kind: "progress"; fraction: number } | { kind: "scanned"; prepared: Prepared; sizes: number[]; paths: string[] } | { kind: "cleaned"; blob: Blob; uids: ReadonlyMap<string, string> } | { kind: "slice"; slice: FullSlice | null } | { kind: "failed"; message: string });

let sources: Source[] = [], key: Uint8Array = new Uint8Array(0);
const reply = (message: PrepareReply) => postMessage(message);

const noUids: ReadonlyMap<string, string> = new Map();
/** One file as it may leave the page, and which UIDs were replaced; a DICOM file's pixels are not copied where they can stay on disk. */
async function cleaned(source: Source, asIs: boolean): Promise<{ blob: Blob; uids: ReadonlyMap<string, string> }> {
  const whole = await source.whole();
  if (asIs) return { blob: whole, uids: noUids };
  if (!looksLikeDicom(await source.head(132))) return { blob: await cleanVolume(whole), uids: noUids };
  let bytes = await headerOf(source), { pixels, isDeflated } = readDicom(bytes);
  if (bytes.length < source.size && (isDeflated || !pixels || pixels.length === null)) {
    if (source.size > wholeBytes) throw new Error("A compressed file of more than 512 MiB cannot be de-identified in the page.");
    bytes = new Uint8Array(await whole.arrayBuffer());
  }
  const { parts, tail, uids } = deidentify(bytes, { key, size: source.size });
  return { blob: new Blob([...parts as BlobPart[], ...tail ? [whole.slice(tail.from, tail.to)] : []]), uids };
}

async function answer(question: PrepareQuestion): Promise<PrepareReply> {
  const { id } = question;
  if (question.kind === "clean") return { id, kind: "cleaned", ...await cleaned(sources[question.member], question.asIs) };
  if (question.kind === "slice") return { id, kind: "slice", slice: await (await openImage(sources[question.member]))?.slice(question.frame) ?? null };
  ({ key } = question);
  sources = await sourcesOf(question.files);
  const prepared = await scan(sources, key, question.today, (fraction) => reply({ id, kind: "progress", fraction }));
  return { id, kind: "scanned", prepared, sizes: sources.map(({ size }) => size), paths: sources.map(({ path }) => path) };
}

addEventListener("message", ({ data }: MessageEvent<PrepareQuestion>) => {
  answer(data).then(reply, (error: unknown) => reply({ id: data.id, kind: "failed", message: error instanceof Error ? error.message : "The files could not be read." }));
});
