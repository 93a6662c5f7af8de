import * as Y from "yjs";
import { closeCode, type CaseEvent, type LogPlace, type RoomDocument } from "../../core/protocol/room.ts";
import { isAllowed, type Action } from "../../core/review/permissions.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Database } from "../platform/db.ts";
import type { log as writeLog } from "../platform/log.ts";
import type { LogEnd } from "../record/draftLog.ts";
import { leaseClients } from "../record/leases.ts";
import { accessOf, liveSessions, type Access } from "../record/tickets.ts";
import { Presence, type PresenceEntry } from "./presence.ts";
import { MessageRefused } from "./refused.ts";
import { binaryFrame } from "./frame.ts";
import { syncMessage, type RoomPort, type RoomSocket } from "./roomSocket.ts";
import type { Spill } from "./spill.ts";
import { StatePieces } from "./statePieces.ts";

export interface RoomContext {
  database: Database;
  blobs: Blobs;
  log: typeof writeLog;
  /** Where edits go that cannot be committed when the server has to end; without it they are only with their authors. */
  spill?: Spill;
  /** For tests: entries after which a rebase is worked out, and the youngest strokes of each person that stay. */
  rebaseEvery?: number;
  undoKept?: number;
}

/** What a room is made of when it opens. */
export interface RoomMembers {
  leases: Map<number, string>; access: Map<string, Access>;
  /** A9: of this process' lease on the room; every append names it. */
  token: number;
}

const maxLeasesPerSocket = 64;
/** A state goes out in pieces of this: what a reader on the slowest line that is served takes in a few seconds. */
const pieceBytes = 256 * 1024;

/** What the open documents of a case have in common: who is there, what they may, presence, and what is sent to all. */
export abstract class CaseRoom implements RoomPort {
  readonly caseId: string;
  readonly sockets = new Set<RoomSocket>();
  isGone = false;
  protected readonly context: RoomContext;
  /** The committed document. */
  protected readonly live: Y.Doc;
  protected readonly leases: Map<number, string>;
  /** A9: fencing token of this process' lease on the room. */
  readonly token: number;
  readonly #reading: Action;
  readonly #writing: Action;
  #access: Map<string, Access>;
  readonly #presence = new Presence<RoomSocket>();

  protected constructor(context: RoomContext, caseId: string, live: Y.Doc, { leases, access, token }: RoomMembers, may: { read: Action; write: Action }) {
    this.context = context;
    this.caseId = caseId;
    this.live = live;
    this.leases = leases;
    this.#access = access;
    this.token = token;
    this.#reading = may.read;
    this.#writing = may.write;
  }

  abstract readonly document: RoomDocument;
  /** Updates that are proven and not committed yet. */
  abstract get pending(): number;
  /** Where its log ends: the place of what is committed. */
  abstract get logEnd(): LogEnd;
  abstract whenSaved(then: () => void): void;
  abstract takeUpdate(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): Promise<void>;
  /** Waits for the log and forgets the documents. */
  abstract end(): Promise<void>;

  stateVector = (): Uint8Array => Y.encodeStateVector(this.live);
  presence = (): Uint8Array => this.#presence.all();
  /** What a socket has to know before the state of the document; null: nothing. */
  beforeState(): Uint8Array | null { return null; }

  stateSince(socket: RoomSocket, stateVector: Uint8Array): StatePieces {
    this.demand(socket, this.#reading);
    return new StatePieces(this.live, stateVector, pieceBytes);
  }

  placeFor(socket: RoomSocket): LogPlace {
    this.demand(socket, this.#reading);
    return { document: this.document, seq: this.logEnd.seq, checksum: this.logEnd.checksum };
  }

  leave(socket: RoomSocket): void {
    this.sockets.delete(socket);
    this.#presence.leave(socket);
  }

  async takePresence(socket: RoomSocket, entries: PresenceEntry[]): Promise<void> {
    this.demand(socket, "presence.send");
    if (socket.ownClientId === undefined && entries.length === 1 && entries[0].view !== null) {
      const { clientId } = entries[0];
      await this.lease(socket, [clientId]);
      if (this.leases.get(clientId) === socket.holder.userId) socket.ownClientId = clientId;
    }
    // B6: stock clients repeat what others said; only one's own counts.
    const own = entries.find((entry) => entry.clientId === socket.ownClientId);
    if (own && !socket.isClosed) this.#presence.set(socket, own, this.demand(socket, "presence.send"));
  }

  /** C3: closes who may not be here any more. Throws when the database cannot be asked. */
  async refreshAccess(): Promise<void> {
    const { db } = this.context.database;
    const sessionIds = [...new Set([...this.sockets].flatMap(({ holder }) => holder.sessionId ?? []))];
    const [access, sessions] = await Promise.all([accessOf(db, this.caseId), liveSessions(db, sessionIds)]);
    this.#access = access;
    for (const person of access.values()) this.#presence.restamp(person);
    for (const socket of this.sockets) {
      const { userId, sessionId } = socket.holder;
      // A session that came while we asked is judged the next time.
      const isSignedOut = sessionId !== null && sessionIds.includes(sessionId) && !sessions.has(sessionId);
      if (isSignedOut || !access.has(userId)) socket.refuse(new MessageRefused("revoked", "You are no longer in this case.", closeCode.revoked));
    }
  }

  sendEvent(event: CaseEvent): void {
    for (const socket of this.sockets) socket.sendEvent(event);
  }

  flushPresence(): void {
    const message = this.#presence.takeChanges();
    if (!message) return;
    const frame = binaryFrame(message);
    for (const socket of this.sockets) socket.sendFrame(frame);
  }

  /** Keeps stock clients, which reconnect after 30 s of silence. */
  keepAlive(): void {
    const frame = binaryFrame(this.presence()), now = performance.now();
    for (const socket of this.sockets) {
      socket.sendFrame(frame);
      socket.checkPulse(now);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.sockets) socket.close(code, reason);
  }

  /**
   * Takes what was committed together into the live document and sends it to each socket as one message; an author alone in
   * a batch has it already. Who reads too slowly for that is given the state from here on instead.
   * @param first what goes to all before it
   */
  protected publishUpdate(batch: readonly { update: Uint8Array; origin: RoomSocket | null }[], first: Uint8Array | null = null): void {
    const update = batch.length === 1 ? batch[0].update : Y.mergeUpdates(batch.map((entry) => entry.update));
    const authors = new Set(batch.map(({ origin }) => origin)), alone = authors.size === 1 ? batch[0].origin : null;
    const behind = new Set([...this.sockets].filter((socket) => socket !== alone && socket.isBehind(update.length)));
    const before = behind.size > 0 ? Y.encodeStateVector(this.live) : null;
    Y.applyUpdate(this.live, update);
    const frame = binaryFrame(syncMessage(2, update));
    for (const socket of this.sockets) {
      if (first) socket.send(first);
      if (before && behind.has(socket)) socket.giveState(new StatePieces(this.live, before, pieceBytes));
      else if (socket !== alone) socket.sendFrame(frame);
    }
  }

  /** The sender's place in the case, if it allows an action. @throws MessageRefused */
  protected demand(socket: RoomSocket, action: Action): Access {
    const access = this.#access.get(socket.holder.userId);
    if (!access || !isAllowed(access.role, action, access.isArchived)) {
      throw new MessageRefused("not-allowed", access?.isArchived ? "This case is archived." : "Your role does not allow this.", closeCode.notAllowed);
    }
    return access;
  }

  /** People who hold a client id of the case and are not in it any more. */
  protected gone(): string[] {
    return [...new Set(this.leases.values())].filter((userId) => !this.#access.has(userId));
  }

  protected mayWrite({ holder }: RoomSocket): boolean {
    const access = this.#access.get(holder.userId);
    return access !== undefined && isAllowed(access.role, this.#writing, access.isArchived);
  }

  /** Leases client ids that nobody has yet to the sender. */
  protected async lease(socket: RoomSocket, clientIds: number[]): Promise<void> {
    const fresh = clientIds.filter((id) => !this.leases.has(id));
    if (fresh.length === 0) return;
    socket.leased += fresh.length;
    if (socket.leased > maxLeasesPerSocket) throw new MessageRefused("too-many-clients", "Too many client ids on one socket.");
    const holders = await leaseClients(this.context.database.db, this.caseId, socket.holder.userId, fresh);
    for (const [clientId, userId] of holders) this.leases.set(clientId, userId);
  }
}
