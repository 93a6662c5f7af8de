import { closeCode } from "../../core/protocol/room.ts";
import { type LogEnd, readLog } from "../record/draftLog.ts";
import { readLeases } from "../record/leases.ts";
import { appendToPlan, type PlanEntry } from "../record/planLog.ts";
import { accessOf } from "../record/tickets.ts";
import { CaseRoom, type RoomContext, type RoomMembers } from "./caseRoom.ts";
import { CommitQueue } from "./commitQueue.ts";
import { newPlanDoc, PlanTwin } from "./planTwin.ts";
import { MessageRefused } from "./refused.ts";
import type { RoomSocket } from "./roomSocket.ts";
import { SettleTrigger } from "./settleTrigger.ts";

/** Client ids that a socket need not be asked about again. */
const maxKnown = 64;
const lastAskMs = 1000;

/**
 * The open plan of one case. As in the masks' room nothing reaches a peer that is not in the log; an editor may overwrite
 * any key of the schema, and each overwrite is an audit event with old value, new value and actor (RM4).
 */
export class PlanRoom extends CaseRoom {
  readonly document = "plan";
  readonly #twin: PlanTwin;
  readonly #commits: CommitQueue<RoomSocket>;
  readonly #settle: SettleTrigger;

  constructor(context: RoomContext, caseId: string, loaded: RoomMembers & { log: Awaited<ReturnType<typeof readLog>> }, failed: () => void) {
    super(context, caseId, newPlanDoc(loaded.log.updates), loaded, { read: "plan.read", write: "plan.write" });
    this.#twin = new PlanTwin(loaded.log.updates);
    const { database: { db }, log } = context;
    this.#settle = new SettleTrigger(db, log, caseId);
    this.#commits = new CommitQueue<RoomSocket>({
      log, caseId, end: loaded.log.end,
      append: (end, batch) => appendToPlan(db, caseId, end, batch as readonly PlanEntry[], this.token),
      // What was not committed is with its author's page, which brings it again.
      putAside: () => Promise.resolve(),
      readers: () => this.sockets.size,
      onCommitted: (batch) => this.#publish(batch),
      onFailed: (error) => {
        log("error", "plan.failed", { caseId, reason: error instanceof Error ? error.message : "unknown" });
        failed();
        this.closeAll(closeCode.loadFailed, "not-stored");
      },
    });
  }

  /** Reads the plan from its log; throws rather than give one that lacks something (A7). */
  static async load(context: RoomContext, caseId: string, token: number, failed: () => void): Promise<PlanRoom> {
    const { db } = context.database;
    const [log, leases, access] = await Promise.all([readLog(db, caseId, "plan"), readLeases(db, caseId), accessOf(db, caseId)]);
    return new PlanRoom(context, caseId, { log, leases, access, token }, failed);
  }

  get logEnd(): LogEnd {
    return this.#commits.end;
  }

  get pending(): number {
    return this.#commits.pending;
  }

  whenSaved(then: () => void): void {
    this.#commits.whenSaved(then);
  }

  async takeUpdate(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): Promise<void> {
    // Who may not write may send what is here already: a sync answer repeats it.
    const first = this.#twin.check(update, new Set(this.mayWrite(socket) ? socket.known : []));
    if (first.kind === "ahead" && isAnswer) throw new MessageRefused("clock-gap", "A sync answer leaves something out.");
    if (first.kind === "ahead") return socket.askForAll();
    if (first.kind === "needs") {
      this.demand(socket, "plan.write");
      await this.lease(socket, first.clientIds);
      const isOwn = (clientId: number) => this.leases.get(clientId) === socket.holder.userId;
      if (!first.clientIds.every(isOwn)) throw new MessageRefused("not-your-client", "An update adds under a client id of somebody else.", closeCode.notAllowed);
      // The sender's right may have ended meanwhile.
      this.demand(socket, "plan.write");
      socket.known = [...new Set([...first.clientIds, ...socket.known])].slice(0, maxKnown);
      if (this.isGone) throw new MessageRefused("unavailable", "The room was closed.", closeCode.loadFailed);
      return this.takeUpdate(socket, update, isAnswer);
    }
    if (first.kind === "nothing") return;
    const { userId, sessionId } = socket.holder;
    const entry: PlanEntry = { update: first.delta, userId, sessionId: sessionId ?? "command-line", changes: first.changes };
    this.#commits.push(entry, socket);
  }

  async end(): Promise<void> {
    this.isGone = true;
    await this.#commits.drain();
    await Promise.race([this.#settle.close(), new Promise((resolve) => setTimeout(resolve, lastAskMs).unref())]);
    this.#twin.destroy();
    this.live.destroy();
  }

  #publish(batch: readonly { update: Uint8Array; origin: RoomSocket }[]): void {
    this.publishUpdate(batch);
    this.#settle.touch();
  }
}
