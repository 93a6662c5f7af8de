import * as Y from "yjs";
import { closeCode, type CaseEvent } from "../../core/protocol/room.ts";
import { isAllowed, type Action } from "../../core/review/permissions.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Database } from "../platform/db.ts";
import type { log as writeLog } from "../platform/log.ts";
import { readLog } from "../record/draftLog.ts";
import { leaseClients, readLeases } from "../record/leases.ts";
import { greatestValue } from "../record/segments.ts";
import { accessOf, liveSessions, type Access } from "../record/tickets.ts";
import { CommitQueue } from "./commitQueue.ts";
import { Presence, type PresenceEntry } from "./presence.ts";
import { readUpdate } from "./readUpdate.ts";
import { MessageRefused, UpdateAhead } from "./refused.ts";
import { syncMessage, type RoomPort, type RoomSocket } from "./roomSocket.ts";
import { SettleTrigger } from "./settleTrigger.ts";
import { decodeEntries, StrokeIndex, type AddedEntries } from "./strokeIndex.ts";

export interface RoomContext {
  database: Database;
  blobs: Blobs;
  log: typeof writeLog;
}

const maxLeasesPerSocket = 64;

function newDoc(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.getArray("strokes");
  doc.getArray("marks");
  if (updates.length > 0) Y.applyUpdate(doc, updates.length === 1 ? updates[0] : Y.mergeUpdates([...updates]));
  return doc;
}

const bytesOf = (doc: Y.Doc, root: "strokes" | "marks"): Uint8Array[] => doc.getArray<Uint8Array>(root).toArray();

/** The open draft of one case. `live` is what is committed; `twin` has also what is proven and on its way to the log. */
export class Room implements RoomPort {
  readonly caseId: string;
  readonly sockets = new Set<RoomSocket>();
  isGone = false;
  readonly #context: RoomContext;
  readonly #live: Y.Doc;
  #twin: Y.Doc;
  readonly #index = new StrokeIndex();
  readonly #leases: Map<number, string>;
  #access: Map<string, Access>;
  #greatestValue = 0;
  readonly #presence = new Presence<RoomSocket>();
  readonly #commits: CommitQueue<RoomSocket>;
  readonly #settle: SettleTrigger;

  constructor(context: RoomContext, caseId: string, loaded: {
    log: Awaited<ReturnType<typeof readLog>>; leases: Map<number, string>; access: Map<string, Access>;
  }, failed: () => void) {
    this.caseId = caseId;
    this.#context = context;
    this.#live = newDoc(loaded.log.updates);
    if (this.#live.store.pendingStructs || this.#live.store.pendingDs) throw new Error("the log has a gap");
    this.#twin = newDoc([Y.encodeStateAsUpdate(this.#live)]);
    this.#index.add(decodeEntries(bytesOf(this.#live, "strokes"), bytesOf(this.#live, "marks")));
    this.#leases = loaded.leases;
    this.#access = loaded.access;
    const { database: { db }, log } = context;
    this.#settle = new SettleTrigger(db, log, caseId);
    this.#commits = new CommitQueue<RoomSocket>({
      db, log, caseId, end: loaded.log.end,
      onCommitted: (update, origin) => this.#publish(update, origin),
      onFailed: (error) => {
        log("error", "room.failed", { caseId, reason: error instanceof Error ? error.message : "unknown" });
        failed();
        this.closeAll(closeCode.loadFailed, "not-stored");
      },
    });
    if (loaded.log.end.seq > 0) this.#settle.touch();
  }

  /** Reads a room from the log; throws rather than give a room that lacks something (A7). */
  static async load(context: RoomContext, caseId: string, failed: () => void): Promise<Room> {
    const { db } = context.database;
    const [log, leases, access] = await Promise.all([readLog(db, caseId, "masks"), readLeases(db, caseId), accessOf(db, caseId)]);
    return new Room(context, caseId, { log, leases, access }, failed);
  }

  get pending(): number {
    return this.#commits.pending;
  }

  stateVector = (): Uint8Array => Y.encodeStateVector(this.#live);
  presence = (): Uint8Array => this.#presence.all();
  whenSaved = (then: () => void): void => this.#commits.whenSaved(then);

  stateSince(socket: RoomSocket, stateVector: Uint8Array): Uint8Array {
    this.#demand(socket, "masks.read");
    return Y.encodeStateAsUpdate(this.#live, stateVector);
  }

  leave(socket: RoomSocket): void {
    this.sockets.delete(socket);
    this.#presence.leave(socket);
  }

  /** RM2, RM4 and B2: nothing reaches the log that has not been proven on the twin. */
  async takeUpdate(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): Promise<void> {
    const read = this.#read(socket, update, isAnswer);
    if (!read || read.strokes.length + read.marks.length === 0) return;
    this.#demand(socket, "masks.write");
    const entries = decodeEntries(read.strokes, read.marks);
    const { userId } = socket.holder;
    await this.#lease(socket, [...read.clientIds]);
    for (const clientId of read.clientIds) {
      if (this.#leases.get(clientId) !== userId) throw new MessageRefused("not-your-client", "An update adds under a client id of somebody else.", closeCode.notAllowed);
    }
    await this.#proveValues(entries);
    await this.#proveBlobs(entries);
    // The room went on meanwhile, and the sender's right may have ended.
    this.#demand(socket, "masks.write");
    const again = this.#read(socket, update, isAnswer);
    if (!again || again.strokes.length + again.marks.length === 0) return;
    this.#accept(socket, update, again.nextClock, decodeEntries(again.strokes, again.marks));
  }

  async takePresence(socket: RoomSocket, entries: PresenceEntry[]): Promise<void> {
    this.#demand(socket, "presence.send");
    if (socket.ownClientId === undefined && entries.length === 1 && entries[0].view !== null) {
      const { clientId } = entries[0];
      await this.#lease(socket, [clientId]);
      if (this.#leases.get(clientId) === socket.holder.userId) socket.ownClientId = clientId;
    }
    // B6: stock clients repeat what others said; only one's own counts.
    const own = entries.find((entry) => entry.clientId === socket.ownClientId);
    if (own && !socket.isClosed) this.#presence.set(socket, own, this.#demand(socket, "presence.send"));
  }

  /** C3: closes who may not be here any more. Throws when the database cannot be asked. */
  async refreshAccess(): Promise<void> {
    const { db } = this.#context.database;
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
    if (message) for (const socket of this.sockets) socket.send(message);
  }

  /** Keeps stock clients, which reconnect after 30 s of silence. */
  keepAlive(): void {
    const message = this.presence();
    for (const socket of this.sockets) {
      socket.send(message);
      socket.checkPulse();
    }
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.sockets) socket.close(code, reason);
  }

  /** Waits for the log, asks for a last settle, forgets the documents. */
  async end(): Promise<void> {
    this.isGone = true;
    await this.#commits.drain();
    await this.#settle.close();
    this.#live.destroy();
    this.#twin.destroy();
  }

  #demand(socket: RoomSocket, action: Action): Access {
    const access = this.#access.get(socket.holder.userId);
    if (!access || !isAllowed(access.role, action, access.isArchived)) {
      throw new MessageRefused("not-allowed", access?.isArchived ? "This case is archived." : "Your role does not allow this.", closeCode.notAllowed);
    }
    return access;
  }

  #read(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): ReturnType<typeof readUpdate> | null {
    try {
      return readUpdate(this.#twin, update);
    } catch (error) {
      if (!(error instanceof UpdateAhead)) throw error;
      if (isAnswer) throw new MessageRefused("clock-gap", "A sync answer leaves something out.");
      socket.askForAll();
      return null;
    }
  }

  async #lease(socket: RoomSocket, clientIds: number[]): Promise<void> {
    const fresh = clientIds.filter((id) => !this.#leases.has(id));
    if (fresh.length === 0) return;
    socket.leased += fresh.length;
    if (socket.leased > maxLeasesPerSocket) throw new MessageRefused("too-many-clients", "Too many client ids on one socket.");
    const holders = await leaseClients(this.#context.database.db, this.caseId, socket.holder.userId, fresh);
    for (const [clientId, userId] of holders) this.#leases.set(clientId, userId);
  }

  /** A label value that the case never gave out is refused; the one of a deleted segment is history and stays good. */
  async #proveValues({ strokes }: AddedEntries): Promise<void> {
    const greatest = strokes.reduce((most, { value }) => Math.max(most, value), 0);
    if (greatest <= this.#greatestValue) return;
    this.#greatestValue = await greatestValue(this.#context.database.db, this.caseId);
    if (greatest > this.#greatestValue) throw new MessageRefused("unknown-segment", `A stroke writes label value ${greatest}; the case has given out 1 to ${this.#greatestValue}.`);
  }

  async #proveBlobs({ strokes }: AddedEntries): Promise<void> {
    const { blobs } = this.#context;
    for (const { content } of strokes) {
      if (content.kind !== "blob") continue;
      if (!(await blobs.has(content.hash)) || (await blobs.size(content.hash)) !== content.byteLength) {
        throw new MessageRefused("unknown-blob", "A stroke names a blob that is not stored.");
      }
    }
  }

  #accept(socket: RoomSocket, update: Uint8Array, nextClock: Map<number, number>, entries: AddedEntries): void {
    const { userId, sessionId } = socket.holder;
    this.#index.prove(entries, (clientId) => this.#leases.get(clientId) === userId);
    let delta: Uint8Array | undefined;
    const listen = (added: Uint8Array) => { delta = added; };
    this.#twin.on("update", listen);
    try {
      Y.applyUpdate(this.#twin, update);
    } catch (error) {
      this.#context.log("warn", "room.twinThrew", { caseId: this.caseId, reason: error instanceof Error ? error.message : "unknown" });
      delta = undefined;
    } finally {
      this.#twin.off("update", listen);
    }
    const { store } = this.#twin;
    const isWhole = !store.pendingStructs && !store.pendingDs && [...nextClock].every(([client, clock]) => Y.getState(store, client) === clock);
    if (!delta || !isWhole) {
      this.#twin.destroy();
      this.#twin = newDoc([Y.encodeStateAsUpdate(this.#live), ...this.#commits.uncommitted]);
      throw new MessageRefused("bad-update", "The update cannot be applied.");
    }
    this.#index.add(entries);
    this.#commits.push({ update: delta, userId, sessionId: sessionId ?? "command-line" }, socket);
  }

  #publish(update: Uint8Array, origin: RoomSocket): void {
    Y.applyUpdate(this.#live, update);
    const message = syncMessage(2, update);
    for (const socket of this.sockets) if (socket !== origin) socket.send(message);
    this.#settle.touch();
  }
}
