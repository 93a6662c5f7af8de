import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { importFiles, ImportRefused } from "../import/importFiles.ts";
import { daysBetween } from "../import/report.ts";
import { callerPath, type CommandEnd, ended, inputRefused, usageError } from "./command.ts";
import { checkOutput, outputFault } from "./outputFiles.ts";
import { flag, parseOptions, text } from "./options.ts";
import { progress } from "./progress.ts";
import { stoppable } from "./stopped.ts";

/** The version of the import node; part of what a volume is keyed by (JB2). */
export const importNodeVersion = "import@10";

export const help = `npm run --silent job -- import --in DIR|ZIP|FILE [--in …] --out DIR [options]
  --in DIR|ZIP|FILE     DICOM folder, zip of one or single files, or one
                        .nii, .nii.gz, .nrrd or .mha; may be repeated
  --out DIR             gets volume.nii.gz (canonical RAS, int16 HU), report.json, source.json,
                        pictures/CODE.png of the findings that a picture helps to understand
                        acquired.nrrd where the volume was resampled: the slices as they were, HU, each
                        with its place (gzip; the header says how the volume was made of them)
  --series UID          Series Instance UID to take where several are usable (default: the only one)
  --region NAME         cranial|face|dental|longBone|pelvis|other (default cranial)
  --asOf YYYY-MM-DD     day on which the scan's age is judged (default: not judged)
  --scanned YYYY-MM-DD  day of the scan, for files that tell none (NIfTI, NRRD, MHA); with --asOf
  --use-regular-part    take only the longest even run of an uneven series, unchanged
                        (default: all slices, each at its place, resampled where need be)
  --from MM --to MM     take only the slices of a series from one place to the other, along their normal (default:
                        all); the report's series, and a refusal of a series that is too long, say what they reach
`;

const regions = ["cranial", "face", "dental", "longBone", "pelvis", "other"];

async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}
/** Hash of a file, or of a folder's files by name, in code-unit order; links, pipes and the like are not read by the import either. */
async function pathHash(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return fileHash(path);
  const hash = createHash("sha256"), names = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile() || entry.isDirectory()).map(({ name }) => name);
  for (const name of names.sort()) hash.update(`${name}\0${await pathHash(join(path, name))}\n`);
  return hash.digest("hex");
}

/** Whether a text is a day of the calendar, YYYY-MM-DD. */
function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** `import`: see `help`. Writes progress to stderr and nothing to stdout; relative paths resolve against INIT_CWD. */
export function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    // `--in A B C`: what follows an --in without a dash is more input.
    const spread: string[] = [];
    let isInput = false;
    for (const arg of args) {
      if (arg.startsWith("--")) isInput = arg === "--in";
      else if (isInput && spread.at(-1) !== "--in") spread.push("--in");
      spread.push(arg);
    }
    const values = parseOptions(spread, { in: { ...text, multiple: true }, out: text, series: text, region: text, asOf: text, scanned: text, "use-regular-part": flag, from: text, to: text });
    const inputs = values.in ?? [], { out } = values;
    if (inputs.length === 0 || !out) throw usageError("import needs --in and --out; see --help");
    if (values.region && !regions.includes(values.region)) throw usageError(`--region is one of ${regions.join(", ")}`);
    if (values.asOf && !isDay(values.asOf)) throw usageError("--asOf is a day as YYYY-MM-DD");
    if (values.scanned && !(values.asOf && isDay(values.scanned))) throw usageError("--scanned is a day as YYYY-MM-DD, and goes with --asOf");
    const scanAgeDays = values.scanned && values.asOf ? daysBetween(values.scanned, values.asOf) : undefined;
    const ends = [values.from, values.to];
    if (ends.some((place) => place !== undefined && !/^-?\d{1,5}(\.\d+)?$/.test(place))) throw usageError("--from and --to are places in mm, such as -120.5");
    const part = ends.every((place) => place === undefined) ? undefined : { fromMm: Number(values.from ?? -1e5), toMm: Number(values.to ?? 1e5) };
    if (part && part.fromMm > part.toMm) throw usageError(`--from ${values.from} lies above --to ${values.to}`);
    for (const path of inputs) {
      if (!(await stat(callerPath(path)).catch(() => null))) throw usageError(`--in ${path} does not exist`);
    }
    await checkOutput(out, "folder");
    const made = await stoppable((stop) => importFiles({
      paths: inputs.map(callerPath),
      options: { series: values.series, region: values.region, asOf: values.asOf, useRegularPart: values["use-regular-part"], part, ...scanAgeDays !== undefined && { scanAgeDays }, nameFiles: true },
    }, callerPath(out), progress, stop)).catch((error: unknown) => {
      throw error instanceof ImportRefused ? inputRefused(error.code, error.message, error.details) : outputFault(error, out);
    });
    const hashes = async (paths: string[]) => Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await pathHash(callerPath(path))])));
    return {
      exitCode: 0,
      line: {
        ok: true, kind: "import", node: importNodeVersion, ms: Math.round(performance.now() - begin),
        peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024) + made.peakRssMiB,
        inputs: await hashes(inputs), outputs: await hashes(["volume.nii.gz", "source.json", "report.json", ...made.acquired ? [basename(made.acquired.path)] : [], ...made.pictures.map(({ path }) => join("pictures", basename(path)))].map((name) => join(out, name))),
        grid: made.report.grid, series: made.report.series, findings: made.report.findings, timings: made.timings,
      },
    };
  });
}
