import type { Action } from "../../../core/review/permissions.ts";
import { appRouter } from "../../../server/api/router.ts";

// tRPC's type keeps the routers' nesting; the object itself is flat, by path.
const flat = appRouter["_def"].procedures as unknown as Readonly<Record<string, { _def: { type: "query" | "mutation" } }>>;
/** Every procedure of the API, read from the router. */
export const routed = Object.entries(flat).map(([path, procedure]) => ({ path, type: procedure["_def"].type }));

const unknownId = "00000000-0000-4000-8000-000000000000", hash = "0".repeat(64);
const assertion = { id: "A", rawId: "A", type: "public-key", clientExtensionResults: {}, response: { authenticatorData: "A", clientDataJSON: "A", signature: "A" } };

/** What a procedure of a case needs, and an input beside the case that is well formed. */
export interface CaseProcedure {
  action: Action; input: Record<string, unknown>;
  /** What somebody with the right is answered: 409 where the input names what an empty case does not have. */
  answer: 200 | 409;
}
const done = (action: Action, input: Record<string, unknown> = {}): CaseProcedure => ({ action, input, answer: 200 });
const impossible = (action: Action, input: Record<string, unknown> = {}): CaseProcedure => ({ action, input, answer: 409 });

/** Every procedure of a case. The tests read the procedures from the router and fail on one that is neither here nor in `caseless`. */
export const caseProcedures: Readonly<Record<string, CaseProcedure>> = {
  "cases.get": done("case.read"), "cases.archive": done("case.archive"), "cases.setDue": done("case.plan", { day: "2026-12-24" }),
  "segments.list": done("masks.read"), "segments.add": done("segments.write", { name: "Bone", color: "#e8d9b5" }), "segments.rename": done("segments.write", { value: 1, name: "Skull" }),
  "segments.setColor": done("segments.write", { value: 1, color: "#000000" }), "segments.setLocked": done("segments.write", { value: 1, isLocked: false }),
  "segments.setIso": done("segments.write", { value: 1, iso: 226 }), "segments.setState": done("segments.write", { value: 1, state: "done" }), "segments.remove": impossible("segments.write", { value: 126 }),
  "comments.list": done("case.read"), "comments.add": done("comments.write", { position: [1, 2, 3], plane: "axial", body: "here" }),
  "comments.reply": impossible("comments.write", { threadId: unknownId, body: "yes" }), "comments.resolve": impossible("comments.resolve", { threadId: unknownId }), "comments.reopen": impossible("comments.resolve", { threadId: unknownId }),
  "members.list": done("case.read"), "members.clients": done("case.read"), "members.set": done("case.invite", { email: "viewer@example.org", role: "viewer" }),
  "members.setRole": done("case.invite", { userId: "viewer", role: "viewer" }), "members.remove": impossible("case.invite", { userId: "nobody" }),
  // A demo workspace, as the bench is, invites nobody.
  "invitations.list": done("case.invite"), "invitations.create": impossible("case.invite", { email: "new@example.org", role: "viewer" }), "invitations.revoke": impossible("case.invite", { id: unknownId }),
  "masks.history": done("masks.read"), "builds.list": done("case.read"), "builds.graph": done("case.read"), "builds.retry": impossible("masks.write", { key: hash }), "implants.list": done("plan.read"),
  "imports.report": done("case.read"), "imports.override": impossible("version.judge", { finding: hash, reason: "looked at every slice" }),
  "imports.setRegion": done("case.region", { region: "face" }),
  "imports.derive": done("segments.write", { derivation: { op: "gaussian", sigmaMm: 1 } }),
  "fileSurfaces.list": done("case.read"), "fileSurfaces.remove": impossible("segments.write", { id: unknownId }),
  "surfaceMends.list": done("case.read"), "surfaceMends.ask": impossible("segments.write", { source: `file/${unknownId}`, options: {} }), "surfaceMends.keep": impossible("segments.write", { id: unknownId, name: "A", color: "#ff0000" }), "surfaceMends.drop": impossible("segments.write", { id: unknownId }),
  "versions.list": done("version.read"), "versions.newest": done("version.read"),
  "versions.freeze": impossible("version.freeze", { expectedNumber: 1, prescription: null, acknowledgements: [] }), "versions.package": impossible("package.export", { number: 1, volume: "none" }),
  "versions.packageDraft": impossible("package.export", { volume: "none" }), "versions.newestDraftPackage": done("package.export"),
  "versions.change": impossible("version.change", { number: 1, action: "submit", reason: null }), "versions.judge": impossible("version.judge", { reportHash: hash, reason: "looked at" }),
  "versions.beginSignature": impossible("version.sign", { number: 1, manifestHash: hash, meaning: "designed", reason: null }),
  "versions.finishSignature": impossible("version.sign", { number: 1, nonce: "A".repeat(43), response: assertion }),
  "versions.signWithCode": impossible("version.sign", { number: 1, manifestHash: hash, meaning: "designed", reason: null, password: "x", code: "000000" }),
  "audit.list": done("audit.read"), "audit.verify": done("audit.read"),
};

/** Procedures that name no case, and why none of them needs a role in one. `open`: answered without a session too. */
export const caseless: Readonly<Record<string, { why: string; isOpen?: true }>> = {
  me: { why: "a person's own session" },
  "cases.list": { why: "only the cases that the person is a member of" },
  "invitations.read": { why: "the link itself is the right", isOpen: true }, "invitations.join": { why: "the link itself is the right, for somebody new", isOpen: true },
  "invitations.accept": { why: "the link itself is the right, and names the person's address" },
  "sessions.list": { why: "a person's own sessions" }, "sessions.end": { why: "a person's own sessions" },
  "uploads.start": { why: "an upload belongs to a person until it is a case" }, "uploads.finish": { why: "a person's own upload" }, "uploads.cancel": { why: "a person's own upload" },
  "uploads.sizeOf": { why: "a person's own upload" }, "uploads.get": { why: "a person's own upload" },
  "demo.people": { why: "whom one can be in a demo workspace; empty in any other", isOpen: true },
  "setup.isGood": { why: "the printed link itself is the right", isOpen: true }, "setup.finish": { why: "the printed link itself is the right", isOpen: true },
  "signingKeys.factors": { why: "a person's own means of signing" }, "signingKeys.list": { why: "a person's own passkeys" },
  "signingKeys.begin": { why: "a person's own passkeys" }, "signingKeys.finish": { why: "a person's own passkeys" }, "signingKeys.revoke": { why: "a person's own passkeys" },
  "signingKeys.beginCodes": { why: "a person's own codes" }, "signingKeys.confirmCodes": { why: "a person's own codes" }, "signingKeys.removeCodes": { why: "a person's own codes" },
};
