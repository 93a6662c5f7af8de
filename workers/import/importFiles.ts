import { spawn } from "node:child_process";
import { mkdtemp, readFile, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Grid } from "../../core/space/grid.ts";
import { acquiredFile } from "../../core/volume/acquiredSlices.ts";
import { makeFolder } from "../makeFolder.ts";
import { compileCode, lendCode } from "./codeCache.ts";
import type { KeptSlices } from "./keepSlices.ts";
import { defaultLimits, type ImportJob, type ImportLimits, type ImportOptions } from "./limits.ts";
import { ImportRefused, type Spent } from "./refused.ts";
import type { ReportPicture, ImportReport, ImportSource } from "./report.ts";

export { ImportRefused } from "./refused.ts";
export type { ImportOptions } from "./limits.ts";

/** What an import leaves in its folder: paths are absolute. */
export interface Imported {
  volume: string;
  /** Where it was asked for. */
  coarse?: string;
  /** The slices as acquired, where they were resampled (IM17), and the hash that the provenance names. */
  acquired?: { path: string; sha256: string };
  grid: Grid;
  report: ImportReport;
  source: ImportSource;
  /** Where files were de-identified: UIDs as they came, and what was written for each. */
  uids: ReadonlyMap<string, string>;
  /** Of findings, beside the report; paths absolute. */
  pictures: { code: string; shows: string; path: string }[];
  timings: Record<string, number>;
  /** Largest resident memory of the child, MiB. */
  peakRssMiB: number;
  /** Processor time of everything but compression (the child's own thread), ms. */
  restCpuMs: number;
}

type ChildAnswer =
  | { ok: true; timings: Record<string, number>; peakRssMiB: number; restCpuMs: number }
  | { ok: false; refused: true; spent: Spent; error: { code: string; message: string; details: Record<string, unknown> } }
  | { ok: false; refused: false; error: { message: string } };

// Nothing of the server's settings reaches the child.
const childEnv: NodeJS.ProcessEnv = { NODE_ENV: "production", PATH: process.env.PATH, TZ: "UTC", LANG: "C" };

async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") return 0;
  const text = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "0 0");
  return Number(text.split(" ")[1]) * 4096;
}

const child = fileURLToPath(new URL("./child.ts", import.meta.url));

/** Runs the child under its caps; resolves when it has ended. */
function runChild(jobFile: string, staging: string, code: string | null, limits: ImportLimits, onProgress: (stage: string, fraction: number) => void, halt?: AbortSignal): Promise<void> {
  const node = ["--permission", "--allow-worker", "--allow-fs-read=*", `--allow-fs-write=${staging}/*`, "--disable-warning=ExperimentalWarning", "--max-old-space-size=2048", child, jobFile];
  const command = process.platform === "linux"
    ? { file: "/bin/sh", args: ["-c", 'ulimit -d "$1" && shift && exec "$@"', "import", String(Math.floor(limits.maxMemoryBytes / 1024)), process.execPath, ...node] }
    : { file: process.execPath, args: node };
  return new Promise((done, fail) => {
    const running = spawn(command.file, command.args, { stdio: ["ignore", "pipe", "pipe"], env: { ...childEnv, ...code ? { NODE_COMPILE_CACHE: code } : {} } });
    let stopped: ImportRefused | null = null, pending = "", errors = "";
    const stop = (reason: ImportRefused) => { stopped ??= reason; running.kill("SIGKILL"); };
    const timer = setTimeout(() => stop(new ImportRefused("too-slow", `Reading the files took longer than ${Math.round(limits.timeoutMs / 1000)} s and was stopped.`)), limits.timeoutMs);
    let stage = "start", aliveAt = performance.now();
    const watch = setInterval(() => {
      if (stage === "pixels" && performance.now() - aliveAt > limits.frameTimeoutMs) stop(new ImportRefused("too-slow", `Decoding one image took longer than ${limits.frameTimeoutMs / 1000} s and was stopped. Export the series uncompressed.`));
      void residentBytes(running.pid ?? 0).then((bytes) => {
        if (bytes > limits.maxMemoryBytes) stop(new ImportRefused("too-large", "Reading the files needed more memory than the limit allows."));
      });
    }, 200);
    running.stdout.setEncoding("utf8").on("data", (part: string) => {
      pending += part;
      const lines = pending.split("\n");
      pending = (lines.pop() ?? "").slice(-10_000);
      for (const line of lines) {
        const progress = /^@progress (\w+) ([0-9.]+)$/.exec(line);
        if (!progress) continue;
        stage = progress[1];
        aliveAt = performance.now();
        onProgress(progress[1], Number(progress[2]));
      }
    });
    // The child's own words may hold names out of files: kept only for the class of the failure.
    running.stderr.setEncoding("utf8").on("data", (part: string) => { errors = (errors + part).slice(-4000); });
    const halted = () => stop(new ImportRefused("stopped", "The import was stopped before its end; nothing is kept of it."));
    halt?.addEventListener("abort", halted, { once: true });
    if (halt?.aborted) halted();
    const over = () => { clearTimeout(timer); clearInterval(watch); halt?.removeEventListener("abort", halted); };
    running.once("error", (error) => { over(); fail(error); });
    running.once("close", (code, signal) => {
      over();
      if (stopped) fail(stopped);
      else if (code === 0) done();
      else if (/out of memory|allocation failed|Cannot enlarge memory/i.test(errors)) fail(new ImportRefused("too-large", "Reading the files needed more memory than the limit allows."));
      else fail(new Error(`The import process ended with ${signal ?? code}.`));
    });
  });
}

/**
 * Decodes a DICOM folder, zip or file, or a NIfTI, NRRD or MHA file, into `outDir/volume.nii.gz` (canonical RAS, int16 HU),
 * `report.json` and `source.json`, and where it was resampled `acquired.nrrd`, the slices as they were. The bytes are touched only by a child process with capped memory and time
 * that can write nowhere but its staging folder. Whatever fails, nothing is left behind.
 * @param halt stops it at once; it is then refused as `stopped`
 * @throws ImportRefused with a plain reason; Error when the fault is ours
 */
export async function importFiles(
  input: { paths: string[]; options?: ImportOptions }, outDir: string, onProgress: (stage: string, fraction: number) => void = () => undefined, halt?: AbortSignal,
): Promise<Imported> {
  const options = input.options ?? {};
  const limits = { ...defaultLimits, ...options.limits };
  const target = resolve(outDir);
  const made = await makeFolder(target);
  const staging = await realpath(await mkdtemp(join(target, ".import-")));
  let isDone = false;
  try {
    const job: ImportJob = { paths: input.paths.map((path) => resolve(path)), outDir: staging, options, limits, startedAt: Date.now() };
    const jobFile = join(staging, "job.json");
    await writeFile(jobFile, JSON.stringify(job));
    const code = await lendCode(staging);
    await runChild(jobFile, staging, code, limits, onProgress, halt);
    if (!code) void compileCode(child);
    const answer = JSON.parse(await readFile(join(staging, "answer.json"), "utf8")) as ChildAnswer;
    if (!answer.ok) throw answer.refused ? new ImportRefused(answer.error.code, answer.error.message, answer.error.details, answer.spent) : new Error(answer.error.message);
    const report = JSON.parse(await readFile(join(staging, "report.json"), "utf8")) as ImportReport;
    const source = JSON.parse(await readFile(join(staging, "source.json"), "utf8")) as ImportSource;
    const uids = new Map(options.deidentifyKey ? JSON.parse(await readFile(join(staging, "uids.json"), "utf8")) as [string, string][] : []);
    const { dims, spacing, affine } = report.grid;
    const grid: Grid = { dims, spacing, origin: [affine[0][3], affine[1][3], affine[2][3]] };
    if (!dims.every((n) => Number.isInteger(n) && n > 0) || ![...spacing, ...grid.origin].every(Number.isFinite) || (await stat(join(staging, "volume.nii.gz"))).size < 100) {
      throw new Error("The import process left an implausible result.");
    }
    const pictures = (report.provenance.pictures ?? []) as ReportPicture[];
    if (pictures.some(({ file }) => !/^pictures\/[A-Za-z0-9-]+\.png$/.test(file))) throw new Error("The import process left an implausible result.");
    const acquired = report.provenance.acquired as KeptSlices | undefined;
    if (acquired && (acquired.file !== acquiredFile || !/^[0-9a-f]{64}$/.test(acquired.sha256))) throw new Error("The import process left an implausible result.");
    // Of an earlier import into this folder.
    for (const name of ["pictures", acquiredFile]) await rm(join(target, name), { recursive: true, force: true });
    for (const name of ["pictures", "source.json", "report.json", "volume.nii.gz", ...options.withCoarse ? ["coarse.nii.gz"] : [], ...acquired ? [acquiredFile] : []]) await rename(join(staging, name), join(target, name));
    isDone = true;
    return { volume: join(target, "volume.nii.gz"), ...options.withCoarse ? { coarse: join(target, "coarse.nii.gz") } : {}, ...acquired ? { acquired: { path: join(target, acquiredFile), sha256: acquired.sha256 } } : {}, grid, report, source, uids, pictures: pictures.map(({ code, shows, file }) => ({ code, shows, path: join(target, file) })), timings: answer.timings, peakRssMiB: answer.peakRssMiB, restCpuMs: answer.restCpuMs };
  } finally {
    await rm(staging, { recursive: true, force: true });
    if (!isDone && made.length > 0) await rm(target, { recursive: true, force: true });
    if (!isDone) for (const folder of made.slice(1)) await rmdir(folder).catch(() => undefined);
  }
}
