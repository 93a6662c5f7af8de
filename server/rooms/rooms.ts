import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { caseEvent, caseEventChannel, closeCode, roomDocuments, subprotocol, type CaseEvent, type RoomDocument } from "../../core/protocol/room.ts";
import type { Settings } from "../platform/settings.ts";
import type { TicketHolder } from "../record/tickets.ts";
import { admit } from "./admission.ts";
import type { CaseRoom, RoomContext } from "./caseRoom.ts";
import { PlanRoom } from "./planRoom.ts";
import { Room } from "./room.ts";
import { RoomOwner } from "./roomOwner.ts";
import { RefusalLog } from "./refusalLog.ts";
import { Spill } from "./spill.ts";
import { newLimits, RoomSocket, type UserLimits } from "./roomSocket.ts";
import { Validator } from "./validator.ts";

export interface Rooms {
  /** Answers an upgrade of `/rooms/<caseId>/masks` or `…/plan`; refuses everything else before 101. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes nobody in any more, waits for the log, closes every socket. */
  close(): Promise<void>;
  /** Ids of the people whose sockets are in a case's room now. */
  present(caseId: string): string[];
  stats(): { rooms: number; sockets: number; pending: number };
}

const presenceMs = 50;
const checkMs = 1000;
const keepAliveMs = 10_000;
const idleMs = 5000;
const unlistenMs = 500;
/** A database that does not answer must not hold up the end: a lease that is not given back runs out. */
const giveBackMs = 1000;
const atMost = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
const maxPendingUpgrades = 1000;
const admissionMs = 10_000;

const nameOf = (caseId: string, document: RoomDocument): string => `${caseId}/${document}`;

/** A notification's payload; null when it is not one of ours. */
function readEvent(payload: string): CaseEvent | null {
  try {
    return caseEvent.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

/** The rooms of this process. A room lives from its first socket until some seconds after its last. */
export function createRooms(given: RoomContext & { settings: Pick<Settings, "origin"> & Partial<Pick<Settings, "dataDir">>; validator?: Validator }): Rooms {
  const { database, log, settings } = given;
  const context: RoomContext = { ...given, ...(settings.dataDir ? { spill: new Spill(settings.dataDir) } : {}) };
  // By the room's name: `<caseId>/<document>`.
  const loading = new Map<string, Promise<CaseRoom>>();
  const open = new Map<string, CaseRoom>();
  const emptySince = new Map<CaseRoom, number>();
  const ending = new Set<Promise<void>>();
  const limits = new Map<string, UserLimits>();
  const validator = given.validator ?? new Validator(log);
  const refusals = new RefusalLog(log);
  const told = (error: unknown) => (error instanceof Error ? error.message : "unknown");
  const owner = new RoomOwner(database, (error) => log("warn", "room.leaseNotRenewed", { reason: told(error) }));
  let pendingUpgrades = 0;
  let isClosing = false;

  const options = {
    noServer: true, clientTracking: false, maxPayload: 8 * 1024 * 1024, perMessageDeflate: false, maxFragments: 64,
    maxBufferedChunks: 1024, handleProtocols: () => subprotocol,
  };
  const sockets = new WebSocketServer(options);

  function forget(name: string, room: CaseRoom | undefined): void {
    if (room && open.get(name) !== room) return;
    loading.delete(name);
    open.delete(name);
    if (room) {
      emptySince.delete(room);
      const giveBack = () => Promise.race([owner.giveBack(room.caseId, room.document, room.token).catch(() => undefined), atMost(giveBackMs)]);
      const end = room.end().then(giveBack).catch((error: unknown) => log("error", "room.endFailed", { room: name, reason: error instanceof Error ? error.message : "unknown" }));
      ending.add(end);
      void end.finally(() => ending.delete(end));
    }
  }

  /** Another process has the room: whoever is in it here comes again, and what was not committed with them. */
  function lose(name: string, room: CaseRoom): void {
    if (open.get(name) === room) log("warn", "room.lost", { caseId: room.caseId, document: room.document });
    room.closeAll(closeCode.loadFailed, "taken-over");
    forget(name, room);
  }

  async function load(caseId: string, document: RoomDocument): Promise<CaseRoom> {
    const name = nameOf(caseId, document);
    let room: CaseRoom | undefined, hasFailed = false, token: number | undefined;
    // A room that ends late must not take the next one of its name with it.
    const failed = () => { hasFailed = true; if (room) forget(name, room); };
    try {
      token = await owner.take(caseId, document);
      room = document === "plan" ? await PlanRoom.load(context, caseId, token, failed) : await Room.load(context, validator, caseId, token, failed);
      if (hasFailed) {
        await room.end();
        throw new Error("the room failed while it was read in");
      }
      open.set(name, room);
      return room;
    } catch (error) {
      log("error", "room.loadFailed", { caseId, document, reason: error instanceof Error ? error.message : "unknown" });
      loading.delete(name);
      // Another process may be able to read it.
      if (token !== undefined) void owner.giveBack(caseId, document, token).catch(() => undefined);
      throw error;
    }
  }

  async function enter(caseId: string, document: RoomDocument, join: (room: CaseRoom) => void): Promise<CaseRoom> {
    const name = nameOf(caseId, document);
    for (;;) {
      const known = loading.get(name), promise = known ?? load(caseId, document);
      if (!known) loading.set(name, promise);
      const room = await promise;
      // A9: a room that another process has taken over would show an old state, and refuse who comes from there for having a newer one.
      if (known && !room.isGone && !await owner.holds(caseId, document, room.token)) lose(name, room);
      if (room.isGone) continue;
      join(room);
      return room;
    }
  }

  function connect(ws: WebSocket, stream: Socket, holder: TicketHolder, document: RoomDocument): void {
    let room: CaseRoom | undefined;
    let userLimits = limits.get(holder.userId);
    if (!userLimits) limits.set(holder.userId, (userLimits = newLimits(4)));
    const entered = enter(holder.caseId, document, (entering) => {
      room = entering;
      if (!socket.isClosed) room.sockets.add(socket);
    });
    const socket: RoomSocket = new RoomSocket(ws, stream, holder, userLimits, entered, {
      closed: () => room?.leave(socket),
      refused: (code) => refusals.tell(holder.caseId, holder.userId, code),
    });
  }

  function deny(socket: Duplex, status: number): void {
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  }

  async function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const tooLong = setTimeout(() => socket.destroy(), admissionMs);
    pendingUpgrades += 1;
    try {
      const admission = await admit(database.db, req, settings.origin);
      if ("status" in admission) return deny(socket, admission.status);
      if (isClosing) return deny(socket, 503);
      sockets.handleUpgrade(req, socket, head, (ws) => connect(ws, socket as Socket, admission.holder, admission.document));
    } catch (error) {
      log("error", "room.upgradeFailed", { reason: error instanceof Error ? error.message : "unknown" });
      deny(socket, 503);
    } finally {
      clearTimeout(tooLong);
      pendingUpgrades -= 1;
    }
  }

  let hasComplained = false;
  function refresh(room: CaseRoom): void {
    if (room.sockets.size === 0) return;
    room.refreshAccess().then(() => { hasComplained = false; }, (error: unknown) => {
      if (!hasComplained) log("error", "room.accessUnknown", { caseId: room.caseId, reason: error instanceof Error ? error.message : "unknown" });
      hasComplained = true;
    });
  }

  const timers = [
    setInterval(() => { for (const room of open.values()) room.flushPresence(); }, presenceMs),
    setInterval(() => { for (const room of open.values()) room.keepAlive(); }, keepAliveMs),
    setInterval(() => {
      const now = performance.now();
      for (const [name, room] of open) {
        refresh(room);
        for (const socket of room.sockets) socket.checkDrain(now);
        if (room.sockets.size > 0 || room.pending > 0) emptySince.delete(room);
        else if (now - (emptySince.get(room) ?? now) > idleMs) forget(name, room);
        else if (!emptySince.has(room)) emptySince.set(room, now);
      }
      const present = new Set([...open.values()].flatMap((room) => [...room.sockets].map((socket) => socket.holder.userId)));
      for (const userId of limits.keys()) if (!present.has(userId) && loading.size === open.size) limits.delete(userId);
    }, checkMs),
  ];
  for (const timer of timers) timer.unref();

  const listening = database.sql.listen(caseEventChannel, (payload) => {
    const event = readEvent(payload);
    if (!event) return log("warn", "room.badEvent");
    for (const document of roomDocuments) {
      const room = open.get(nameOf(event.caseId, document));
      if (!room) continue;
      // A page is in both rooms and needs to hear it once.
      if (document === "masks") room.sendEvent(event);
      if (event.topic === "members" || event.topic === "case") refresh(room);
    }
  }, () => {
    // Heard again after a break: anything may have changed.
    for (const room of open.values()) {
      refresh(room);
      for (const topic of caseEvent.shape.topic.options) room.sendEvent({ caseId: room.caseId, topic });
    }
  });
  listening.catch((error: unknown) => log("error", "room.listenFailed", { reason: error instanceof Error ? error.message : "unknown" }));

  return {
    handleUpgrade(req, socket, head) {
      socket.on("error", () => socket.destroy());
      if (isClosing || pendingUpgrades >= maxPendingUpgrades) return deny(socket, 503);
      void upgrade(req, socket, head);
    },
    async close() {
      isClosing = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.allSettled(loading.values());
      for (const [name, room] of [...open]) {
        room.closeAll(closeCode.restarting, "restarting");
        forget(name, room);
      }
      await Promise.all(ending);
      await owner.end();
      if (!given.validator) await validator.end();
      await Promise.race([listening.then((subscription) => subscription.unlisten()).catch(() => undefined), atMost(unlistenMs)]);
      sockets.close();
    },
    present: (caseId) => [...new Set([...open.get(nameOf(caseId, "masks"))?.sockets ?? []].map(({ holder }) => holder.userId))].sort(),
    stats: () => ({
      rooms: open.size, sockets: [...open.values()].reduce((sum, room) => sum + room.sockets.size, 0),
      pending: [...open.values()].reduce((sum, room) => sum + room.pending, 0),
    }),
  };
}
