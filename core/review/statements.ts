import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import { canonicalBytes } from "./canonicalJson.ts";
import { meanings } from "./lifecycle.ts";
import { roles } from "./permissions.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/).max(8192);
const text = z.string().max(2000);
const at = z.iso.datetime();

/** What a person's passkey gave: the assertion as it came, and the random part of its challenge. */
export const passkeyProof = z.strictObject({
  method: z.literal("passkey"), nonce: base64url, origin: z.string().max(300), rpId: z.string().max(300),
  credentialId: base64url, authenticatorData: base64url, clientDataJson: base64url, signature: base64url,
});
export type PasskeyProof = z.infer<typeof passkeyProof>;

/**
 * Password and one-time code, where a passkey cannot be had: the server compared both. Only its countersignature proves
 * it; `step` is the code's time step (RFC 6238, 30 s), taken once.
 */
export const passwordTotpProof = z.strictObject({ method: z.literal("passwordTotp"), nonce: base64url, step: z.number().int().min(1) });
export type PasswordTotpProof = z.infer<typeof passwordTotpProof>;

/** A signature as the record keeps it and the package shows it (RV1). */
export const signatureStatement = z.strictObject({
  format: z.literal("caseroom signature 1"), caseId: text, versionNumber: z.number().int().min(1), manifestHash: hash,
  meaning: z.enum(meanings), reason: text.nullable(), userId: text, name: text, role: z.enum(roles), at, proof: z.discriminatedUnion("method", [passkeyProof, passwordTotpProof]),
});
export type SignatureStatement = z.infer<typeof signatureStatement>;

/** A passkey became a person's own. `publicKey` is the COSE key. */
export const enrolmentStatement = z.strictObject({ format: z.literal("caseroom enrolment 1"), userId: text, credentialId: base64url, publicKey: base64url, at });
export type EnrolmentStatement = z.infer<typeof enrolmentStatement>;

/** How long a case's audit chain was, and the hash of its last event. */
export const auditHeadStatement = z.strictObject({ format: z.literal("caseroom audit head 1"), caseId: text, count: z.number().int().min(0), hash: z.string().regex(/^(?:[0-9a-f]{64})?$/), at });
export type AuditHeadStatement = z.infer<typeof auditHeadStatement>;

/** Everything in a package by path, beside this list and the seal on it. */
export const contentsStatement = z.strictObject({
  format: z.literal("caseroom package 1"), manifestHash: hash,
  files: z.array(z.strictObject({ path: z.string().max(300), bytes: z.number().int().min(0), sha256: hash })),
  /** Where the CT is packed with its face covered: by what, of which volume, how much (mL), and how far the skin was moved (mm). */
  defaced: z.strictObject({
    path: text, node: text, of: hash, sha256: hash, regionMl: z.number().min(0), leastShiftMm: z.number(), medianShiftMm: z.number(), cutShare: z.number().min(0).max(1),
    /** Where segments (label values, ascending) reach under the cover: the labelmap without what they have there, and of which labelmap (the manifest's hash). Their surfaces and the DICOM SEG are not in the package. */
    labels: z.strictObject({ path: text, of: hash, sha256: hash, segments: z.array(z.number().int().min(1).max(255)).min(1).max(255) }).optional(),
  }).optional(),
});
export type ContentsStatement = z.infer<typeof contentsStatement>;

export type Statement = SignatureStatement | EnrolmentStatement | AuditHeadStatement | ContentsStatement;

/** A statement with the workspace's Ed25519 signature over its canonical bytes. */
export interface Countersigned<T extends Statement> { statement: T; countersignature: string }

/** What the workspace key signs. Each statement names its format, so that none can be taken for another. */
export const statementBytes = (statement: Statement): Uint8Array => canonicalBytes(statement);

/** How long a challenge is good for. */
export const challengeLifetimeMs = 120_000;

/**
 * The 32 bytes that an authenticator signs: SHA-256 over the canonical JSON of nonce, manifest hash, signer, meaning and
 * the server's time (F9). Any other record, person, meaning or moment has another challenge.
 */
export const challengeOf = (nonce: string, manifestHash: string, userId: string, meaning: string, time: string): Uint8Array =>
  sha256(canonicalBytes([nonce, manifestHash, userId, meaning, time]));

/** The sentence that a person signs, as shown on screen, in the export and on paper (F8). */
export const meaningSentence: Readonly<Record<(typeof meanings)[number], string>> = {
  designed: "I designed this implant and answer for its design.",
  reviewed: "I reviewed this version; it is not my own design.",
  approved: "I approve this version for manufacture for this patient.",
  rejected: "I reject this version.",
};
