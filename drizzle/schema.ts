// All tables on one page. Columns of user/session/account/verification are better-auth's.
import { bigint, bigserial, boolean, customType, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import type { Cause } from "../core/build/cause.ts";
import type { StepInput } from "../core/build/graph.ts";
import type { Grid } from "../core/space/grid.ts";
import type { MendOptions } from "../core/surface/mend.ts";
import type { Role } from "../core/review/permissions.ts";
import type { Meaning, VersionState } from "../core/review/lifecycle.ts";
import type { EnrolmentStatement, SignatureStatement } from "../core/review/statements.ts";
import type { SegmentState } from "../core/review/segmentState.ts";

const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  fromDriver: (value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
});
const at = (name: string) => timestamp(name, { withTimezone: true });
const now = (name: string) => at(name).notNull().defaultNow();

export const user = pgTable("user", {
  id: text("id").primaryKey(), name: text("name").notNull(), email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false), image: text("image"),
  isAdministrator: boolean("is_administrator").notNull().default(false),
  isDemo: boolean("is_demo").notNull().default(false),
  createdAt: now("created_at"), updatedAt: now("updated_at"),
});
export const session = pgTable("session", {
  id: text("id").primaryKey(), expiresAt: at("expires_at").notNull(), token: text("token").notNull().unique(),
  createdAt: now("created_at"), updatedAt: now("updated_at"), ipAddress: text("ip_address"), userAgent: text("user_agent"),
  userId: text("user_id").notNull().references(() => user.id, { onDelete: "cascade" }),
});
export const account = pgTable("account", {
  id: text("id").primaryKey(), accountId: text("account_id").notNull(), providerId: text("provider_id").notNull(),
  userId: text("user_id").notNull().references(() => user.id, { onDelete: "cascade" }),
  accessToken: text("access_token"), refreshToken: text("refresh_token"), idToken: text("id_token"),
  accessTokenExpiresAt: at("access_token_expires_at"), refreshTokenExpiresAt: at("refresh_token_expires_at"),
  scope: text("scope"), password: text("password"), createdAt: now("created_at"), updatedAt: now("updated_at"),
});
export const verification = pgTable("verification", {
  id: text("id").primaryKey(), identifier: text("identifier").notNull(), value: text("value").notNull(),
  expiresAt: at("expires_at").notNull(), createdAt: now("created_at"), updatedAt: now("updated_at"),
});

/** One-time set-up links, stored hashed (hex SHA-256). */
export const setupToken = pgTable("setup_token", { hash: text("hash").primaryKey(), expiresAt: at("expires_at").notNull(), usedAt: at("used_at") });

export const caseTable = pgTable("case", {
  id: uuid("id").primaryKey().defaultRandom(),
  /** Shown name, e.g. 26-001; never a patient's. */
  code: text("code").notNull().unique(),
  region: text("region").notNull().default("cranial"),
  status: text("status").$type<"open" | "archived">().notNull().default("open"),
  /** Blob of the canonical volume (`.nii.gz`); null until the import is done. */
  volumeHash: text("volume_hash"),
  grid: jsonb("grid").$type<Grid>(),
  /** JOBS.md report.json of the import, without file names. */
  report: jsonb("report").$type<Record<string, unknown>>(),
  createdBy: text("created_by").notNull().references(() => user.id), createdAt: now("created_at"), dueAt: at("due_at"),
});
export const member = pgTable("member", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  userId: text("user_id").notNull().references(() => user.id), role: text("role").$type<Role>().notNull(), createdAt: now("created_at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.userId] }), index("member_user").on(t.userId)]);

/** The series that a case's CT came from: what results refer to. Only for DICOM. */
export const caseSource = pgTable("case_source", {
  caseId: uuid("case_id").primaryKey().references(() => caseTable.id, { onDelete: "cascade" }),
  /** Blob of source.json, de-identified. */
  sourceHash: text("source_hash").notNull(),
  /** UIDs of that file → original ones, encrypted with the workspace's `uids.key` (server/record/uidVault). */
  sealedUids: bytes("sealed_uids").notNull(),
});

/** Label values 1..127 are given here, by the server, and never given again within a case. */
export const segment = pgTable("segment", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  value: integer("value").notNull(), name: text("name").notNull(), color: text("color").notNull(),
  isLocked: boolean("is_locked").notNull().default(false), state: text("state").$type<SegmentState>().notNull().default("notStarted"), deletedAt: at("deleted_at"),
  /** HU that the surface follows where the mask's boundary does; null: the mask alone. */
  iso: integer("iso"),
  createdBy: text("created_by").notNull(), createdAt: now("created_at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.value] })]);

/** RM1: the log. `seq` counts 1, 2, 3 … within one case and document, without a gap. */
export const draftLog = pgTable("draft_log", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  document: text("document").notNull(), seq: bigint("seq", { mode: "number" }).notNull(),
  update: bytes("update").notNull(), checksum: text("checksum").notNull(),
  userId: text("user_id").notNull(), sessionId: text("session_id").notNull(), at: now("at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.document, t.seq] })]);

/** Below the strokes of a case's masks: what was folded up to and with log entry `seq`. The newest counts; older ones are for older prefixes of the log. */
export const draftBase = pgTable("draft_base", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  seq: bigint("seq", { mode: "number" }).notNull(),
  /** Lamport up to which what arrives later lies on this base. */
  horizon: bigint("horizon", { mode: "number" }).notNull(),
  /** Blobs: labelmap of each layer; the document as the log gives it up to and with `seq`. */
  anatomyHash: text("anatomy_hash").notNull(), proposalHash: text("proposal_hash").notNull(), documentHash: text("document_hash").notNull(),
  /** That of log entry `seq`. */
  checksum: text("checksum").notNull(), at: now("at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.seq] })]);

/** A9: which process has a document of a case open; only that one may append. `token` counts the owners. */
export const roomLease = pgTable("room_lease", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }), document: text("document").notNull(),
  token: bigint("token", { mode: "number" }).notNull(), owner: text("owner").notNull(), until: at("until").notNull(),
}, (t) => [primaryKey({ columns: [t.caseId, t.document] })]);

/** A13: entries of a damaged log, from the first bad one on, as they were found; the log went on without them. */
export const draftLogQuarantine = pgTable("draft_log_quarantine", {
  id: bigserial("id", { mode: "number" }).primaryKey(), caseId: uuid("case_id").notNull(),
  document: text("document").notNull(), seq: bigint("seq", { mode: "number" }).notNull(),
  update: bytes("update").notNull(), checksum: text("checksum").notNull(),
  userId: text("user_id").notNull(), sessionId: text("session_id").notNull(), at: at("at").notNull(), foundAt: now("found_at"),
}, (t) => [index("quarantine_case").on(t.caseId)]);

/** B4: which user a Yjs client id belongs to in a case; the first presenter keeps it. */
export const clientLease = pgTable("client_lease", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  clientId: bigint("client_id", { mode: "number" }).notNull(), userId: text("user_id").notNull(), at: now("at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.clientId] })]);

/** C2: tickets for a socket, stored hashed. `origin` null: a command-line ticket, usable until it expires. */
export const ticket = pgTable("ticket", {
  hash: text("hash").primaryKey(), caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  userId: text("user_id").notNull(), sessionId: text("session_id"), origin: text("origin"),
  expiresAt: at("expires_at").notNull(), usedAt: at("used_at"),
});

export const comment = pgTable("comment", {
  id: uuid("id").primaryKey().defaultRandom(),
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  /** Null for the first of a thread; else the first one's id. */
  threadId: uuid("thread_id"), authorId: text("author_id").notNull().references(() => user.id), body: text("body").notNull(),
  /** Where: RAS mm and the plane it was said on; set on the first of a thread. */
  position: jsonb("position").$type<[number, number, number]>(), plane: text("plane").$type<"axial" | "coronal" | "sagittal">(),
  resolvedAt: at("resolved_at"), resolvedBy: text("resolved_by"), createdAt: now("created_at"),
}, (t) => [index("comment_case").on(t.caseId)]);

/** An upload: bytes arrive into a quarantine folder, are decoded by a worker, and are deleted. */
export const upload = pgTable("upload", {
  id: uuid("id").primaryKey().defaultRandom(), userId: text("user_id").notNull().references(() => user.id),
  state: text("state").$type<"receiving" | "queued" | "decoding" | "done" | "refused" | "cancelled">().notNull().default("receiving"),
  receivedBytes: bigint("received_bytes", { mode: "number" }).notNull().default(0),
  caseId: uuid("case_id").references(() => caseTable.id),
  /** `{stage, fraction}` while decoding. */
  progress: jsonb("progress").$type<{ stage: string; fraction: number }>(),
  /** `{code, message, details}` when refused. */
  error: jsonb("error").$type<{ code: string; message: string; details?: unknown }>(),
  options: jsonb("options").$type<{ useRegularPart?: boolean; region?: string; code?: string; series?: string; part?: { fromMm: number; toMm: number; unsent?: number }; scanAgeDays?: number | null; isChild?: boolean; hasUnreadText?: boolean; unreadFiles?: number; unread?: { isOfSeries: true | null; instanceNumber: number | null; position: [number, number, number] | null }[] }>(), createdAt: now("created_at"),
  /** UIDs that the page wrote → original ones, encrypted (server/record/uidVault); gone when the upload is over. */
  sealedUids: bytes("sealed_uids"),
});

/** A stored result; `key` = hex SHA-256 of node name, version and input hashes (JB2). */
export const artifact = pgTable("artifact", {
  key: text("key").primaryKey(), node: text("node").notNull(), inputs: jsonb("inputs").$type<Record<string, unknown>>().notNull(),
  blobHash: text("blob_hash").notNull(), facts: jsonb("facts").$type<Record<string, unknown>>().notNull(), ms: integer("ms").notNull(), createdAt: now("created_at"),
});
/** JB1: one live job a key; a claim whose lease has run out may be taken over. */
export const claim = pgTable("claim", { key: text("key").primaryKey(), worker: text("worker").notNull(), leaseUntil: at("lease_until").notNull() });
/** What a case wants made: the steps of its build graph (core/build/graph) and where each is. Derived; made anew by every settle. */
export const build = pgTable("build", {
  caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  /** What it is made of, e.g. `segment/3`. */
  subject: text("subject").notNull(),
  /** Name of the node's kind; its version is in the key. */
  node: text("node").notNull(), inputs: jsonb("inputs").$type<Record<string, StepInput>>().notNull(),
  /** Empty while an input is not known. */
  key: text("key").notNull(),
  /** Key of the newest result that was made, also while a change cannot be built; empty before the first. */
  goodKey: text("good_key").notNull().default(""),
  /** Why it was last asked for (core/build/cause), and the entries of that log, after `since` up to `seq`, that brought it. */
  cause: text("cause").$type<Cause>().notNull().default("masks"), since: bigint("since", { mode: "number" }).notNull().default(0),
  seq: bigint("seq", { mode: "number" }).notNull(),
  state: text("state").$type<"waiting" | "rebuilding" | "current" | "failed" | "empty">().notNull(), error: text("error"),
  voxels: bigint("voxels", { mode: "number" }).notNull().default(0), updatedAt: now("updated_at"),
}, (t) => [primaryKey({ columns: [t.caseId, t.subject, t.node] }), index("build_key").on(t.key)]);
/** Up to which log entry the draft of a case has been folded. */
export const settled = pgTable("settled", {
  caseId: uuid("case_id").primaryKey().references(() => caseTable.id, { onDelete: "cascade" }),
  seq: bigint("seq", { mode: "number" }).notNull(),
  /** Blob of the labelmap. */
  manifestHash: text("manifest_hash").notNull(),
  /** Names the labelmap by grid and voxels (core/mask/labelmap); a page compares its own mask with it. Null: folded before this was kept. */
  labelmapHash: text("labelmap_hash"), at: now("at"),
  /** The same of the plan's log. */
  planSeq: bigint("plan_seq", { mode: "number" }).notNull().default(0),
});

/** RV3: a hash chain over the workspace; only appended to. */
export const auditEvent = pgTable("audit_event", {
  id: bigserial("id", { mode: "number" }).primaryKey(), at: at("at").notNull(), actorId: text("actor_id"), caseId: uuid("case_id"),
  action: text("action").notNull(), object: jsonb("object").$type<Record<string, unknown>>().notNull(),
  previousHash: text("previous_hash").notNull(), hash: text("hash").notNull(),
  /** The case's own chain (core/review/audit): 1, 2, 3 … within the case. Null for what is of no case. */
  caseSeq: integer("case_seq"), casePreviousHash: text("case_previous_hash"), caseHash: text("case_hash"),
}, (t) => [uniqueIndex("audit_hash").on(t.hash), index("audit_case").on(t.caseId), uniqueIndex("audit_case_seq").on(t.caseId, t.caseSeq)]);

/** A frozen version: the canonical manifest's bytes and their hash. Never changed; where it stands is `versionState`. */
export const version = pgTable("version", {
  id: uuid("id").primaryKey().defaultRandom(), caseId: uuid("case_id").notNull().references(() => caseTable.id),
  number: integer("number").notNull(), manifest: text("manifest").notNull(), manifestHash: text("manifest_hash").notNull(),
  /** The prefix of the masks' log. */
  seq: bigint("seq", { mode: "number" }).notNull(),
  frozenBy: text("frozen_by").notNull().references(() => user.id), frozenAt: at("frozen_at").notNull(),
}, (t) => [uniqueIndex("version_number").on(t.caseId, t.number)]);
export const versionState = pgTable("version_state", {
  versionId: uuid("version_id").primaryKey().references(() => version.id), state: text("state").$type<VersionState>().notNull(), changedAt: now("changed_at"),
});
/** RV1: a signature with the assertion that proves it and the workspace's countersignature. Never changed. */
export const signature = pgTable("signature", {
  id: uuid("id").primaryKey().defaultRandom(), versionId: uuid("version_id").notNull().references(() => version.id),
  userId: text("user_id").notNull().references(() => user.id), statement: jsonb("statement").$type<SignatureStatement>().notNull(),
  countersignature: text("countersignature").notNull(), at: at("at").notNull(),
}, (t) => [uniqueIndex("signature_person").on(t.versionId, t.userId)]);
/** A passkey for signing. Only `counter` and `revokedAt` ever change. */
export const signingKey = pgTable("signing_key", {
  credentialId: text("credential_id").primaryKey(), userId: text("user_id").notNull().references(() => user.id),
  statement: jsonb("statement").$type<EnrolmentStatement>().notNull(), countersignature: text("countersignature").notNull(),
  counter: bigint("counter", { mode: "number" }).notNull(), revokedAt: at("revoked_at"),
});
/** A challenge for one signature or one enrolment; taken once, within two minutes. */
export const signingChallenge = pgTable("signing_challenge", {
  nonce: text("nonce").primaryKey(), userId: text("user_id").notNull(), sessionId: text("session_id").notNull(),
  versionId: uuid("version_id").references(() => version.id), manifestHash: text("manifest_hash"), meaning: text("meaning").$type<Meaning>(), reason: text("reason"),
  at: at("at").notNull(), usedAt: at("used_at"),
});
/** A written judgement on a report, by the report's content: another report needs another one. Never changed. */
export const judgement = pgTable("judgement", {
  id: uuid("id").primaryKey().defaultRandom(), caseId: uuid("case_id").notNull().references(() => caseTable.id), reportHash: text("report_hash").notNull(),
  reason: text("reason").notNull(), userId: text("user_id").notNull().references(() => user.id), role: text("role").$type<Role>().notNull(), at: now("at"),
}, (t) => [index("judgement_report").on(t.caseId, t.reportHash)]);
/** Work on a version that takes its time: freezing (number: the one it becomes) and packaging. Shown with its stage; its end is kept. */
export const versionJob = pgTable("version_job", {
  id: uuid("id").primaryKey().defaultRandom(), caseId: uuid("case_id").notNull().references(() => caseTable.id),
  kind: text("kind").$type<"freeze" | "package">().notNull(), number: integer("number").notNull(),
  state: text("state").$type<"queued" | "running" | "done" | "failed">().notNull().default("queued"), stage: text("stage").notNull().default("queued"), error: text("error"),
  request: jsonb("request").$type<Record<string, unknown>>().notNull(), result: jsonb("result").$type<Record<string, unknown>>(),
  requestedBy: text("requested_by").notNull().references(() => user.id), createdAt: now("created_at"), updatedAt: now("updated_at"),
}, (t) => [index("version_job_case").on(t.caseId, t.number)]);
/** A person's one-time codes for signing (RFC 6238). `secret` is encrypted with the workspace's; a code's time step is taken once. */
export const signingTotp = pgTable("signing_totp", {
  userId: text("user_id").primaryKey().references(() => user.id), secret: text("secret").notNull(), isConfirmed: boolean("is_confirmed").notNull().default(false),
  lastStep: bigint("last_step", { mode: "number" }).notNull().default(0), createdAt: now("created_at"),
});
/** F12: signatures that were tried and refused; five within a quarter of an hour lock a person's signing. */
export const signingFailure = pgTable("signing_failure", {
  id: bigserial("id", { mode: "number" }).primaryKey(), userId: text("user_id").notNull(), caseId: uuid("case_id"), at: now("at"),
}, (t) => [index("signing_failure_user").on(t.userId, t.at)]);
/** A surface out of a file: an intra-oral scan, an old implant, somebody's design. The mesh is stored in RAS mm; the file itself never is. */
export const fileSurface = pgTable("file_surface", {
  id: uuid("id").primaryKey().defaultRandom(), caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  name: text("name").notNull(), kind: text("kind").$type<"intraoralScan" | "oldImplant" | "externalDesign" | "other">().notNull(), color: text("color").notNull(),
  /** What the person said the file's numbers mean. */
  format: text("format").notNull(), unit: text("unit").notNull(), space: text("space").notNull(),
  blobHash: text("blob_hash").notNull(), facts: jsonb("facts").$type<Record<string, unknown>>().notNull(),
  createdBy: text("created_by").notNull().references(() => user.id), createdAt: now("created_at"), removedAt: at("removed_at"),
}, (t) => [index("file_surface_case").on(t.caseId)]);
/** A surface that somebody had mended and that is neither kept nor discarded yet. The result is the artifact of that key. */
export const surfaceMend = pgTable("surface_mend", {
  id: uuid("id").primaryKey().defaultRandom(), caseId: uuid("case_id").notNull().references(() => caseTable.id, { onDelete: "cascade" }),
  /** `file/<id of file_surface>` or `segment/<value>`, its name then, and the mesh as it was then. */
  source: text("source").notNull(), name: text("name").notNull(), surfaceHash: text("surface_hash").notNull(),
  options: jsonb("options").$type<MendOptions>().notNull(), key: text("key").notNull(), error: text("error"),
  requestedBy: text("requested_by").notNull().references(() => user.id), createdAt: now("created_at"),
}, (t) => [index("surface_mend_case").on(t.caseId), index("surface_mend_key").on(t.key)]);
