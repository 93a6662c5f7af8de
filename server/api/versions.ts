import { z } from "zod";
import { meanings } from "../../core/review/lifecycle.ts";
import { prescription } from "../../core/review/manifest.ts";
import { packageVolumes } from "../../core/review/packageVolume.ts";
import { caseEvents, namesIn, verifyCaseAudit } from "../record/audit.ts";
import { demand } from "../record/members.ts";
import { beginEnrolment, beginSignature, counted, demandPassword, finishEnrolment, finishSignature, listSigningKeys, revokeSigningKey } from "../record/signatures.ts";
import { beginTotp, confirmTotp, hasTotp, removeTotp, signWithTotp } from "../record/signingTotp.ts";
import { askDraftPackage, newestDraftPackage } from "../record/draftPackages.ts";
import { askFreeze, askPackage } from "../record/versionJobs.ts";
import { addJudgement, changeVersion, newestVersion, readReview } from "../record/versions.ts";
import { openWorkspaceKey, workspaceSecret } from "../record/workspaceKey.ts";
import { router, signedIn } from "./trpc.ts";

const inCase = z.object({ caseId: z.string() });
const number = z.number().int().min(1).max(1_000_000);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const reason = z.string().trim().min(1).max(2000);
const nonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const code = z.string().regex(/^\d{6}$/, "a code has six digits");
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/).max(16_384);
const extensions = z.unknown().transform(() => ({}));
const assertion = z.object({
  id: base64url, rawId: base64url, type: z.literal("public-key"), clientExtensionResults: extensions,
  response: z.object({ authenticatorData: base64url, clientDataJSON: base64url, signature: base64url, userHandle: base64url.optional() }),
});
const registration = z.object({
  id: base64url, rawId: base64url, type: z.literal("public-key"), clientExtensionResults: extensions,
  response: z.object({ attestationObject: base64url, clientDataJSON: base64url }),
});

export const versions = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.read");
    return readReview(ctx.database.db, input.caseId);
  }),
  /** What the room's header says of the newest version. */
  newest: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.read");
    return newestVersion(ctx.database.db, input.caseId);
  }),
  freeze: signedIn.input(inCase.extend({ expectedNumber: number, prescription: prescription.nullable(), acknowledgements: z.array(z.object({ of: z.string().min(1).max(200), reason })).max(100) })).mutation(async ({ ctx, input: { caseId, ...freeze } }) => {
    await demand(ctx.database.db, ctx.session.userId, caseId, "version.freeze");
    return askFreeze(ctx.database.db, ctx.session.userId, caseId, freeze);
  }),
  package: signedIn.input(inCase.extend({ number, volume: z.enum(packageVolumes) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "package.export");
    return askPackage(ctx.database.db, ctx.session.userId, input.caseId, input.number, input.volume);
  }),
  packageDraft: signedIn.input(inCase.extend({ volume: z.enum(packageVolumes) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "package.export");
    return askDraftPackage(ctx.database.db, ctx.session.userId, input.caseId, input.volume);
  }),
  /** How the newest package of the draft stands; null before any was asked for. */
  newestDraftPackage: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "package.export");
    return newestDraftPackage(ctx.database.db, input.caseId);
  }),
  change: signedIn.input(inCase.extend({ number, action: z.enum(["submit", "withdraw", "release", "supersede", "void"]), reason: reason.nullable() })).mutation(async ({ ctx, input }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.change");
    await changeVersion(ctx.database.db, { userId: ctx.session.userId, role }, input.caseId, input.number, input.action, input.reason);
  }),
  judge: signedIn.input(inCase.extend({ reportHash: hash, reason })).mutation(async ({ ctx, input }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.judge");
    await addJudgement(ctx.database.db, { userId: ctx.session.userId, role }, input.caseId, input.reportHash, input.reason);
  }),
  beginSignature: signedIn.input(inCase.extend({ number, manifestHash: hash, meaning: z.enum(meanings), reason: reason.nullable() })).mutation(async ({ ctx, input }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.sign");
    return beginSignature(ctx.database.db, { ...ctx.session, role }, ctx.settings, input.caseId, input.number, input.manifestHash, input.meaning, input.reason);
  }),
  finishSignature: signedIn.input(inCase.extend({ number, nonce, response: assertion })).mutation(async ({ ctx, input }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, input.caseId, "version.sign");
    return finishSignature(ctx.database.db, { ...ctx.session, role }, ctx.settings, openWorkspaceKey(ctx.settings.dataDir), input.caseId, input.number, input.nonce, input.response);
  }),
  /** Password and one-time code, where a passkey cannot be had (F11). */
  signWithCode: signedIn.input(inCase.extend({ number, manifestHash: hash, meaning: z.enum(meanings), reason: reason.nullable(), password: z.string().max(128), code })).mutation(async ({ ctx, input: { password, code: shown, ...asked } }) => {
    const { role } = await demand(ctx.database.db, ctx.session.userId, asked.caseId, "version.sign");
    return signWithTotp(ctx.database.db, { ...ctx.session, role }, workspaceSecret(ctx.settings.dataDir), openWorkspaceKey(ctx.settings.dataDir), asked, { password, code: shown });
  }),
});

/** Passkeys for signing: a person's own, not a case's. */
export const signingKeys = router({
  /** What a person can sign with. */
  factors: signedIn.query(async ({ ctx }) => ({
    passkeys: (await listSigningKeys(ctx.database.db, ctx.session.userId)).filter(({ revokedAt }) => revokedAt === null).length,
    hasCodes: await hasTotp(ctx.database.db, ctx.session.userId), isDemo: ctx.settings.mode === "demo",
  })),
  beginCodes: signedIn.input(z.object({ password: z.string().max(128) })).mutation(({ ctx, input }) => beginTotp(ctx.database.db, workspaceSecret(ctx.settings.dataDir), ctx.session, input.password)),
  confirmCodes: signedIn.input(z.object({ code })).mutation(({ ctx, input }) => confirmTotp(ctx.database.db, workspaceSecret(ctx.settings.dataDir), ctx.session.userId, input.code)),
  removeCodes: signedIn.input(z.object({ password: z.string().max(128) })).mutation(({ ctx, input }) => removeTotp(ctx.database.db, ctx.session.userId, input.password)),
  list: signedIn.query(async ({ ctx }) => (await listSigningKeys(ctx.database.db, ctx.session.userId)).map(({ credentialId, statement, revokedAt }) => ({ credentialId, at: statement.at, revokedAt }))),
  /** In a real workspace another factor is shown first (G5): the password. Demo people have none. */
  begin: signedIn.input(z.object({ password: z.string().max(128).nullable() })).mutation(async ({ ctx, input }) => {
    if (ctx.settings.mode !== "demo") await counted(ctx.database.db, ctx.session.userId, null, () => demandPassword(ctx.database.db, ctx.session.userId, input.password ?? ""));
    return beginEnrolment(ctx.database.db, ctx.session, ctx.settings);
  }),
  finish: signedIn.input(z.object({ nonce, response: registration })).mutation(({ ctx, input }) => finishEnrolment(ctx.database.db, ctx.session, ctx.settings, openWorkspaceKey(ctx.settings.dataDir), input.nonce, input.response)),
  revoke: signedIn.input(z.object({ credentialId: base64url })).mutation(({ ctx, input }) => revokeSigningKey(ctx.database.db, ctx.session.userId, input.credentialId)),
});

export const audit = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "audit.read");
    return { events: await caseEvents(ctx.database.db, input.caseId), names: await namesIn(ctx.database.db, input.caseId) };
  }),
  verify: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "audit.read");
    return verifyCaseAudit(ctx.database.db, input.caseId);
  }),
});
