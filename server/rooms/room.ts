import * as Y from "yjs";
import { closeCode } from "../../core/protocol/room.ts";
import { serverClientId } from "../../core/draft/rebase.ts";
import { readMasks } from "../record/draftBase.ts";
import { appendToLog, type LogEnd, type LogEntry, serverAuthor } from "../record/draftLog.ts";
import { readLeases } from "../record/leases.ts";
import { greatestValue } from "../record/segments.ts";
import { accessOf } from "../record/tickets.ts";
import { CaseRoom, type RoomContext, type RoomMembers } from "./caseRoom.ts";
import { CommitQueue } from "./commitQueue.ts";
import { RoomBase } from "./roomBase.ts";
import { MessageRefused } from "./refused.ts";
import { newMasksDoc, type CheckRequest, type Verdict } from "./roomTwin.ts";
import type { RoomSocket } from "./roomSocket.ts";
import { SettleTrigger } from "./settleTrigger.ts";
import type { RoomState, Validator } from "./validator.ts";

const lastAskMs = 1000;
/** Client ids that a socket need not be asked about again. */
const maxKnown = 64;

/** The open draft of one case: what is committed. Its twin in the validator's thread has also what is on its way to the log. */
export class Room extends CaseRoom {
  readonly document = "masks";
  readonly #validator: Validator;
  #greatestValue = 0;
  readonly #commits: CommitQueue<RoomSocket | null>;
  readonly #settle: SettleTrigger;
  readonly #base: RoomBase;
  /** The twin's name in the validator: this room's alone, for the next one of the case may open while it still ends. */
  readonly #twin: string;

  constructor(context: RoomContext, validator: Validator, caseId: string, loaded: RoomMembers & { log: Awaited<ReturnType<typeof readMasks>> }, failed: () => void) {
    super(context, caseId, newMasksDoc(loaded.log.updates), loaded, { read: "masks.read", write: "masks.write" });
    this.#validator = validator;
    this.#twin = `${caseId}/${loaded.token}`;
    if (this.live.store.pendingStructs || this.live.store.pendingDs) throw new Error("the log has a gap");
    const { database: { db }, log } = context;
    this.#settle = new SettleTrigger(db, log, caseId);
    this.#commits = new CommitQueue<RoomSocket | null>({
      log, caseId, end: loaded.log.end,
      append: async (end, batch) => {
        await this.#base.prepare(batch);
        return appendToLog(db, caseId, "masks", end, batch.map(({ update, userId, sessionId, base }) => ({ update, userId, sessionId, base })), this.token);
      },
      putAside: (entries) => context.spill?.write(caseId, entries) ?? Promise.resolve(),
      readers: () => this.sockets.size,
      onCommitted: (batch) => this.#publish(batch),
      onFailed: (error) => {
        log("error", "room.failed", { caseId, reason: error instanceof Error ? error.message : "unknown" });
        failed();
        this.closeAll(closeCode.loadFailed, "not-stored");
      },
    });
    // Nobody's client id: what the server writes itself.
    this.leases.set(serverClientId, serverAuthor.userId);
    this.#base = new RoomBase({
      caseId, context, rebase: (request) => validator.rebase(this.#twin, request),
      read: () => ({ state: Y.encodeStateAsUpdate(this.live), people: [...this.leases], exempt: this.gone() }),
      size: () => this.live.getArray("strokes").length + this.live.getArray("marks").length,
      commit: (entry) => this.#commits.push(entry, null),
    }, loaded.log.base);
    if (loaded.log.end.seq > 0) this.#settle.touch();
  }

  /** Reads a room from the log; throws rather than give a room that lacks something (A7). */
  static async load(context: RoomContext, validator: Validator, caseId: string, token: number, failed: () => void): Promise<Room> {
    const room = await Room.#fromLog(context, validator, caseId, token, failed);
    try {
      await validator.open(room.#twin, room.#state);
      await room.#bringBack();
    } catch (error) {
      await room.end();
      throw error;
    }
    room.#base.consider();
    return room;
  }

  /** A function of its own, so that the log's bytes are gone before the twin is made of the document. */
  static async #fromLog(context: RoomContext, validator: Validator, caseId: string, token: number, failed: () => void): Promise<Room> {
    const { db } = context.database;
    const [log, leases, access] = await Promise.all([readMasks(db, context.blobs, caseId), readLeases(db, caseId), accessOf(db, caseId)]);
    return new Room(context, validator, caseId, { log, leases, access, token }, failed);
  }

  /** A5: commits what an earlier process could not; what has arrived otherwise since is not taken twice. */
  async #bringBack(): Promise<void> {
    const { spill, log } = this.context;
    const entries = await spill?.read(this.caseId);
    if (!spill || !entries || entries.length === 0) return;
    let refused = 0;
    for (const { update, userId, sessionId } of entries) {
      const own = [...this.leases].filter(([, holder]) => holder === userId).map(([clientId]) => clientId);
      const verdict = await this.#check({ update, isAnswer: true, own, greatestValue: 0, isProven: true });
      if (verdict.kind === "accepted") this.#commits.push({ update: verdict.delta, userId, sessionId }, null);
      else if (verdict.kind !== "nothing") refused++;
    }
    log("warn", "room.broughtBack", { caseId: this.caseId, entries: entries.length, refused });
    await new Promise<void>((resolve, reject) => {
      this.#commits.whenSaved(resolve);
      void this.#commits.drain().then(() => reject(new Error("what an earlier process left could not be committed")));
    });
    await spill.forget(this.caseId);
  }

  get logEnd(): LogEnd {
    return this.#commits.end;
  }

  get pending(): number {
    return this.#commits.pending;
  }

  readonly #state = (): RoomState => ({ committed: Y.encodeStateAsUpdate(this.live), uncommitted: this.#commits.uncommitted, horizon: this.#base.horizon });

  override beforeState(): Uint8Array | null {
    return this.#base.message;
  }

  whenSaved(then: () => void): void {
    this.#commits.whenSaved(then);
  }

  /** RM2, RM4 and B2: nothing reaches the log that has not been proven on the twin. */
  async takeUpdate(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): Promise<void> {
    const mayWrite = this.mayWrite(socket);
    // Who may not write knows no fact that an update could be accepted on, so that at most `needs` comes back.
    const first = await this.#check({ update, isAnswer, own: mayWrite ? socket.known : [], greatestValue: this.#greatestValue, isProven: false });
    if (first.kind !== "needs") return this.#act(socket, first);
    this.demand(socket, "masks.write");
    await this.lease(socket, first.clientIds);
    const isOwn = (clientId: number) => this.leases.get(clientId) === socket.holder.userId;
    if (!first.clientIds.every(isOwn)) throw new MessageRefused("not-your-client", "An update adds under a client id of somebody else.", closeCode.notAllowed);
    await this.#proveValue(first.greatestValue);
    await this.#proveBlobs(first.blobs);
    // The sender's right may have ended meanwhile.
    this.demand(socket, "masks.write");
    const own = [...new Set([...first.clientIds, ...first.entryClientIds])].filter(isOwn);
    socket.known = [...new Set([...own, ...socket.known])].slice(0, maxKnown);
    this.#act(socket, await this.#check({ update, isAnswer, own, greatestValue: first.greatestValue, isProven: true }));
  }

  /** Waits for the log, asks for a last settle, forgets the documents. */
  async end(): Promise<void> {
    this.isGone = true;
    await this.#base.end();
    this.#validator.close(this.#twin);
    await this.#commits.drain();
    // The next start asks for a settle too; a database that does not answer must not hold up the end.
    await Promise.race([this.#settle.close(), new Promise((resolve) => setTimeout(resolve, lastAskMs).unref())]);
    this.live.destroy();
  }

  async #check(request: CheckRequest): Promise<Verdict> {
    const verdict = await this.#validator.check(this.#twin, request);
    if (this.isGone) throw new MessageRefused("unavailable", "The room was closed.", closeCode.loadFailed);
    return verdict;
  }

  #act(socket: RoomSocket, verdict: Verdict): void {
    switch (verdict.kind) {
      case "nothing": return;
      case "ahead": return socket.askForAll();
      case "refused": throw new MessageRefused(verdict.code, verdict.message, verdict.close);
      case "accepted": {
        const { userId, sessionId } = socket.holder;
        this.#commits.push({ update: verdict.delta, userId, sessionId: sessionId ?? "command-line" }, socket);
        if (verdict.late > 0) socket.sendLate(verdict.late);
        return;
      }
      case "needs": throw new MessageRefused("unavailable", "The update could not be judged.", closeCode.loadFailed);
    }
  }

  /** A label value that the case never gave out is refused; the one of a deleted segment is history and stays good. */
  async #proveValue(greatest: number): Promise<void> {
    if (greatest <= this.#greatestValue) return;
    this.#greatestValue = await greatestValue(this.context.database.db, this.caseId);
    if (greatest > this.#greatestValue) throw new MessageRefused("unknown-segment", `A stroke writes label value ${greatest}; the case has given out 1 to ${this.#greatestValue}.`);
  }

  async #proveBlobs(wanted: readonly { hash: string; byteLength: number }[]): Promise<void> {
    const { blobs } = this.context;
    for (const { hash, byteLength } of wanted) {
      if (!(await blobs.has(hash)) || (await blobs.size(hash)) !== byteLength) {
        throw new MessageRefused("unknown-blob", "A stroke names a blob that is not stored.");
      }
    }
  }

  #publish(batch: readonly (LogEntry & { seq: number; origin: RoomSocket | null })[]): void {
    const bases = batch.filter((entry) => entry.base !== undefined);
    for (const { base, seq } of bases) if (base) this.#base.moved(seq, base);
    this.publishUpdate(batch, bases.length > 0 ? this.#base.message : null);
    this.#settle.touch();
    this.#base.consider();
  }
}
