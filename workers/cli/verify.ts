import { createPublicKey } from "node:crypto";
import { scanPlace } from "../../core/checks/scanPlace.ts";
import { readPlan } from "../../core/implant/plan.ts";
import { canonicalBytes, canonicalText, readCanonical } from "../../core/review/canonicalJson.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import { ArchiveRefused, readArchive } from "../package/archive.ts";
import { packagePaths as paths } from "../package/contents.ts";
import { makeArtifacts } from "../package/recipe.ts";
import { auditFile, type Finding, signaturesFile } from "../package/signatures.ts";
import { testimonyOf } from "../package/testimony.ts";
import { defacedVolume } from "../package/defacedVolume.ts";
import { type Verified, verifyPackage } from "../package/verifyPackage.ts";
import { doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, sha256, usageError, type CommandEnd } from "./command.ts";
import { labelBytes } from "./implant.ts";
import { flag, parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- verify --package FILE.zip [--trust KEY.pub] [--rebuild [--volume V]]
  --package FILE.zip  what «package» wrote
  --trust KEY.pub     the workspace's public key (PEM), got from the workspace itself, not with the package.
                      Without it the best answer is «consistent, key not pinned»
  --rebuild           compute every artifact again from the inputs and compare the bytes. A surface that follows the
                      CT is taken as it is where only the CT with its face covered is at hand
  --volume V          the CT, where the package was made without it, or with its face covered: then that is made again too
`;
export const verifyNode = "verify@1";

/** Computes everything again from what is in the package. @throws CommandRefused where the volume is absent */
async function rebuilt(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest, defaced: Verified["defaced"], volumePath: string | undefined): Promise<{ findings: Finding[]; compared: number }> {
  const volume = files.get(paths.volume) ?? (volumePath === undefined ? undefined : await readInput(volumePath, "--volume"));
  const covered = files.get(paths.defaced), seen = volume ?? covered;
  if (!seen) throw inputRefused("not-rebuildable", "not rebuildable: volume absent. Give the CT with --volume; its SHA-256 is in the details.", { volume: manifest.volume });
  if (volume && sha256(volume) !== manifest.volume) throw inputRefused("not-rebuildable", "not rebuildable: this is another volume than the package's. Its SHA-256 is in the details.", { volume: manifest.volume, given: sha256(volume) });
  const labelsPath = defaced?.labels ? paths.defacedLabels : paths.labels, labelsFile = files.get(labelsPath), planFile = files.get(paths.plan);
  const read = planFile ? readPlan(readCanonical(planFile)) : { faults: [] };
  if (!labelsFile || !("plan" in read)) throw inputRefused("not-rebuildable", "not rebuildable: the package's plan or labelmap cannot be read by this version of Caseroom.");
  const source = manifest.source === null ? null : files.get(paths.source);
  if (source === undefined) throw inputRefused("not-rebuildable", "not rebuildable: the package names a source series and does not hold its source.json.");
  const scanFile = manifest.scan === undefined ? null : files.get(paths.scan), scan = scanFile ? scanPlace.safeParse(readCanonical(scanFile)) : null;
  if (scanFile === undefined || scan?.success === false) throw inputRefused("not-rebuildable", "not rebuildable: the package's scan.json (where the scan lies) is absent, or cannot be read by this version of Caseroom.");
  const { hu } = readLabels(labelsFile, labelsPath), { grid } = manifest, ct = readNifti(seen, volume ? paths.volume : paths.defaced), labels = labelBytes(hu, labelsPath), underCover = defaced?.labels?.segments ?? [];
  if (ct.grid.dims.some((n, i) => n !== grid.dims[i])) throw inputRefused("not-rebuildable", "not rebuildable: the volume's grid is not the labelmap's.");
  const told = () => {
    const read = <T>(path: string, schema: { parse(value: unknown): T }): T | null => { const file = files.get(path); return file ? schema.parse(readCanonical(file)) : null; };
    return testimonyOf(manifest, (read(paths.signatures, signaturesFile)?.signatures ?? []).map(({ statement }) => statement), read(paths.audit, auditFile)?.events ?? []);
  };
  const again = await makeArtifacts({
    plan: read.plan, grid, labels, hu: ct.hu, scan: scan && scan.data, ...covered !== undefined && { underCover: () => underCover }, ...defaced?.labels && { wholeLabelmap: defaced.labels.of }, volumeHash: manifest.volume ?? sha256(seen), source, ...!volume && { asPacked: files }, segments: manifest.segments, version: manifest.version,
    prescription: manifest.prescription, acknowledgements: manifest.acknowledgements, logs: manifest.logs, told: told(), appVersion: manifest.app.version,
  }, progress);
  const findings: Finding[] = [];
  for (const [path, bytes] of again.files) {
    const old = files.get(path);
    if (path === paths.manifest && manifest.version !== null) continue; // a version's manifest lists the stored artifacts
    // A version that was frozen before packages held every segment's surface does not name them.
    if (manifest.version !== null && !old && path.startsWith("surfaces/") && !manifest.artifacts.some(({ name }) => name === path)) continue;
    if (!old || sha256(old) !== sha256(bytes)) findings.push({ code: "rebuild-differs", where: path, message: "Computed again, the bytes are others: the file was not made from these inputs, or by another version of Caseroom." });
  }
  const measured = new Map(again.manifest.artifacts.map((one) => [one.name, one]));
  // Files that a package does not hold were left out of it (verifyPackage says which may be); there is nothing to measure.
  for (const one of manifest.artifacts) if (files.has(one.name)) for (const [what, words] of [["thinnestWall", "thinnest wall"], ["soundness", "soundness"], ["deviation", "deviation from the mask"]] as const) {
    if (one[what] !== undefined && canonicalText(one[what]) !== canonicalText(measured.get(one.name)?.[what] ?? null)) findings.push({ code: "rebuild-differs", where: one.name, message: `Measured again, its ${words} is another than the manifest says.` });
  }
  if (volume && defaced) {
    const made = defacedVolume({ grid, hu: ct.hu as Int16Array<ArrayBuffer>, labels, plan: read.plan, volumeHash: sha256(volume), labelmap: manifest.labelmap, implant: again.files.get("implant/implant.stl") });
    const { labels: still, ...statement } = made.statement, told = { ...defaced };
    // The labelmap that is here lacks what lay under the cover: nothing of it may be left, and what it was cannot be told.
    delete told.labels;
    if (still) findings.push({ code: "rebuild-differs", where: labelsPath, message: `Under the cover of the face the labelmap still holds ${still.segments.map((value) => `segment ${value}`).join(", ")}, which shows it.` });
    if (sha256(canonicalBytes(statement)) !== sha256(canonicalBytes(told))) findings.push({ code: "rebuild-differs", where: paths.defaced, message: "Covering the face of the CT once more gives another file: this one was not made of it, or by another version of Caseroom." });
    again.files.set(paths.defaced, made.file);
  }
  return { findings, compared: again.files.size };
}

/** `verify`: see `help`. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { package: text, trust: text, rebuild: flag, volume: text });
    if (!values.package) throw usageError("verify needs --package; see --help");
    if (values.volume !== undefined && !values.rebuild) throw usageError("--volume belongs to --rebuild");
    let trusted: string | null = null;
    if (values.trust !== undefined) {
      trusted = new TextDecoder().decode(await readInput(values.trust, "--trust"));
      try {
        if (createPublicKey(trusted).asymmetricKeyType !== "ed25519") throw new Error("kind");
      } catch {
        throw usageError(`--trust ${values.trust} is not an Ed25519 public key in PEM`);
      }
    }
    progress("reading");
    const bytes = await readInput(values.package, "--package");
    let files;
    try {
      files = readArchive(bytes);
    } catch (error) {
      if (error instanceof ArchiveRefused) throw inputRefused(error.code, `${values.package}: ${error.message}`, { file: values.package });
      throw error;
    }
    progress("checking");
    const verified = await verifyPackage(bytes, files, trusted);
    let compared: number | undefined;
    if (values.rebuild && verified.manifest && verified.findings.length === 0) {
      const again = await rebuilt(files, verified.manifest, verified.defaced, values.volume);
      verified.findings.push(...again.findings);
      compared = again.compared;
    }
    const { findings, manifestHash, signatures, auditEvents, isPinned, isSigned, volume, defaced } = verified;
    if (findings.length > 0) {
      const [first] = findings;
      throw inputRefused("not-valid", `${values.package} is not as it was made: ${first.where}: ${first.message}${findings.length > 1 ? ` And ${findings.length - 1} more.` : ""} Get the package again from the workspace.`, { file: values.package, findings });
    }
    return doneLine("verify", verifyNode, begin, { [values.package]: sha256(bytes) }, {}, {
      verdict: isPinned ? "valid" : "consistent, key not pinned", signed: isSigned, manifestHash, volume, ...defaced && { defaced }, files: files.size, signatures, auditEvents, ...(compared === undefined ? {} : { rebuilt: compared }),
    });
  });
}
