import { encodeLabelmap, fromDense } from "../../core/mask/labelmap.ts";
import { CanonicalJsonError, readCanonical } from "../../core/review/canonicalJson.ts";
import { stateAfter } from "../../core/review/lifecycle.ts";
import { decodeManifest, type Manifest, ManifestError } from "../../core/review/manifest.ts";
import type { Grid } from "../../core/space/grid.ts";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { type ContentsStatement, contentsStatement } from "../../core/review/statements.ts";
import { readLabels, sha256 } from "../cli/command.ts";
import { labelBytes } from "../cli/implant.ts";
import { firstForeignByte } from "./archive.ts";
import { packagePaths as paths } from "./contents.ts";
import { showsFace } from "./recipe.ts";
import { auditFile, auditFindings, type Finding, isCountersigned, isSameKey, sealFile, signatureFindings, signaturesFile } from "./signatures.ts";

/** What a package turned out to be. `isPinned`: everything in it is sealed by the key that was given; `isSigned`: it holds every signature that makes a version signed, and nobody rejected it. */
export interface Verified { findings: Finding[]; manifest: Manifest | null; manifestHash: string | null; signatures: { name: string; role: string; meaning: string; at: string; method: string }[]; auditEvents: number; isPinned: boolean; isSigned: boolean; volume: PackageVolume; defaced: ContentsStatement["defaced"] | null }

/** Reads one of the package's own JSON files. */
function parsed<T>(files: ReadonlyMap<string, Uint8Array>, path: string, schema: { parse(value: unknown): T }, findings: Finding[]): T | null {
  const bytes = files.get(path);
  if (!bytes) return null;
  try {
    return schema.parse(readCanonical(bytes));
  } catch (error) {
    findings.push({ code: "unreadable", where: path, message: error instanceof CanonicalJsonError ? `${error.message}.` : "The file does not have the shape that it must have." });
    return null;
  }
}

function contentsFindings(files: ReadonlyMap<string, Uint8Array>, listed: { path: string; bytes: number; sha256: string }[]): Finding[] {
  const found: Finding[] = [], names = new Set(listed.map(({ path }) => path));
  for (const { path, sha256: hash } of listed) {
    const bytes = files.get(path);
    if (!bytes) found.push({ code: "file-missing", where: path, message: "The package lists this file and does not hold it." });
    else if (sha256(bytes) !== hash) found.push({ code: "file-altered", where: path, message: "The file has another hash than the package lists." });
  }
  for (const path of files.keys()) if (!names.has(path) && path !== paths.contents && path !== paths.seal) found.push({ code: "file-not-listed", where: path, message: "The package holds a file that it does not list." });
  return found;
}

/** Whether a file's grid is the manifest's, as far as 32-bit floats tell. */
const isSameGrid = (file: Grid, exact: Grid): boolean => [0, 1, 2].every((i) => {
  const near = (one: number, other: number) => Math.abs(one - other) <= 1e-4 + 1e-6 * Math.abs(other);
  return file.dims[i] === exact.dims[i] && Math.abs(file.spacing[i] - exact.spacing[i]) <= 1e-6 * exact.spacing[i] && near(file.origin[i], exact.origin[i]);
});

/** The inputs and artifacts against the manifest that people signed. */
function manifestFindings(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest, cleared: NonNullable<ContentsStatement["defaced"]>["labels"]): Finding[] {
  const found: Finding[] = [];
  const differs = (where: string, message: string) => found.push({ code: "manifest-mismatch", where, message });
  for (const [path, hash] of [[paths.volume, manifest.volume], [paths.plan, manifest.plan], [paths.source, manifest.source], [paths.scan, manifest.scan ?? null]] as const) {
    const bytes = files.get(path);
    if (bytes && sha256(bytes) !== hash) differs(path, "The file is not the one of the manifest.");
    if (!bytes && hash !== null && path !== paths.volume) differs(path, `The manifest names ${path === paths.plan ? "a plan" : path === paths.scan ? "the place of the scan" : "a source series"}, and it is not here.`);
  }
  const path = cleared ? paths.defacedLabels : paths.labels, labels = files.get(path);
  if (!labels) differs(path, "The labelmap is not here.");
  else {
    try {
      const { grid, hu } = readLabels(labels, path);
      if (!isSameGrid(grid, manifest.grid)) differs(path, "The labelmap lies elsewhere, or has another spacing or size, than the manifest says.");
      else if (cleared) labelBytes(hu, path);
      else if (sha256(encodeLabelmap(fromDense(manifest.grid, labelBytes(hu, path)))) !== manifest.labelmap) differs(paths.labels, "The labelmap is another one than the manifest's.");
    } catch (error) {
      differs(path, error instanceof Error ? error.message : "The labelmap cannot be read.");
    }
  }
  for (const { name, sha256: hash } of manifest.artifacts) {
    const bytes = files.get(name);
    if (bytes ? sha256(bytes) !== hash : manifest.version === null) differs(name, bytes ? "The artifact is another one than the manifest's." : "The manifest names this artifact, and it is not here.");
  }
  for (const { check, sha256: hash } of manifest.reports) {
    const bytes = files.get(`checks/${check}.json`);
    if (!bytes || sha256(bytes) !== hash) differs(`checks/${check}.json`, bytes ? "The report is another one than the manifest's." : "The manifest names this report, and it is not here.");
  }
  return found;
}

/** The CT with its face covered: said by the list of contents, of the manifest's volume, and without what shows the face. */
function defacedFindings(files: ReadonlyMap<string, Uint8Array>, { defaced }: ContentsStatement, manifest: Manifest): Finding[] {
  const file = files.get(paths.defaced), found: Finding[] = [], differs = (where: string, message: string) => found.push({ code: "manifest-mismatch", where, message });
  if ((file !== undefined) !== (defaced !== undefined)) differs(paths.defaced, file ? "The CT in the package has its face covered, and the list of contents does not say so." : "The list of contents names a CT with its face covered, and it is not here.");
  if (!defaced || !file) return found;
  if (defaced.path !== paths.defaced || defaced.sha256 !== sha256(file)) differs(paths.defaced, "The CT with its face covered is another one than the list of contents says.");
  if (defaced.of !== manifest.volume) differs(paths.contents, "The CT with its face covered was made of another volume than the manifest's.");
  const { labels } = defaced, labelsFile = files.get(paths.defacedLabels);
  if ((labels !== undefined) !== (labelsFile !== undefined) || (labels && labelsFile && (labels.path !== paths.defacedLabels || labels.sha256 !== sha256(labelsFile)))) differs(paths.defacedLabels, "The labelmap without what lies under the cover is not the one that the list of contents names.");
  if (labels && labels.of !== manifest.labelmap) differs(paths.contents, "The labelmap without what lies under the cover was made of another one than the manifest's.");
  for (const path of files.keys()) if (path === paths.volume || showsFace(path, labels?.segments ?? [])) differs(path, "The package says that it shows no face, and this file does.");
  return found;
}

/**
 * Checks everything that a package says of itself, offline: hashes, manifest, signatures, audit chain, seal, and that no
 * byte of the archive is outside of what they cover.
 * @param trusted the workspace's public key (PEM) from elsewhere; null: the best there is, is «consistent»
 */
export async function verifyPackage(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>, trusted: string | null): Promise<Verified> {
  const findings: Finding[] = [];
  const result: Verified = { findings, manifest: null, manifestHash: null, signatures: [], auditEvents: 0, isPinned: false, isSigned: false, volume: files.has(paths.volume) ? "whole" : files.has(paths.defaced) ? "defaced" : "none", defaced: null };
  const contents = parsed(files, paths.contents, contentsStatement, findings), manifestFile = files.get(paths.manifest);
  if (!contents && !files.has(paths.contents)) findings.push({ code: "file-missing", where: paths.contents, message: "A package lists its contents; this one does not." });
  if (contents) findings.push(...contentsFindings(files, contents.files));
  if (!manifestFile) findings.push({ code: "file-missing", where: paths.manifest, message: "The manifest is not here." });
  else {
    try {
      result.manifest = decodeManifest(manifestFile);
      result.manifestHash = sha256(manifestFile);
    } catch (error) {
      if (!(error instanceof ManifestError || error instanceof CanonicalJsonError)) throw error;
      findings.push({ code: "unreadable", where: paths.manifest, message: `${error.message}.` });
    }
  }
  const { manifest, manifestHash } = result;
  if (manifest && manifestHash !== null) {
    if (contents && contents.manifestHash !== manifestHash) findings.push({ code: "manifest-mismatch", where: paths.contents, message: "The list of contents is for another manifest." });
    findings.push(...manifestFindings(files, manifest, contents?.defaced?.labels), ...contents ? defacedFindings(files, contents, manifest) : []);
    result.defaced = contents?.defaced ?? null;
  }
  const seal = parsed(files, paths.seal, sealFile, findings), signed = parsed(files, paths.signatures, signaturesFile, findings), audit = parsed(files, paths.audit, auditFile, findings);
  if (seal && contents && !isCountersigned(seal.publicKey, contents, seal.countersignature)) findings.push({ code: "seal-broken", where: paths.seal, message: "The workspace's key did not sign this list of contents." });
  if (seal && signed && !isSameKey(seal.publicKey, signed.publicKey)) findings.push({ code: "two-keys", where: paths.signatures, message: "The signatures and the seal name different workspace keys." });
  if (manifest?.version && (!seal || !signed || !audit)) findings.push({ code: "testimony-missing", where: !seal ? paths.seal : !signed ? paths.signatures : paths.audit, message: "The package of a version has a seal, signatures and audit events; one of them is not here." });
  if (!manifest?.version && (seal || signed || audit)) findings.push({ code: "testimony-foreign", where: paths.manifest, message: "There are signatures, and the manifest is of no version." });
  if (signed && manifestHash !== null) {
    const of = manifest?.version ? { caseId: manifest.version.caseId, number: manifest.version.number } : null;
    findings.push(...await signatureFindings(signed, manifestHash, of));
    result.signatures = signed.signatures.map(({ statement: { name, role, meaning, at, proof } }) => ({ name, role, meaning, at, method: proof.method }));
    const statements = signed.signatures.map(({ statement }) => statement);
    result.isSigned = statements.every(({ meaning }) => meaning !== "rejected") && stateAfter("inReview", "sign", statements, manifestHash) === "signed";
    if (audit) findings.push(...auditFindings(audit, signed.publicKey, of?.caseId ?? "", statements));
  }
  result.auditEvents = audit?.events.length ?? 0;
  if (trusted !== null) {
    if (!seal) findings.push({ code: "not-sealed", where: paths.seal, message: "No workspace vouches for this package, so no key can be trusted for it." });
    else if (!isSameKey(trusted, seal.publicKey)) findings.push({ code: "another-key", where: paths.seal, message: "The package is sealed by another key than the trusted one: it was made, or forged, elsewhere." });
  }
  if (findings.length === 0) {
    const foreign = firstForeignByte(bytes, files);
    if (foreign !== null) findings.push({ code: "archive-altered", where: `offset ${foreign}`, message: "All files are as listed, and the archive round them is not as it was written." });
  }
  result.isPinned = trusted !== null && findings.length === 0;
  return result;
}
