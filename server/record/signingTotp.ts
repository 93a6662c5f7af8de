import { randomBytes } from "node:crypto";
import { createOTP } from "@better-auth/utils/otp";
import { symmetricDecrypt, symmetricEncrypt } from "better-auth/crypto";
import { and, eq, lt, sql } from "drizzle-orm";
import { signingTotp } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { Impossible } from "./members.ts";
import { addSignature, type Asked, counted, demandPassword, demandSignable, NotProven, type Signer } from "./signatures.ts";
import type { WorkspaceKey } from "./workspaceKey.ts";

const periodMs = 30_000;
/** A phone's clock may be this many steps off. */
const windowSteps = 1;

/** The time step that a code belongs to, among the present one and its neighbours; null for none. */
async function stepOf(secret: string, code: string): Promise<number | null> {
  const now = Math.floor(Date.now() / periodMs), otp = createOTP(secret);
  for (let step = now - windowSteps; step <= now + windowSteps; step++) if (await otp.hotp(step) === code) return step;
  return null;
}

/** Takes a code once: a step at or before the last one taken is refused, so that a code read over a shoulder is worth nothing. */
async function takeCode(tx: Tx, workspaceSecret: string, userId: string, code: string, isEnrolling: boolean): Promise<number> {
  const [own] = await tx.select().from(signingTotp).where(and(eq(signingTotp.userId, userId), eq(signingTotp.isConfirmed, !isEnrolling))).for("update");
  if (!own) throw new Impossible("You have no one-time codes for signing yet. Set them up first.");
  const step = await stepOf(await symmetricDecrypt({ key: workspaceSecret, data: own.secret }), code);
  if (step === null) throw new NotProven("This code is not right, or too old.");
  const taken = await tx.update(signingTotp).set({ lastStep: step, isConfirmed: true }).where(and(eq(signingTotp.userId, userId), lt(signingTotp.lastStep, step))).returning({ userId: signingTotp.userId });
  if (taken.length === 0) throw new NotProven("This code was used already. Wait for the next one.");
  return step;
}

/** Begins setting up one-time codes, after the password was shown: the address for an authenticator app, told once. */
export async function beginTotp(db: Db, workspaceSecret: string, who: { userId: string; email: string }, password: string): Promise<{ uri: string }> {
  return counted(db, who.userId, null, async () => {
    await demandPassword(db, who.userId, password);
    const secret = randomBytes(20).toString("base64url"), stored = await symmetricEncrypt({ key: workspaceSecret, data: secret });
    await db.transaction(async (tx) => {
      const [own] = await tx.select({ isConfirmed: signingTotp.isConfirmed }).from(signingTotp).where(eq(signingTotp.userId, who.userId)).for("update");
      if (own?.isConfirmed) throw new Impossible("One-time codes are set up already. Remove them first.");
      await tx.insert(signingTotp).values({ userId: who.userId, secret: stored }).onConflictDoUpdate({ target: signingTotp.userId, set: { secret: stored, lastStep: 0 } });
      await appendAudit(tx, { actorId: who.userId, caseId: null, action: "totp.begun", object: {} });
    });
    return { uri: createOTP(secret).url("Caseroom signing", who.email) };
  });
}

/** Ends the set-up with a first code. */
export async function confirmTotp(db: Db, workspaceSecret: string, userId: string, code: string): Promise<void> {
  await counted(db, userId, null, () => db.transaction(async (tx) => {
    await takeCode(tx, workspaceSecret, userId, code, true);
    await appendAudit(tx, { actorId: userId, caseId: null, action: "totp.enrolled", object: {} });
  }));
}

/** Takes a person's one-time codes away, after the password was shown. */
export async function removeTotp(db: Db, userId: string, password: string): Promise<void> {
  await counted(db, userId, null, () => db.transaction(async (tx) => {
    await demandPassword(tx, userId, password);
    const gone = await tx.delete(signingTotp).where(eq(signingTotp.userId, userId)).returning({ userId: signingTotp.userId });
    if (gone.length === 0) throw new Impossible("There are no one-time codes to remove.");
    await appendAudit(tx, { actorId: userId, caseId: null, action: "totp.removed", object: {} });
  }));
}

/** Whether a person can sign by password and one-time code. */
export async function hasTotp(db: Db, userId: string): Promise<boolean> {
  const [own] = await db.select({ isConfirmed: signingTotp.isConfirmed }).from(signingTotp).where(eq(signingTotp.userId, userId));
  return own?.isConfirmed === true;
}

/** F11: signs with password and one-time code, both shown for this very signature. The first of two wins. */
export async function signWithTotp(db: Db, who: Signer, workspaceSecret: string, key: WorkspaceKey, asked: Asked, shown: { password: string; code: string }): Promise<{ state: string; at: string }> {
  return counted(db, who.userId, asked.caseId, () => db.transaction(async (tx) => {
    const found = await demandSignable(tx, who, asked, true);
    await demandPassword(tx, who.userId, shown.password);
    const step = await takeCode(tx, workspaceSecret, who.userId, shown.code, false);
    const [{ at }] = await tx.execute<{ at: string }>(sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`);
    return addSignature(tx, who, key, found, asked, new Date(at), { method: "passwordTotp", nonce: randomBytes(32).toString("base64url"), step });
  }));
}
