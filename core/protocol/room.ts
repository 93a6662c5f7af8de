import { z } from "zod";

/** Message types of a room's socket. 0, 1 and 3 are y-websocket's own; a stock client ignores ours. */
export const messageType = {
  sync: 0, awareness: 1, queryAwareness: 3,
  /** client → server: varuint n, «tell me when everything before this is committed». */
  saveQuery: 100,
  /** server → client: varuint n of the query; everything earlier on that socket is committed. */
  saved: 101,
  /** server → client: varString JSON of a `caseEvent`. */
  event: 102,
  /** server → client: varString JSON of a `refusal`; the socket closes right after. */
  refused: 103,
  /** server → client, before the state of the document and with each rebase: varString JSON of a `baseNotice`. */
  base: 104,
  /** server → client: varuint, how many strokes of this socket came too late for their place and lie on the base, below newer ones. */
  late: 105,
  /** client → server: «where does the log end?» */
  placeQuery: 106,
  /** server → client, the answer: varString JSON of a `logPlace`. */
  place: 107,
} as const;

/** Close codes; 4400–4499 tell the provider not to reconnect. */
export const closeCode = {
  badMessage: 4400, notAllowed: 4403, gone: 4404, revoked: 4401, tooLarge: 1009, tooMuch: 4429, restarting: 1012, loadFailed: 1011,
} as const;

/** Something in the case's rows changed: refetch what it names. */
export const caseEvent = z.object({
  caseId: z.string(),
  topic: z.enum(["case", "segments", "comments", "builds", "members", "versions"]),
});
export type CaseEvent = z.infer<typeof caseEvent>;

/** What lies below the strokes of `masks`: blobs of both layers (core/mask/labelmap), by hash. */
export const baseNotice = z.object({
  seq: z.number().int().positive(), horizon: z.number().int().positive(),
  anatomy: z.string().regex(/^[0-9a-f]{64}$/), proposal: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BaseNotice = z.infer<typeof baseNotice>;

/**
 * A10: a place in a document's log, in whose checksum everything before it is. A page names the last one it heard when it
 * asks for a ticket, and so learns before it syncs whether the document is still the one that it holds (the epoch).
 */
export const logPlace = z.object({ document: z.enum(["masks", "plan"]), seq: z.number().int().nonnegative(), checksum: z.string().regex(/^([0-9a-f]{64})?$/) });
export type LogPlace = z.infer<typeof logPlace>;

/** Why an update was not taken. */
export const refusal = z.object({ code: z.string(), message: z.string() });
export type Refusal = z.infer<typeof refusal>;

/** The PostgreSQL channel on which case events travel between processes. */
export const caseEventChannel = "caseroom_case_event";

/** Most points of an outline in a presence entry: with ten characters a number it stays within 4 KiB. */
export const maxOutlinePoints = 100;

/** What the server stamps on each presence entry; clients send `view` only. */
export const presenceView = z.object({
  /** Crosshair, RAS mm. */
  crosshair: z.tuple([z.number(), z.number(), z.number()]).optional(),
  tool: z.string().max(40).optional(),
  segment: z.number().int().min(0).max(127).optional(),
  /** What is being drawn in a slice and not written yet, RAS mm; as many points as an entry has room for. On the surfaces: its line, laid over them. */
  outline: z.object({
    pane: z.enum(["axial", "coronal", "sagittal", "surface"]), shape: z.enum(["freeForm", "polygon", "circle", "rectangle", "trail"]),
    points: z.array(z.tuple([z.number(), z.number(), z.number()])).min(1).max(maxOutlinePoints),
  }).refine(({ shape, points }) => (shape !== "circle" && shape !== "rectangle") || points.length === 2, "a circle and a rectangle are two points")
    .refine(({ pane, shape }) => pane !== "surface" || shape === "freeForm", "on the surfaces there are only lines").optional(),
});
export type PresenceView = z.infer<typeof presenceView>;

/** An awareness state as peers receive it. */
export interface PresenceState extends PresenceView {
  user: { id: string; name: string; role: string; color: string };
}

/** Colours of people, colour-blind safe, picked by position of the member in the case. */
export const peopleColors = ["#ff8a5c", "#4fd1c5", "#b794f6", "#f6c85f", "#6ea8fe", "#f58fb8"] as const;

export const subprotocol = "caseroom";
/** The shared documents of a case, each with a room of its own. */
export const roomDocuments = ["masks", "plan"] as const;
export type RoomDocument = (typeof roomDocuments)[number];
/** The path of the sockets; the room's name is `<caseId>/masks` or `<caseId>/plan`. */
export const roomsPath = "/rooms";
/** Largest entry (bytes) of one stroke increment in the log (ARCHITECTURE §4). */
export const maxStrokeEntryBytes = 16 * 1024;
