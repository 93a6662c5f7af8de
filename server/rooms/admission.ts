import type { IncomingMessage } from "node:http";
import { type RoomDocument, roomDocuments, roomsPath, subprotocol } from "../../core/protocol/room.ts";
import type { Db } from "../platform/db.ts";
import { accessOf, liveSessions, redeemTicket, type TicketHolder } from "../record/tickets.ts";

/** Who comes in, or the HTTP status of the refusal before any 101. */
export type Admission = { holder: TicketHolder; document: RoomDocument } | { status: 400 | 403 | 404 };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const prefix = "ticket.";

/**
 * C1, C2: an upgrade needs our own origin and a ticket for that origin and case. Without an Origin header it needs
 * a command-line ticket and must bring no cookie, which a browser would.
 */
export async function admit(db: Db, req: IncomingMessage, ourOrigin: string): Promise<Admission> {
  const path = (req.url ?? "").split("?")[0];
  const [caseId, name, ...rest] = path.startsWith(`${roomsPath}/`) ? path.slice(roomsPath.length + 1).split("/") : [];
  const document = roomDocuments.find((one) => one === name);
  if (!caseId || !document || rest.length > 0 || !uuid.test(caseId)) return { status: 404 };
  const origin = req.headers.origin ?? null;
  if (origin === null ? req.headers.cookie !== undefined : origin !== ourOrigin) return { status: 403 };
  const offered = (req.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const secret = offered.find((name) => name.startsWith(prefix))?.slice(prefix.length);
  if (!secret || !offered.includes(subprotocol)) return { status: 403 };
  const holder = await redeemTicket(db, secret, caseId, origin);
  if (!holder) return { status: 403 };
  if (!(await accessOf(db, caseId)).has(holder.userId)) return { status: 403 };
  if (holder.sessionId !== null && (await liveSessions(db, [holder.sessionId])).size === 0) return { status: 403 };
  return { holder, document };
}
