import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { decodeManifest } from "../../core/review/manifest.ts";
import type { ChainedEvent } from "../../core/review/audit.ts";
import type { AuditHeadStatement, ContentsStatement, Countersigned, EnrolmentStatement, SignatureStatement } from "../../core/review/statements.ts";
import { sha256 } from "../cli/command.ts";
import { writeArchive } from "./archive.ts";
import { packageIndex } from "./packageIndex.ts";

/** What the record knows beside the files: who signed, with which passkeys, and the case's audit chain. */
export interface Testimony {
  /** The workspace's public key, SPKI PEM. */
  publicKey: string;
  signatures: Countersigned<SignatureStatement>[];
  enrolments: Countersigned<EnrolmentStatement>[];
  auditHead: Countersigned<AuditHeadStatement>;
  auditEvents: ChainedEvent[];
  /** Signs the list of contents with the workspace's key, base64url. */
  seal: (contents: ContentsStatement) => string;
}

/** Paths that `verify` reads by name. */
export const packagePaths = { index: "index.html", manifest: "manifest.json", report: "report.pdf", contents: "contents.json", seal: "seal.json", signatures: "signatures.json", audit: "audit.json", volume: "inputs/volume.nii.gz", defaced: "inputs/volume.defaced.nii.gz", labels: "inputs/labels.nii.gz", defacedLabels: "inputs/labels.defaced.nii.gz", plan: "inputs/plan.json", source: "inputs/source.json", scan: "inputs/scan.json" } as const;

/** Adds the testimony, the list of contents and its seal, and packs it all. */
export const sealedPackage = (files: ReadonlyMap<string, Uint8Array>, manifestHash: string, testimony: Testimony | null, defaced?: ContentsStatement["defaced"]): Uint8Array => writeArchive(sealedFiles(files, manifestHash, testimony, defaced));

/** Everything that `sealedPackage` packs, by path. */
export function sealedFiles(files: ReadonlyMap<string, Uint8Array>, manifestHash: string, testimony: Testimony | null, defaced?: ContentsStatement["defaced"]): Map<string, Uint8Array> {
  const all = new Map(files);
  if (testimony) {
    const { publicKey, signatures, enrolments, auditHead, auditEvents } = testimony;
    all.set(packagePaths.signatures, canonicalBytes({ publicKey, signatures, enrolments }));
    all.set(packagePaths.audit, canonicalBytes({ head: auditHead, events: auditEvents }));
  }
  const manifestFile = all.get(packagePaths.manifest);
  all.set(packagePaths.index, packageIndex(all, manifestFile ? decodeManifest(manifestFile) : null, manifestHash, defaced));
  const contents: ContentsStatement = {
    format: "caseroom package 1", manifestHash,
    files: [...all].map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: sha256(bytes) })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...defaced && { defaced },
  };
  all.set(packagePaths.contents, canonicalBytes(contents));
  if (testimony) all.set(packagePaths.seal, canonicalBytes({ publicKey: testimony.publicKey, countersignature: testimony.seal(contents) }));
  return all;
}
