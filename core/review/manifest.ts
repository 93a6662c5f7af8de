import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { z } from "zod";
import { canonicalBytes, readCanonical } from "./canonicalJson.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "a hash is 64 hex digits");
const text = z.string().min(1).max(200);
const hashes = z.record(z.string(), hash);
const edge = z.number().int().min(1).max(4096), millimetres = z.number().min(-100_000).max(100_000);
const verdict = z.enum(["pass", "fail", "needsJudgement"]);

/** What the prescriber asks for. A version without it can be frozen, and not signed. */
export const prescription = z.strictObject({
  indication: z.string().trim().min(1, "say why the implant is needed").max(400),
  side: z.enum(["left", "right", "both", "midline"]),
  region: z.string().trim().min(1).max(80),
  kind: z.string().trim().min(1).max(80),
  material: z.string().trim().min(1).max(80),
});
export type Prescription = z.infer<typeof prescription>;

const count = z.number().int().min(0);
/** Least of the rays straight in (core/implant/thickness): mm, where (RAS mm), rays that met a wall, triangles looked under, of how many. */
const wall = z.strictObject({ mm: z.number().min(0), at: z.tuple([millimetres, millimetres, millimetres]), rays: count, looked: count, triangles: count });
/** Faults of a surface's file as read back (core/surface/fileSoundness); all 0 for a sound one. */
const soundness = z.strictObject({ openEdges: count, nonManifoldEdges: count, nonManifoldVertices: count, selfIntersections: count, degenerateTriangles: count, invertedShells: count });
/** How far a segment's surface lies from the faces of its voxels (core/surface/deviation), mm. */
const deviation = z.strictObject({ meanMm: z.number().min(0), p95Mm: z.number().min(0), maxMm: z.number().min(0) });
/**
 * A stored result: the node that made it with its version, of which hashes, and the SHA-256 of its content. Of surfaces and
 * parts also the thinnest wall; null where none was met, or the surface is too large to look. Of segments' surfaces also
 * soundness and deviation. Manifests of before have none.
 */
const artifact = z.strictObject({ name: text, node: text, inputs: hashes, sha256: hash, thinnestWall: wall.nullable().optional(), soundness: soundness.optional(), deviation: deviation.optional() });
/** A check's result; `inputs` are the hashes that it is for, with `artifact` the key of the same result in the build graph. */
const report = z.strictObject({ check: text, node: text, inputs: hashes, sha256: hash, verdict });
/** What a person wrote beside a finding or a verdict that does not simply pass. */
const acknowledgement = z.strictObject({ of: text, reason: z.string().min(1).max(2000), by: text, at: text });

/** The canonical list of what a version consists of. Its SHA-256 is what people sign (RV1). */
export const manifestSchema = z.strictObject({
  format: z.literal("caseroom manifest 1"),
  app: z.strictObject({ name: z.literal("Caseroom"), version: text }),
  /** null for a package of plain files. */
  version: z.strictObject({ caseId: text, caseCode: text, number: z.number().int().min(1), frozenAt: text, frozenBy: text }).nullable(),
  /** The prefix of each log that the version is: number of its last entry and that entry's chained checksum. */
  logs: z.array(z.strictObject({ document: text, seq: z.number().int().min(0), checksum: z.string() })),
  /** SHA-256 of the volume's file; of the labelmap as encodeLabelmap writes it (core/mask/labelmap: grid and every voxel); of the plan's canonical JSON. */
  /** The labelmap's grid in full precision (a NIfTI file holds 32-bit floats): voxels, mm between centres, RAS mm of the first. */
  grid: z.strictObject({ dims: z.tuple([edge, edge, edge]), spacing: z.tuple([millimetres.positive(), millimetres.positive(), millimetres.positive()]), origin: z.tuple([millimetres, millimetres, millimetres]) }),
  /** What the label values were called and shown as; left out in manifests of plain files. `iso`: the HU that the segment's surface follows (SF4), where it follows one. */
  segments: z.array(z.strictObject({ value: z.number().int().min(1).max(32_767), name: text, color: z.string().regex(/^#[0-9a-f]{6}$/i), iso: z.number().int().min(-32_768).max(32_767).optional() })).optional(),
  volume: hash.nullable(), labelmap: hash, plan: hash.nullable(), source: hash.nullable(),
  /** Where the scan lies (core/checks/scanPlace, canonical JSON), where it does not end at the volume's faces. */
  scan: hash.optional(),
  prescription: prescription.nullable(),
  artifacts: z.array(artifact), reports: z.array(report), acknowledgements: z.array(acknowledgement),
  /** What the package could hold and does not, and why. */
  leftOut: z.array(z.strictObject({ what: text, why: text })),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestReport = z.infer<typeof report>;

/** A manifest that cannot be read; the message names the place. */
export class ManifestError extends Error {
  override name = "ManifestError";
}

const inOrder = <T>(items: readonly T[], keyOf: (item: T) => string): T[] => [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));

/** The same manifest with its lists in the order of their names: what was found first must not change the hash. */
export function orderedManifest(manifest: Manifest): Manifest {
  return {
    ...manifest, logs: inOrder(manifest.logs, (log) => log.document), artifacts: inOrder(manifest.artifacts, (a) => `${a.name}\n${a.sha256}`),
    reports: inOrder(manifest.reports, (r) => `${r.check}\n${r.sha256}`), acknowledgements: inOrder(manifest.acknowledgements, (a) => `${a.of}\n${a.at}\n${a.by}\n${a.reason}`),
    leftOut: inOrder(manifest.leftOut, (part) => part.what),
    ...manifest.segments && { segments: [...manifest.segments].sort((a, b) => a.value - b.value) },
  };
}

/** Canonical bytes: equal manifests, equal bytes. @throws ManifestError for what is no manifest */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const read = manifestSchema.safeParse(manifest);
  if (!read.success) throw new ManifestError(`manifest: ${read.error.issues[0].path.join(".")}: ${read.error.issues[0].message}`);
  return canonicalBytes(orderedManifest(read.data));
}

/** Reads what `encodeManifest` wrote and nothing else. @throws ManifestError, CanonicalJsonError */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const read = manifestSchema.safeParse(readCanonical(bytes));
  if (!read.success) throw new ManifestError(`manifest: ${read.error.issues[0].path.join(".")}: ${read.error.issues[0].message}`);
  const again = encodeManifest(read.data);
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) throw new ManifestError("manifest: its lists are not in order");
  return read.data;
}

/** The hash that names a version and that people sign: SHA-256 of the canonical bytes, 64 hex digits. */
export const hashOfManifest = (manifest: Manifest): string => bytesToHex(sha256(encodeManifest(manifest)));
