import { randomBytes } from "node:crypto";
import { verifyAuthenticationResponse, verifyRegistrationResponse, type AuthenticationResponseJSON, type RegistrationResponseJSON } from "@simplewebauthn/server";
import { verifyPassword } from "better-auth/crypto";
import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { type Meaning, refusalOf, stateAfter } from "../../core/review/lifecycle.ts";
import type { Role } from "../../core/review/permissions.ts";
import { challengeLifetimeMs, challengeOf, type Countersigned, type EnrolmentStatement, meaningSentence, type SignatureStatement } from "../../core/review/statements.ts";
import { account, signature, signingChallenge, signingFailure, signingKey } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";
import { type FrozenVersion, readVersion, setState } from "./versions.ts";
import type { WorkspaceKey } from "./workspaceKey.ts";

/** Where passkeys of this workspace are used: the page's origin. */
export interface Place { origin: string }
const rpIdOf = ({ origin }: Place): string => new URL(origin).hostname;

/** Who signs: the session's person, with the role in the case. */
export interface Signer { userId: string; sessionId: string; name: string; role: Role }

const refused = "This signature cannot be taken: ";
/** F12: refused tries within this time, and how many of them lock a person's signing. */
const lockMs = 15 * 60_000, mostFailures = 5;

/** @throws Impossible while too many of a person's tries were refused */
export async function demandUnlocked(db: Db | Tx, userId: string): Promise<void> {
  const [{ count }] = await db.select({ count: sql<number>`count(*)::int` }).from(signingFailure).where(and(eq(signingFailure.userId, userId), sql`${signingFailure.at} > now() - make_interval(secs => ${lockMs / 1000})`));
  if (count >= mostFailures) throw new Impossible(`${refused}${mostFailures} tries were refused. Signing is locked for you for a quarter of an hour; tell the administrator if it was not you.`);
}

/** Takes down a refused try; apart from the transaction that refused it. */
export async function recordFailure(db: Db, userId: string, caseId: string | null, why: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(signingFailure).values({ userId, caseId });
    await appendAudit(tx, { actorId: userId, caseId, action: "signature.refused", object: { why } });
  });
}

/** Runs what proves a person; a refusal counts as a failed try. */
export async function counted<T>(db: Db, userId: string, caseId: string | null, act: () => Promise<T>): Promise<T> {
  await demandUnlocked(db, userId);
  try {
    return await act();
  } catch (error) {
    if (error instanceof NotProven) await recordFailure(db, userId, caseId, error.message.slice(0, 200));
    throw error;
  }
}
/** A person was not proven: a wrong password, code, or assertion. Counts as a failed try. */
export class NotProven extends Impossible {}

/** Takes a challenge, once: of this person and session, not older than two minutes. */
async function takeChallenge(tx: Tx, nonce: string, { userId, sessionId }: Pick<Signer, "userId" | "sessionId">) {
  const [row] = await tx.update(signingChallenge).set({ usedAt: sql`now()` })
    .where(and(eq(signingChallenge.nonce, nonce), eq(signingChallenge.userId, userId), eq(signingChallenge.sessionId, sessionId), isNull(signingChallenge.usedAt))).returning();
  if (!row) throw new Impossible(`${refused}it was used already, or is not yours. Begin again.`);
  if (Date.now() - row.at.getTime() > challengeLifetimeMs) throw new Impossible(`${refused}more than two minutes have passed. Begin again.`);
  return row;
}

/** @throws Impossible unless this is the person's password */
export async function demandPassword(db: Db | Tx, userId: string, password: string): Promise<void> {
  const [row] = await db.select({ hash: account.password }).from(account).where(and(eq(account.userId, userId), eq(account.providerId, "credential")));
  if (!row?.hash || !(await verifyPassword({ hash: row.hash, password }))) throw new NotProven("This is not your password.");
}

/** Begins an enrolment: options for the browser's `create`. */
export async function beginEnrolment(db: Db, who: Pick<Signer, "userId" | "sessionId" | "name">, place: Place) {
  const nonce = randomBytes(32).toString("base64url");
  await db.transaction(async (tx) => {
    await tx.insert(signingChallenge).values({ nonce, userId: who.userId, sessionId: who.sessionId, at: new Date() });
    await appendAudit(tx, { actorId: who.userId, caseId: null, action: "passkey.begun", object: {} });
  });
  const own = await db.select({ id: signingKey.credentialId }).from(signingKey).where(eq(signingKey.userId, who.userId));
  return { nonce, options: {
    challenge: nonce, rp: { name: "Caseroom", id: rpIdOf(place) }, user: { id: Buffer.from(who.userId).toString("base64url"), name: who.name, displayName: who.name },
    pubKeyCredParams: [{ type: "public-key" as const, alg: -7 }, { type: "public-key" as const, alg: -257 }], timeout: challengeLifetimeMs, attestation: "none" as const,
    excludeCredentials: own.map(({ id }) => ({ id, type: "public-key" as const })), authenticatorSelection: { userVerification: "required" as const, residentKey: "preferred" as const },
  } };
}

/** Ends an enrolment: the passkey is this person's from now on, countersigned by the workspace. */
export async function finishEnrolment(db: Db, who: Pick<Signer, "userId" | "sessionId">, place: Place, key: WorkspaceKey, nonce: string, response: RegistrationResponseJSON): Promise<void> {
  await db.transaction(async (tx) => {
    const challenge = await takeChallenge(tx, nonce, who);
    if (challenge.versionId !== null) throw new Impossible("This challenge is for a signature. Begin again.");
    const done = await verifyRegistrationResponse({ response, expectedChallenge: nonce, expectedOrigin: place.origin, expectedRPID: rpIdOf(place), requireUserVerification: true }).catch(() => ({ verified: false as const, registrationInfo: undefined }));
    if (!done.verified || !done.registrationInfo) throw new Impossible("The passkey was not accepted: it has to verify you (PIN, finger or face) on this very address.");
    const { credential } = done.registrationInfo;
    const statement: EnrolmentStatement = { format: "caseroom enrolment 1", userId: who.userId, credentialId: credential.id, publicKey: Buffer.from(credential.publicKey).toString("base64url"), at: new Date().toISOString() };
    const added = await tx.insert(signingKey).values({ credentialId: credential.id, userId: who.userId, statement, countersignature: key.countersign(statement), counter: credential.counter }).onConflictDoNothing().returning({ id: signingKey.credentialId });
    if (added.length === 0) throw new Impossible("This passkey is enrolled already.");
    await appendAudit(tx, { actorId: who.userId, caseId: null, action: "passkey.enrolled", object: { credentialId: credential.id } });
  });
}

/** What is about to be signed, checked as far as it can be before the person is proven. */
export interface Asked { caseId: string; number: number; manifestHash: string; meaning: Meaning; reason: string | null }

/** The version, as long as this person may sign it with this meaning. @throws Impossible saying why not */
export async function demandSignable(tx: Tx, who: Signer, { caseId, number, manifestHash, meaning, reason }: Asked, lock = false): Promise<FrozenVersion> {
  const found = await readVersion(tx, caseId, number, lock);
  if (found.facts.manifestHash !== manifestHash) throw new Impossible(`${refused}your page shows another version than the one that is here. Load it again.`);
  if (meaning === "rejected" && !reason?.trim()) throw new Impossible("Write why you reject the version.");
  const refusal = refusalOf(found.facts, meaning === "rejected" ? "reject" : "sign", who, meaning);
  if (refusal !== null) throw new Impossible(refusal);
  return found;
}

/** Begins a signature: the challenge binds nonce, manifest, person, meaning and the server's time (F9). */
export async function beginSignature(db: Db, who: Signer, place: Place, caseId: string, number: number, manifestHash: string, meaning: Meaning, reason: string | null) {
  await demandUnlocked(db, who.userId);
  return db.transaction(async (tx) => {
    const { id } = await demandSignable(tx, who, { caseId, number, manifestHash, meaning, reason });
    const keys = await tx.select({ id: signingKey.credentialId }).from(signingKey).where(and(eq(signingKey.userId, who.userId), isNull(signingKey.revokedAt)));
    if (keys.length === 0) throw new Impossible("You have no passkey for signing yet. Enrol one first.");
    const nonce = randomBytes(32).toString("base64url"), at = new Date();
    await tx.insert(signingChallenge).values({ nonce, userId: who.userId, sessionId: who.sessionId, versionId: id, manifestHash, meaning, reason, at });
    await appendAudit(tx, { actorId: who.userId, caseId, action: "signing.begun", object: { number, manifestHash, meaning } });
    return { nonce, sentence: meaningSentence[meaning], options: {
      challenge: Buffer.from(challengeOf(nonce, manifestHash, who.userId, meaning, at.toISOString())).toString("base64url"), timeout: challengeLifetimeMs, rpId: rpIdOf(place),
      userVerification: "required" as const, allowCredentials: keys.map((one) => ({ id: one.id, type: "public-key" as const })),
    } };
  });
}

/** Writes a proven signature: row, state and audit event together. Belongs in the transaction that holds the version's row. */
export async function addSignature(tx: Tx, who: Signer, key: WorkspaceKey, { id, facts }: FrozenVersion, { caseId, number, manifestHash, meaning, reason }: Asked, at: Date, proof: SignatureStatement["proof"]): Promise<{ state: string; at: string }> {
  const action = meaning === "rejected" ? "reject" : "sign";
  const statement: SignatureStatement = {
    format: "caseroom signature 1", caseId, versionNumber: number, manifestHash, meaning, reason, userId: who.userId, name: who.name, role: who.role, at: at.toISOString(), proof,
  };
  await tx.insert(signature).values({ versionId: id, userId: who.userId, statement, countersignature: key.countersign(statement), at });
  const state = stateAfter(facts.state, action, [...facts.signatures, { userId: who.userId, role: who.role, meaning, manifestHash }], manifestHash);
  await setState(tx, id, state);
  await appendAudit(tx, { actorId: who.userId, caseId, action: "signature.added", object: { number, manifestHash, meaning, method: proof.method, state } });
  await announce(tx, { caseId, topic: "versions" });
  return { state, at: statement.at };
}

/** Ends a signature: the assertion is proven, and row, state and audit event are written together. The first of two wins. */
export async function finishSignature(db: Db, who: Signer, place: Place, key: WorkspaceKey, caseId: string, number: number, nonce: string, response: AuthenticationResponseJSON): Promise<{ state: string; at: string }> {
  return counted(db, who.userId, caseId, () => db.transaction(async (tx) => {
    const { id, manifestHash } = await readVersion(tx, caseId, number, true);
    const challenge = await takeChallenge(tx, nonce, who);
    const { meaning, reason } = challenge;
    if (challenge.versionId !== id || challenge.manifestHash !== manifestHash || meaning === null) throw new Impossible(`${refused}it was begun for another version. Begin again.`);
    const asked = { caseId, number, manifestHash, meaning, reason }, found = await demandSignable(tx, who, asked, true);
    const [own] = await tx.select().from(signingKey).where(and(eq(signingKey.credentialId, response.id), eq(signingKey.userId, who.userId), isNull(signingKey.revokedAt))).for("update");
    if (!own) throw new NotProven(`${refused}this passkey is not yours, or was revoked.`);
    const done = await verifyAuthenticationResponse({
      response, expectedChallenge: Buffer.from(challengeOf(nonce, manifestHash, who.userId, meaning, challenge.at.toISOString())).toString("base64url"), expectedOrigin: place.origin, expectedRPID: rpIdOf(place), requireUserVerification: true,
      credential: { id: own.credentialId, publicKey: new Uint8Array(Buffer.from(own.statement.publicKey, "base64url")), counter: own.counter },
    }).catch(() => null);
    if (!done?.verified) throw new NotProven(`${refused}the passkey did not sign exactly this statement on this address, with you verified.`);
    await tx.update(signingKey).set({ counter: done.authenticationInfo.newCounter }).where(eq(signingKey.credentialId, own.credentialId));
    const { authenticatorData, clientDataJSON, signature: signed } = response.response;
    return addSignature(tx, who, key, found, asked, challenge.at, { method: "passkey", nonce, origin: place.origin, rpId: rpIdOf(place), credentialId: own.credentialId, authenticatorData, clientDataJson: clientDataJSON, signature: signed });
  }));
}

/** Takes a passkey out of use at once; what it signed before stays proven. */
export async function revokeSigningKey(db: Db, userId: string, credentialId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const gone = await tx.update(signingKey).set({ revokedAt: sql`now()` }).where(and(eq(signingKey.credentialId, credentialId), eq(signingKey.userId, userId), isNull(signingKey.revokedAt))).returning({ id: signingKey.credentialId });
    if (gone.length === 0) throw new Impossible("There is no such passkey in use.");
    await appendAudit(tx, { actorId: userId, caseId: null, action: "passkey.revoked", object: { credentialId } });
  });
}

/** A person's passkeys for signing. */
export const listSigningKeys = (db: Db, userId: string) => db.select({ credentialId: signingKey.credentialId, statement: signingKey.statement, revokedAt: signingKey.revokedAt }).from(signingKey).where(eq(signingKey.userId, userId));

/** What a package shows of a version's signatures, countersigned. */
export async function signaturesOf(db: Db | Tx, versionId: string): Promise<{ signatures: Countersigned<SignatureStatement>[]; enrolments: Countersigned<EnrolmentStatement>[] }> {
  const rows = await db.select({ statement: signature.statement, countersignature: signature.countersignature }).from(signature).where(eq(signature.versionId, versionId)).orderBy(asc(signature.at), asc(signature.userId));
  const enrolments = [];
  for (const { statement: { proof } } of rows) if (proof.method === "passkey") enrolments.push(...await db.select({ statement: signingKey.statement, countersignature: signingKey.countersignature }).from(signingKey).where(eq(signingKey.credentialId, proof.credentialId)));
  return { signatures: rows, enrolments };
}
