import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { findingPictures } from "../../core/checks/findingPictures.ts";
import { encodePng } from "../../core/surface/format/png.ts";
import { finding, type ReportPicture } from "./report.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { packedInBlocks } from "../../core/volume/packedBlocks.ts";
import { VolumePacking } from "./packVolume.ts";
import { decodeDicom } from "./dicomSeries.ts";
import type { Grid } from "../../core/space/grid.ts";
import { keepSlices, type KeptSlices, type OnSlices } from "./keepSlices.ts";
import type { ImportJob } from "./limits.ts";
import { volumeFileKind } from "../../core/volume/volumeFileKind.ts";
import { looksLikeDicom } from "../../core/volume/dicom/reader.ts";
import { ImportRefused, type Spent } from "./refused.ts";
import { bytesOfFile, collectFiles, isZip, skippedSentence } from "./sourceFiles.ts";

// The process that touches the bytes of files: started by importFiles.ts under memory and time caps, with
// writing allowed in one folder. It tells progress on stdout and leaves answer.json.
const startedAt = Date.now();
if (process.argv[2] === "--compile") {
  // Nothing is imported: the code that an import needs is compiled, and put where `codeCache.ts` looks for it.
  await Promise.all([import("./deidentifyFiles.ts"), import("./volumeSource.ts"), import("../../core/volume/coarse.ts")]);
  flushCompileCache();
  await rename(process.argv[3], process.argv[4]).catch(() => rm(process.argv[3], { recursive: true, force: true }));
  process.exit(0);
}
// Nobody is left to take the answer: what was unpacked is somebody's to delete, and this process must not write on.
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.exit(1); }, 500).unref();
const spent = (): Spent => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); return { peakRssMiB: Math.round(maxRSS / 1024), cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000) }; };
const cpuMs = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; };
const job = JSON.parse(await readFile(process.argv[2], "utf8")) as ImportJob;
const progress = (stage: string, fraction: number) => { process.stdout.write(`@progress ${stage} ${fraction.toFixed(3)}\n`); };
const packing = new VolumePacking();
/** The voxels are known: they are packed beside what is still to be found out about them. */
const hasVoxels = (grid: Grid, hu: Int16Array): void => packing.begin(encodeNifti({ grid, data: hu }, (length) => new Uint8Array(new SharedArrayBuffer(length))));
const workDir = join(job.outDir, "work");
let kept: Promise<KeptSlices> | null = null;
const hasSlices: OnSlices = (stack, resampling) => { kept = keepSlices(job.outDir, workDir, stack, resampling); };
const keep = (name: string, bytes: string | Uint8Array) => writeFile(join(job.outDir, name), bytes);

async function answer(): Promise<unknown> {
  const skipped: string[] = [];
  try {
    await mkdir(workDir);
    const given = await collectFiles(job.paths, workDir, job.limits, job.options.nameFiles ?? false, (label) => skipped.push(label));
    // Loaded where needed only: the start of the process is part of every import.
    const cleaned = job.options.deidentifyKey ? await (await import("./deidentifyFiles.ts")).deidentifyFiles(given, job.options.deidentifyKey, job.options.asOf, workDir, progress) : null;
    const files = cleaned?.files ?? given;
    const volumes = [], zips = [];
    let hasDicom = false;
    for (const file of files) {
      const head = bytesOfFile(file.path, 132);
      if (looksLikeDicom(head)) hasDicom = true;
      else if (isZip(head)) zips.push(file);
      else if (volumeFileKind(head)) volumes.push(file);
    }
    // Zips of what was given were opened; these lay in one of them.
    if (!hasDicom && volumes.length === 0 && zips.length > 0) throw new ImportRefused("nested-zip", `There is a zip inside the zip (${zips[0].label}), and no image beside it. Unpack the outer one and give what is in it.`, { files: zips.slice(0, 20).map(({ label }) => label) });
    // Beside DICOM files a mask or a converted copy is a stray file; alone there must be one.
    if (!hasDicom && volumes.length > 1) {
      throw new ImportRefused("several-series", `There are ${volumes.length} volume files. Give one of them.`, { series: volumes.slice(0, 100).map(({ label }) => ({ series: label })) });
    }
    const made = !hasDicom && volumes.length === 1 ? await (await import("./volumeSource.ts")).decodeVolumeFile(volumes[0], files.length - 1, job.options, job.limits, progress, hasVoxels, hasSlices)
      : await decodeDicom(files, job.options, job.limits, workDir, progress, hasVoxels, hasSlices);
    // One of them may have been a slice.
    if (skipped.length > 0) made.report.findings.push(finding("links", "attention", skippedSentence(skipped.length), { value: skipped.length, files: skipped.slice(0, 50) }));
    const t0 = performance.now();
    const pictures: ReportPicture[] = [];
    await mkdir(join(job.outDir, "pictures"));
    const drawn = findingPictures(made.report.findings, { grid: made.grid, hu: made.hu, facts: made.facts, motion: made.motion, text: made.text, plan: made.stack?.plan ?? null, rowsMm: made.stack?.rowsMm ?? 1, rows: made.stack?.rows ?? 1 });
    const t1 = performance.now(), restCpuMs = cpuMs();
    progress("compressing", 0);
    for (const { code, shows, picture } of drawn) {
      const png = encodePng(picture, true), file = `pictures/${code}.png`;
      await keep(file, png);
      pictures.push({ code, shows, file, sha256: createHash("sha256").update(png).digest("hex") });
    }
    made.report.provenance.pictures = pictures;
    // Packed along with the other threads before the slices' own is waited for.
    const volume = await packing.end(), acquired = await kept;
    if (acquired) made.report.provenance.acquired = acquired;
    await keep("report.json", `${JSON.stringify(made.report, null, 1)}\n`);
    await keep("source.json", `${JSON.stringify(made.source, null, 1)}\n`);
    // Read by the parent before the folder goes; it never lies beside the volume.
    if (cleaned) await keep("uids.json", JSON.stringify([...cleaned.uids]));
    await keep("volume.nii.gz", volume);
    if (job.options.withCoarse) {
      const { coarseVolume } = await import("../../core/volume/coarse.ts"), coarse = coarseVolume(made.grid, made.hu);
      await keep("coarse.nii.gz", packedInBlocks(encodeNifti({ grid: coarse.grid, data: coarse.hu })));
    }
    const round = (ms: number) => Math.round(ms * 10) / 10;
    return {
      ok: true, peakRssMiB: spent().peakRssMiB, restCpuMs: round(restCpuMs),
      timings: {
        startMs: startedAt - job.startedAt, headersMs: round(made.headersMs), decodeMs: round(made.decodeMs), geometryMs: round(made.geometryMs),
        reportMs: round(made.reportMs + t1 - t0), compressMs: round(performance.now() - t1),
      },
    };
  } catch (error) {
    if (error instanceof ImportRefused) {
      const { code, message, details } = error;
      return { ok: false, refused: true, spent: spent(), error: skipped.length === 0 ? { code, message, details } : { code, message: `${message} ${skippedSentence(skipped.length)}`, details: { ...details, skipped: skipped.slice(0, 50) } } };
    }
    if (error instanceof RangeError && /allocation|array length/i.test(error.message)) {
      return { ok: false, refused: true, spent: spent(), error: { code: "too-large", message: "Reading the files needed more memory than the limit allows.", details: {} } };
    }
    return { ok: false, refused: false, error: { message: error instanceof Error ? `${error.name}: ${error.stack ?? error.message}`.slice(0, 2000) : "unknown" } };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
await keep("answer.json", JSON.stringify(await answer()));
process.exit(0);
