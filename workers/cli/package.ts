import { readFileSync } from "node:fs";
import { encodeLabelmap, fromDense } from "../../core/mask/labelmap.ts";
import { ImplantRefused } from "../../core/implant/refusal.ts";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { packagePaths, sealedPackage } from "../package/contents.ts";
import { addCovered, type DefacedVolume, defacedVolume, implantRoundMm } from "../package/defacedVolume.ts";
import { makeArtifacts, planBytes } from "../package/recipe.ts";
import { doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, readScan, sha256, usageError, type CommandEnd } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { checkVolume, labelBytes, parsePlan } from "./implant.ts";
import { flag, parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- package --plan PLAN.json --labels L --volume V [--source S] [--report R] [--deface | --without-volume] --out FILE.zip
npm run --silent job -- package --case ID --version N [--deface | --without-volume] --out FILE.zip
  --plan PLAN.json   the plan; lengths in mm, angles in degrees
  --labels L         labelmap (.nii, .nii.gz)
  --volume V         the CT (.nii.gz), on the labelmap's grid
  --source S         source.json of the import
  --report R         report.json of the import: where a scan ends that is tilted, or of a circle
  --deface           pack the CT with its face covered (a head CT shows a face): bone and ${implantRoundMm} mm round the implant stay
                     voxel for voxel; slices of the CT stay out, and so does what segments have under the
                     cover: the labelmap lacks it, their surfaces and the DICOM SEG are left out (named in the
                     answer). What bone, ears and other masks tell of a person is still there
  --without-volume   leave the CT out; its hash stays in the manifest
  --case, --version  a frozen version of a case (its id or code), with its signatures and audit events
                     (the database of DATABASE_URL, else the one that «npm start» runs; CASEROOM_MODE=real for a real workspace)
  --out FILE.zip     the package; the same inputs give the same bytes. «verify» checks it
`;

/** Version of the packing itself. */
export const packageNode = "package@1";
const { version: appVersion } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };

/** `package`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { plan: text, labels: text, volume: text, source: text, report: text, "without-volume": flag, deface: flag, case: text, version: text, out: text });
    const { out } = values;
    if (!out || !/\.zip$/i.test(out)) throw usageError("--out FILE.zip is needed; see --help");
    if (values.deface && values["without-volume"]) throw usageError("--deface and --without-volume exclude each other");
    await checkOutput(out);
    const kept: PackageVolume = values.deface ? "defaced" : values["without-volume"] ? "none" : "whole";
    if (values.case !== undefined || values.version !== undefined) {
      if (!values.case || !/^[1-9]\d{0,6}$/.test(values.version ?? "") || values.plan || values.labels || values.volume || values.source || values.report) throw usageError("--case ID and --version N belong together, without --plan, --labels, --volume, --source or --report");
      const { packageOfVersion } = await import("../package/fromRecord.ts");
      const made = await packageOfVersion(values.case, Number(values.version), kept, progress);
      return doneLine("package", packageNode, begin, {}, await writeOutputs({ [out]: made.bytes }), { manifestHash: made.manifestHash, files: made.files });
    }
    const { plan: planPath, labels: labelsPath, volume: volumePath, source } = values;
    if (!planPath || !labelsPath || !volumePath) throw usageError("package needs --plan, --labels, --volume and --out; see --help");
    progress("reading");
    const planFile = await readInput(planPath, "--plan"), packed = await readInput(labelsPath, "--labels");
    const inputs: Record<string, string> = { [planPath]: sha256(planFile), [labelsPath]: sha256(packed) };
    const plan = parsePlan(planFile, planPath), { grid, hu } = readLabels(packed, labelsPath);
    await checkVolume(volumePath, grid, inputs);
    const volume = await readInput(volumePath, "--volume"), sourceFile = source === undefined ? null : await readInput(source, "--source");
    if (source !== undefined && sourceFile) inputs[source] = sha256(sourceFile);
    const scan = await readScan(values.report, inputs);
    const isPlain = (bytes: Uint8Array) => bytes[0] !== 0x1f || bytes[1] !== 0x8b;
    if (isPlain(volume) || isPlain(packed)) throw inputRefused("not-gzip", "A package holds .nii.gz files: give the volume and the labelmap as .nii.gz.", { files: [volumePath, labelsPath] });
    let recipe, covered: DefacedVolume | undefined;
    const volumeHash = sha256(volume), voxels = labelBytes(hu, labelsPath), ct = readNifti(volume, volumePath).hu as Int16Array<ArrayBuffer>;
    const cover = (implant: Uint8Array): readonly number[] => {
      progress("face");
      covered = defacedVolume({ grid, hu: ct, labels: voxels, plan, volumeHash, labelmap: sha256(encodeLabelmap(fromDense(grid, voxels))), implant });
      return covered.statement.labels?.segments ?? [];
    };
    try {
      recipe = await makeArtifacts({ plan, grid, labels: voxels, hu: ct, scan, ...kept === "defaced" && { underCover: cover }, volumeHash, source: sourceFile, version: null, prescription: null, acknowledgements: [], logs: [], told: { signatures: [], judgements: [] }, appVersion }, progress);
    } catch (error) {
      if (error instanceof ImplantRefused) throw inputRefused(error.code, error.message, { file: labelsPath, ...error.details });
      throw error;
    }
    const { files, manifest, manifestHash } = recipe;
    files.set(packagePaths.plan, planBytes(plan));
    if (kept === "whole") files.set(packagePaths.volume, volume);
    if (covered) addCovered(files, covered);
    if (!covered?.labelsFile) files.set(packagePaths.labels, packed);
    const defaced = covered?.statement;
    if (sourceFile) files.set(packagePaths.source, sourceFile);
    progress("packing");
    const bytes = sealedPackage(files, manifestHash, null, defaced);
    return doneLine("package", packageNode, begin, inputs, await writeOutputs({ [out]: bytes }), {
      manifestHash, files: [...files.keys()].sort(), reports: manifest.reports.map(({ check, verdict }) => ({ check, verdict })), leftOut: manifest.leftOut, volume: kept, ...defaced && { defaced }, nodes: [...new Set(manifest.artifacts.map(({ node }) => node))].sort(),
    });
  });
}
