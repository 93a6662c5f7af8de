import { encodeNrrd, type NrrdSegment } from "../../core/surface/format/nrrd.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { type CommandEnd, doneLine, ended, progress, readInput, readLabels, sha256, usageError } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- export --labels L [--source S] [--form F] --out FILE.{nii.gz,nrrd,seg.dcm}
  --labels L   labelmap, .nii or .nii.gz
  --source S   source.json of the import; needed for .seg.dcm, only there
  --form F     of .seg.dcm: binary (the default, a bit a voxel) or labelmap (one byte a voxel; newer readers only)
  --out FILE   .nii.gz (RAS), .nrrd (gzip, 3D Slicer's segmentation keys: open .seg.nrrd as a segmentation),
               .seg.dcm: DICOM Segmentation that refers to the source series. Its segments are numbered 1, 2, … in the
               order of the label values (a label map's by the values); its content date stands for «not known»: 1980-01-01
`;

/** Colours of segments without one of their own, by value, red green blue 0…1. */
const colors: readonly (readonly [number, number, number])[] = [[0.86, 0.82, 0.72], [0.9, 0.35, 0.3], [0.35, 0.7, 0.9], [0.5, 0.8, 0.4], [0.95, 0.75, 0.3], [0.7, 0.5, 0.85]];

/** `export`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { labels: text, source: text, form: text, out: text });
    const { labels, out, source, form = "binary" } = values;
    if (!labels || !out) throw usageError("export needs --labels and --out; see --help");
    const format = /\.(nii\.gz|nrrd|seg\.dcm)$/i.exec(out)?.[1].toLowerCase();
    if (!format) throw usageError("--out must end in .nii.gz, .nrrd or .seg.dcm");
    if ((source !== undefined) !== (format === "seg.dcm")) throw usageError("--source and .seg.dcm belong together");
    if (form !== "binary" && form !== "labelmap") throw usageError(`--form is binary or labelmap, not «${form}»`);
    if (values.form !== undefined && format !== "seg.dcm") throw usageError("--form belongs to .seg.dcm");
    await checkOutput(out);
    progress("reading");
    const bytes = await readInput(labels, "--labels"), { grid, hu } = readLabels(bytes, labels), counts = new Map<number, number>();
    for (const value of hu) if (value !== 0) counts.set(value, (counts.get(value) ?? 0) + 1);
    const found = [...counts].sort(([a], [b]) => a - b), isByte = found.every(([value]) => value > 0 && value < 256);
    const inputs: Record<string, string> = { [labels]: sha256(bytes) }, sourceBytes = source === undefined ? null : await readInput(source, "--source");
    if (source !== undefined && sourceBytes) inputs[source] = sha256(sourceBytes);
    const readAt = performance.now();
    progress("writing");
    const voxels = isByte ? Uint8Array.from(hu) : hu;
    let file, numbers: Record<string, unknown> = {};
    if (sourceBytes) {
      const { segmentationFile } = await import("../../server/platform/dicom/segmentation.ts");
      const made = segmentationFile(grid, hu, { source: sourceBytes, hashes: Object.values(inputs), form, at: null });
      file = made.bytes;
      numbers = { form, dicomSegments: made.segments.map(({ number, value }) => ({ number, value })) };
    } else if (format === "nii.gz") file = packedNifti({ grid, data: voxels });
    else {
      const segments: NrrdSegment[] = found.map(([value]) => ({ value, name: `Segment ${value}`, color: colors[(value - 1 + colors.length * 6000) % colors.length] }));
      file = encodeNrrd(grid, voxels, segments);
    }
    const outputs = await writeOutputs({ [out]: file });
    const done = performance.now();
    return doneLine("export", "export@1", begin, inputs, outputs, {
      grid, segments: found.map(([value, count]) => ({ value, voxels: count })), ...numbers, timings: { readMs: Math.round(readAt - begin), writeMs: Math.round(done - readAt) },
    });
  });
}
