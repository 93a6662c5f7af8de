import { createPublicKey, verify as verifyEd25519 } from "node:crypto";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { z } from "zod";
import { type ChainedEvent, chainFault } from "../../core/review/audit.ts";
import { auditHeadStatement, challengeOf, enrolmentStatement, signatureStatement, statementBytes, type EnrolmentStatement, type SignatureStatement, type Statement } from "../../core/review/statements.ts";

/** Something in a package that is not as it was made: a code, where, and what it means. */
export interface Finding { code: string; where: string; message: string }

const countersigned = <T extends z.ZodType>(statement: T) => z.strictObject({ statement, countersignature: z.string().max(200) });
export const signaturesFile = z.strictObject({ publicKey: z.string().max(2000), signatures: z.array(countersigned(signatureStatement)), enrolments: z.array(countersigned(enrolmentStatement)) });
const hash = z.string().regex(/^(?:[0-9a-f]{64})?$/);
const event = z.strictObject({ seq: z.number().int(), at: z.string(), actorId: z.string().nullable(), caseId: z.string(), action: z.string(), object: z.json(), previousHash: hash, hash });
export const auditFile = z.strictObject({ head: countersigned(auditHeadStatement), events: z.array(event) });
export const sealFile = z.strictObject({ publicKey: z.string().max(2000), countersignature: z.string().max(200) });

/** Whether a workspace's key signed a statement. */
export function isCountersigned(publicKeyPem: string, statement: Statement, countersignature: string): boolean {
  try {
    const key = createPublicKey(publicKeyPem);
    return key.asymmetricKeyType === "ed25519" && verifyEd25519(null, statementBytes(statement), key, Buffer.from(countersignature, "base64url"));
  } catch {
    return false;
  }
}

/** The same public key, however its PEM is broken into lines. */
export function isSameKey(one: string, other: string): boolean {
  try {
    const der = (pem: string) => createPublicKey(pem).export({ type: "spki", format: "der" });
    return der(one).equals(der(other));
  } catch {
    return false;
  }
}

/** Whether the passkey of an enrolment made the assertion of a signature, over exactly this statement. */
export async function isAsserted(statement: SignatureStatement, { publicKey, credentialId }: EnrolmentStatement): Promise<boolean> {
  const { proof, manifestHash, userId, meaning, at } = statement;
  if (proof.method !== "passkey") return false;
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id: proof.credentialId, rawId: proof.credentialId, type: "public-key", clientExtensionResults: {},
        response: { authenticatorData: proof.authenticatorData, clientDataJSON: proof.clientDataJson, signature: proof.signature },
      },
      expectedChallenge: Buffer.from(challengeOf(proof.nonce, manifestHash, userId, meaning, at)).toString("base64url"),
      expectedOrigin: proof.origin, expectedRPID: proof.rpId, requireUserVerification: true,
      // The counter of the moment is not known any more; the server compared it when the signature was made.
      credential: { id: credentialId, publicKey: new Uint8Array(Buffer.from(publicKey, "base64url")), counter: 0 },
    });
    return verified;
  } catch {
    return false;
  }
}

/** Every signature against its passkey's enrolment, the workspace's key and the manifest. */
export async function signatureFindings(file: z.infer<typeof signaturesFile>, manifestHash: string, of: { caseId: string; number: number } | null): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { statement, countersignature } of file.enrolments) {
    if (!isCountersigned(file.publicKey, statement, countersignature)) found.push({ code: "enrolment-not-countersigned", where: `passkey ${statement.credentialId.slice(0, 12)} of ${statement.userId}`, message: "The workspace's key did not sign this enrolment: the passkey was swapped or its record altered." });
  }
  for (const { statement, countersignature } of file.signatures) {
    const where = `signature «${statement.meaning}» of ${statement.name}`;
    if (!isCountersigned(file.publicKey, statement, countersignature)) found.push({ code: "signature-not-countersigned", where, message: "The workspace's key did not sign this row: it was altered or comes from elsewhere." });
    if (statement.manifestHash !== manifestHash || statement.caseId !== of?.caseId || statement.versionNumber !== of.number) found.push({ code: "signature-of-another-version", where, message: "The signature is for another manifest, case or version." });
    // Password and one-time code were compared by the server: the countersignature above is all the proof there is.
    const { proof } = statement;
    if (proof.method !== "passkey") continue;
    const enrolment = file.enrolments.find((one) => one.statement.credentialId === proof.credentialId && one.statement.userId === statement.userId);
    if (!enrolment) found.push({ code: "passkey-not-enrolled", where, message: "The passkey of this signature was never enrolled for this person." });
    else if (!(await isAsserted(statement, enrolment.statement))) found.push({ code: "signature-invalid", where, message: "The passkey did not sign this statement: the signature, the passkey or the statement was altered." });
  }
  return found;
}

/** The audit chain against what the workspace vouches for, and against the signatures that are in the package. */
export function auditFindings({ head, events }: z.infer<typeof auditFile>, publicKey: string, caseId: string, signatures: readonly SignatureStatement[]): Finding[] {
  const found: Finding[] = [];
  const { statement, countersignature } = head;
  if (!isCountersigned(publicKey, statement, countersignature)) found.push({ code: "audit-head-not-countersigned", where: "audit head", message: "The workspace's key did not sign the length and end of the audit chain." });
  if (statement.caseId !== caseId) found.push({ code: "audit-of-another-case", where: "audit head", message: "The audit chain is of another case." });
  const fault = chainFault(events as ChainedEvent[], caseId, statement);
  const sentences = { missing: "is missing or stands elsewhere", altered: "was altered", cut: "and what follows was cut off", foreign: "is of another case" };
  if (fault) found.push({ code: `audit-${fault.why}`, where: `audit event ${fault.seq}`, message: `The event ${sentences[fault.why]}.` });
  const told = events.filter(({ action }) => action === "signature.added").length;
  if (told !== 0 && signatures.length < told) {
    const of = events.filter(({ action, object }) => action === "signature.added" && typeof object === "object" && object !== null && !Array.isArray(object) && object.manifestHash === signatures[0]?.manifestHash).length;
    if (of > signatures.length) found.push({ code: "signature-missing", where: "signatures.json", message: `The audit chain tells of ${of} signatures of this version; ${signatures.length} are here.` });
  }
  return found;
}
