// What every kind of the command line shares (JOBS.md): the ends, the paths, the files in. Packages are made with it in a page too: what is written stands in outputFiles.ts.
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ScanPlace, scanPlaceOf } from "../../core/checks/scanPlace.ts";
import { checkMeshSize, meshHeadBytes } from "../../core/surface/meshFile.ts";
import { MeshFault } from "../../core/surface/meshFault.ts";
import { canonicalVolume, decodeNifti, NiftiError } from "../../core/volume/nifti.ts";
import { DicomRefused } from "../../server/platform/dicom/source.ts";

export { progress } from "./progress.ts";

/** A run's end as JOBS.md has it: the one line for stdout and the exit code (0 done, 1 our fault, 2 usage, 3 refused). */
export interface CommandEnd { exitCode: number; line: Record<string, unknown> }

/** An end that is not success; thrown anywhere in a command, turned into its line by `ended`. */
export class CommandRefused extends Error {
  readonly exitCode: 2 | 3;
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(exitCode: 2 | 3, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.details = details;
  }
}
/** Wrong usage: exit 2. */
export const usageError = (message: string) => new CommandRefused(2, "usage", message);
/** Input refused: exit 3. `message` says what is wrong, where, and what to do. */
export const inputRefused = (code: string, message: string, details: Record<string, unknown> = {}) => new CommandRefused(3, code, message, details);

/** Runs a command's body; a `CommandRefused` becomes its end, anything else goes on up as our fault. */
export async function ended(body: () => Promise<CommandEnd>): Promise<CommandEnd> {
  try {
    return await body();
  } catch (thrown) {
    const error = thrown instanceof DicomRefused ? inputRefused(thrown.code, thrown.message, thrown.details) : thrown;
    if (!(error instanceof CommandRefused)) throw error;
    return { exitCode: error.exitCode, line: { ok: false, error: { code: error.code, message: error.message, details: error.details } } };
  }
}

/** An absolute path; a relative one is meant from where the caller stood (`npm run` changes the directory). */
export const callerPath = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path);
/** SHA-256, lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The code of a fault of the system (ENOENT, ENOSPC, …); empty where it is none. */
export const systemCode = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
/** @throws CommandRefused (not-readable) where the system refuses the file */
async function readWhole(file: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable(error, path);
  }
}
const unreadable = (error: unknown, path: string): unknown => {
  if (systemCode(error) === "ERR_FS_FILE_TOO_LARGE") return inputRefused("too-large", `${path} is larger than 2 GiB, which is more than is read. Give it compressed, or a part of it.`, { file: path });
  return ["EACCES", "EPERM"].includes(systemCode(error)) ? inputRefused("not-readable", `${path} cannot be read: permission denied. Give its reader the right to, or a copy.`, { file: path }) : error;
};

/** @throws CommandRefused where the file is not there */
export async function readInput(path: string, option: string): Promise<Uint8Array> {
  const file = callerPath(path);
  if (!(await stat(file).then((s) => s.isFile(), () => false))) throw usageError(`${option} ${path} is not a file`);
  return readWhole(file, path);
}

/** A mesh file, of which size and head are looked at first: what is beyond the caps is never read. @throws CommandRefused */
export async function readMeshInput(path: string, option: string): Promise<Uint8Array> {
  const file = callerPath(path), size = await stat(file).then((s) => (s.isFile() ? s.size : -1), () => -1);
  if (size < 0) throw usageError(`${option} ${path} is not a file`);
  const opened = await open(file).catch((error: unknown) => { throw unreadable(error, path); });
  try {
    const { buffer, bytesRead } = await opened.read(new Uint8Array(meshHeadBytes), 0, meshHeadBytes, 0);
    checkMeshSize(buffer.subarray(0, bytesRead), size);
  } catch (error) {
    if (error instanceof MeshFault) throw inputRefused(error.code, `${path}: ${error.message}`, { file: path });
    throw error;
  } finally {
    await opened.close();
  }
  return readWhole(file, path);
}

/** Bound on an unpacked volume, against gzip bombs. */
const maxUnpackedBytes = 3_200_000_000;

/** Where the scan lies, of a CT report that `import` wrote; null where it ends at its volume's faces, and without a report. @throws CommandRefused */
export async function readScan(path: string | undefined, inputs: Record<string, string>): Promise<ScanPlace | null> {
  if (path === undefined) return null;
  const bytes = await readInput(path, "--report");
  inputs[path] = sha256(bytes);
  let report: unknown;
  try {
    report = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    report = null;
  }
  if (typeof report !== "object" || report === null || !("provenance" in report)) throw inputRefused("not-a-report", `${path} is no CT report. Give the report.json that «import» wrote beside the volume.`, { file: path });
  return scanPlaceOf(report.provenance);
}

/** A NIfTI file (.nii, .nii.gz) as canonical RAS voxels. @throws CommandRefused naming the file and the fault */
export function readNifti(packed: Uint8Array, path: string): ReturnType<typeof canonicalVolume> {
  try {
    const plain = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed, { maxOutputLength: maxUnpackedBytes }) : packed;
    return canonicalVolume(decodeNifti(plain));
  } catch (error) {
    if (error instanceof NiftiError) throw inputRefused(error.code, `${path}: ${error.message}`, { file: path, ...error.where ? { where: error.where } : {} });
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_BUFFER_TOO_LARGE") throw inputRefused("too-large", `${path} unpacks to more than ${maxUnpackedBytes} bytes.`, { file: path });
    if (code.startsWith("Z_")) throw inputRefused("truncated", `${path} is cut off or broken: its gzip data do not end properly. Copy it again.`, { file: path });
    throw error;
  }
}

/** A NIfTI labelmap: as `readNifti`, and its values must be whole numbers from 0. @throws CommandRefused */
export function readLabels(packed: Uint8Array, path: string): ReturnType<typeof canonicalVolume> {
  const read = readNifti(packed, path);
  const broken = read.findings.find(({ code }) => ["quantised", "clamped", "padding"].includes(code));
  if (broken) throw inputRefused("not-a-labelmap", `${path}: the values are not labels: ${broken.message}`, { file: path });
  return read;
}

/** The success line. `begin` is performance.now() at the start; `childPeakMiB` the largest child's, if any ran. */
export function doneLine(kind: string, node: string, begin: number, inputs: Record<string, string>, outputs: Record<string, string>, more: Record<string, unknown>, childPeakMiB = 0): CommandEnd {
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024 + childPeakMiB);
  return { exitCode: 0, line: { ok: true, kind, node, ms: Math.round(performance.now() - begin), peakRssMiB, inputs, outputs, ...more } };
}
