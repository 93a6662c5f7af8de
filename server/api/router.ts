import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { demoPeople } from "../../drizzle/seedDemo.ts";
import { roles } from "../../core/review/permissions.ts";
import { segmentStates } from "../../core/review/segmentState.ts";
import { isSetupTokenGood, redeemSetupToken } from "../platform/auth.ts";
import { appendAudit } from "../record/audit.ts";
import { retryFailed } from "../record/builds.ts";
import { sourceHashOf } from "../record/caseSource.ts";
import { listCases } from "../record/caseList.ts";
import { archiveCase, listBuilds, listGraph, readCase, setDue } from "../record/cases.ts";
import { addComment, listComments, resolveThread } from "../record/comments.ts";
import { acceptInvitation, invite, listInvitations, readInvitation, revokeInvitation } from "../record/invitations.ts";
import { listStrokes } from "../record/draftHistory.ts";
import { listClients } from "../record/leases.ts";
import { demand, listMembers, removeMember, setMember } from "../record/members.ts";
import { addSegment, changeSegment, listSegments, removeSegment } from "../record/segments.ts";
import { endSession, listSessions } from "../record/sessions.ts";
import { cancelUpload, finishUpload, ownUpload, startUpload } from "../record/uploads.ts";
import { fileSurfaces } from "./fileSurfaces.ts";
import { implants } from "./implants.ts";
import { imports } from "./imports.ts";
import { surfaceMends } from "./surfaceMends.ts";
import { open, router, signedIn } from "./trpc.ts";
import { audit, signingKeys, versions } from "./versions.ts";

const inCase = z.object({ caseId: z.string() });
const value = z.number().int().min(1).max(127);
const name = z.string().trim().min(1).max(80);
const color = z.string().regex(/^#[0-9a-f]{6}$/i, "a colour is #rrggbb");
const body = z.string().trim().min(1).max(4000);
const mm = z.number().min(-10_000).max(10_000);

const roleTitles: Record<(typeof roles)[number], string> = {
  surgeon: "Surgeon", engineer: "Engineer", segmentationSpecialist: "Segmentation specialist", reviewer: "Reviewer", viewer: "Viewer",
};

const cases = router({
  list: signedIn.query(async ({ ctx }) => (await listCases(ctx.database.db, ctx.session.userId)).map((row) => ({ ...row, presentIds: ctx.presentIn(row.id) }))),
  get: signedIn.input(inCase).query(async ({ ctx, input }) => {
    const { db } = ctx.database;
    const { role, isArchived } = await demand(db, ctx.session.userId, input.caseId, "case.read");
    const { id, code, region, grid, report, volumeHash, dueAt } = await readCase(db, input.caseId);
    const hasSource = await sourceHashOf(db, input.caseId) !== null;
    return { id, code, region, grid, report, volumeHash, dueAt, role, isArchived, hasSource };
  }),
  archive: signedIn.input(inCase).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.archive");
    await archiveCase(ctx.database.db, ctx.session.userId, input.caseId);
  }),
  setDue: signedIn.input(inCase.extend({ day: z.iso.date().nullable() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.plan");
    await setDue(ctx.database.db, ctx.session.userId, input.caseId, input.day === null ? null : new Date(`${input.day}T12:00:00Z`));
  }),
});

const segments = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "masks.read");
    return listSegments(ctx.database.db, input.caseId);
  }),
  add: signedIn.input(inCase.extend({ name, color })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    return addSegment(ctx.database.db, ctx.session.userId, input.caseId, input.name, input.color);
  }),
  rename: signedIn.input(inCase.extend({ value, name })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await changeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value, { name: input.name });
  }),
  setColor: signedIn.input(inCase.extend({ value, color })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await changeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value, { color: input.color });
  }),
  setLocked: signedIn.input(inCase.extend({ value, isLocked: z.boolean() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await changeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value, { isLocked: input.isLocked });
  }),
  setIso: signedIn.input(inCase.extend({ value, iso: z.int().min(-32768).max(32767).nullable() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await changeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value, { iso: input.iso });
  }),
  setState: signedIn.input(inCase.extend({ value, state: z.enum(segmentStates) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await changeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value, { state: input.state });
  }),
  remove: signedIn.input(inCase.extend({ value })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "segments.write");
    await removeSegment(ctx.database.db, ctx.session.userId, input.caseId, input.value);
  }),
});

const comments = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return listComments(ctx.database.db, input.caseId);
  }),
  add: signedIn.input(inCase.extend({ body, position: z.tuple([mm, mm, mm]), plane: z.enum(["axial", "coronal", "sagittal"]) }))
    .mutation(async ({ ctx, input: { caseId, ...said } }) => {
      await demand(ctx.database.db, ctx.session.userId, caseId, "comments.write");
      return addComment(ctx.database.db, ctx.session.userId, caseId, said);
    }),
  reply: signedIn.input(inCase.extend({ threadId: z.uuid(), body })).mutation(async ({ ctx, input: { caseId, ...said } }) => {
    await demand(ctx.database.db, ctx.session.userId, caseId, "comments.write");
    return addComment(ctx.database.db, ctx.session.userId, caseId, said);
  }),
  resolve: signedIn.input(inCase.extend({ threadId: z.uuid() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "comments.resolve");
    await resolveThread(ctx.database.db, ctx.session.userId, input.caseId, input.threadId, true);
  }),
  reopen: signedIn.input(inCase.extend({ threadId: z.uuid() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "comments.resolve");
    await resolveThread(ctx.database.db, ctx.session.userId, input.caseId, input.threadId, false);
  }),
});

const members = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return listMembers(ctx.database.db, input.caseId);
  }),
  /** Which client id in the masks is whose: what contributions and history are named by. */
  clients: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return listClients(ctx.database.db, input.caseId);
  }),
  set: signedIn.input(inCase.extend({ email: z.email(), role: z.enum(roles) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    await setMember(ctx.database.db, ctx.session.userId, input.caseId, { email: input.email }, input.role);
  }),
  setRole: signedIn.input(inCase.extend({ userId: z.string(), role: z.enum(roles) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    await setMember(ctx.database.db, ctx.session.userId, input.caseId, { userId: input.userId }, input.role);
  }),
  remove: signedIn.input(inCase.extend({ userId: z.string() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    await removeMember(ctx.database.db, ctx.session.userId, input.caseId, input.userId);
  }),
});

const token = z.object({ token: z.string().max(200) });
const invitations = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    return listInvitations(ctx.database.db, input.caseId);
  }),
  /** Gives the link once; only its hash is kept. */
  create: signedIn.input(inCase.extend({ email: z.email(), role: z.enum(roles) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    if (ctx.settings.mode === "demo") throw new TRPCError({ code: "CONFLICT", message: "A demo workspace has only its four people. Start a real one to invite others: npm start -- --real" });
    return { link: `${ctx.settings.origin}/invite?token=${await invite(ctx.database.db, ctx.session.userId, input.caseId, input.email, input.role)}` };
  }),
  revoke: signedIn.input(inCase.extend({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.invite");
    await revokeInvitation(ctx.database.db, ctx.session.userId, input.caseId, input.id);
  }),
  /** The link itself is the right to read it. */
  read: open.input(token).query(({ ctx, input }) => readInvitation(ctx.database.db, input.token)),
  /** For somebody new: makes the account and the membership together. */
  join: open.input(token.extend({ name, password: z.string() })).mutation(({ ctx, input }) => ctx.database.db.transaction(async (tx) => {
    const { email } = await readInvitation(tx, input.token);
    return acceptInvitation(tx, input.token, await ctx.auth.createUser({ name: input.name, email, password: input.password }, tx));
  })),
  /** For somebody who has an account. */
  accept: signedIn.input(token).mutation(({ ctx, input }) => ctx.database.db.transaction((tx) => acceptInvitation(tx, input.token, ctx.session.userId))),
});

const sessions = router({
  list: signedIn.query(({ ctx }) => listSessions(ctx.database.db, ctx.session.userId, ctx.session.sessionId)),
  end: signedIn.input(z.object({ id: z.string().max(100) })).mutation(({ ctx, input }) => endSession(ctx.database.db, ctx.session.userId, input.id)),
});

/** The newest strokes, so that a long case still opens its history at once. */
const mostStrokesTold = 500;
const masks = router({
  history: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "masks.read");
    return (await listStrokes(ctx.database.db, input.caseId)).reverse().slice(0, mostStrokesTold);
  }),
});

const builds = router({
  list: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return listBuilds(ctx.database.db, input.caseId);
  }),
  graph: signedIn.input(inCase).query(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "case.read");
    return listGraph(ctx.database.db, input.caseId);
  }),
  /** A step that failed, once more of the same inputs: for those who could have it made anew by editing. */
  retry: signedIn.input(inCase.extend({ key: z.string().regex(/^[0-9a-f]{64}$/) })).mutation(async ({ ctx, input }) => {
    await demand(ctx.database.db, ctx.session.userId, input.caseId, "masks.write");
    await retryFailed(ctx.database.db, ctx.session.userId, input.caseId, input.key);
  }),
});

const uploadId = z.object({ id: z.uuid() });
const placeMm = z.number().min(-100_000).max(100_000);
const uploadOptions = z.object({
  useRegularPart: z.boolean().optional(), region: z.enum(["cranial", "face", "dental", "longBone", "pelvis", "other"]).optional(), series: z.string().regex(/^series \d+(#\d+)?$/).optional(),
  part: z.object({ fromMm: placeMm, toMm: placeMm, unsent: z.number().int().min(0).max(100_000).optional() }).optional(),
  scanAgeDays: z.number().int().min(-1000).max(40_000).nullable().optional(), isChild: z.boolean().optional(), hasUnreadText: z.boolean().optional(), unreadFiles: z.number().int().min(0).max(100_000).optional(),
  unread: z.array(z.object({ isOfSeries: z.literal(true).nullable(), instanceNumber: z.number().int().min(0).nullable(), position: z.tuple([placeMm, placeMm, placeMm]).nullable() })).max(200).optional(),
});

const uploads = router({
  start: signedIn.input(z.object({ totalBytes: z.number().int().positive(), options: uploadOptions.optional() })).mutation(({ ctx, input }) => {
    if (input.totalBytes > ctx.settings.uploadLimitBytes) {
      throw new TRPCError({ code: "PAYLOAD_TOO_LARGE", message: `This is ${Math.ceil(input.totalBytes / 1048576)} MiB; this workspace takes up to ${Math.floor(ctx.settings.uploadLimitBytes / 1048576)} MiB.` });
    }
    return startUpload(ctx.database.db, ctx.session.userId, input.options ?? {});
  }),
  /** `options`: what the person decided last, where an upload was broken off and gone on with; it takes the place of what it began with. */
  finish: signedIn.input(uploadId.extend({ options: uploadOptions.optional() })).mutation(({ ctx, input }) => finishUpload(ctx.database.db, ctx.session.userId, input.id, input.options)),
  cancel: signedIn.input(uploadId).mutation(async ({ ctx, input }) => {
    // While a worker decodes, the files are its own to delete; before that they are ours.
    if (await cancelUpload(ctx.database.db, ctx.session.userId, input.id) !== "decoding") await ctx.removeUploadFiles(input.id);
  }),
  /** Bytes of a file that are here already: a broken upload goes on from there. */
  sizeOf: signedIn.input(uploadId.extend({ name: z.string().min(1).max(500) })).query(async ({ ctx, input }) => {
    if (!await ownUpload(ctx.database.db, ctx.session.userId, input.id)) throw new TRPCError({ code: "NOT_FOUND", message: "There is no such upload." });
    return { size: await ctx.uploadFileSize(input.id, input.name) };
  }),
  get: signedIn.input(uploadId).query(async ({ ctx, input }) => {
    const row = await ownUpload(ctx.database.db, ctx.session.userId, input.id);
    if (!row) throw new TRPCError({ code: "NOT_FOUND", message: "There is no such upload." });
    const { id, state, receivedBytes, caseId, progress, error, options } = row;
    return { id, state, receivedBytes, caseId, progress, error, region: options?.region ?? null, useRegularPart: options?.useRegularPart ?? false };
  }),
});

const demo = router({
  people: open.query(({ ctx }) => (ctx.settings.mode !== "demo" ? [] :
    demoPeople.map(({ id, name: shown, role }) => ({ id, name: shown, role, title: roleTitles[role] })))),
});

const setup = router({
  isGood: open.input(z.object({ token: z.string().max(200) })).query(({ ctx, input }) => isSetupTokenGood(ctx.database.db, input.token)),
  finish: open.input(z.object({ token: z.string().max(200), name, email: z.email(), password: z.string() })).mutation(async ({ ctx, input }) => {
    await ctx.database.db.transaction(async (tx) => {
      if (!await redeemSetupToken(tx, input.token)) throw new TRPCError({ code: "FORBIDDEN", message: "This set-up link is used or too old. A new start prints a new one while there is no administrator." });
      const id = await ctx.auth.createUser({ name: input.name, email: input.email, password: input.password, isAdministrator: true }, tx);
      await appendAudit(tx, { actorId: id, caseId: null, action: "workspace.setUp", object: { userId: id } });
    });
  }),
});

export const appRouter = router({ me: signedIn.query(({ ctx }) => ctx.session), cases, segments, comments, members, invitations, sessions, masks, builds, uploads, imports, fileSurfaces, surfaceMends, implants, demo, setup, versions, signingKeys, audit });
export type AppRouter = typeof appRouter;
