import type { Socket } from "node:net";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import type { WebSocket } from "ws";
import { closeCode, messageType, type CaseEvent, type LogPlace } from "../../core/protocol/room.ts";
import type { TicketHolder } from "../record/tickets.ts";
import { frameHead } from "./frame.ts";
import { readPresence, type PresenceEntry } from "./presence.ts";
import { MessageRefused } from "./refused.ts";
import type { StatePieces } from "./statePieces.ts";
import { TokenBucket } from "./tokenBucket.ts";
import { Turns } from "./turns.ts";

/** What a socket's messages ask of its room. */
export interface RoomPort {
  /** What the document has beyond a state vector. @throws MessageRefused */
  stateSince(socket: RoomSocket, stateVector: Uint8Array): StatePieces;
  stateVector(): Uint8Array;
  /** What goes out right before the state; null: nothing. */
  beforeState(): Uint8Array | null;
  /** A10: where the log of the document ends. */
  placeFor(socket: RoomSocket): LogPlace;
  /** @param isAnswer whether it answers our question for everything that we lack. */
  takeUpdate(socket: RoomSocket, update: Uint8Array, isAnswer: boolean): Promise<void>;
  takePresence(socket: RoomSocket, entries: PresenceEntry[]): Promise<void>;
  presence(): Uint8Array;
  whenSaved(then: () => void): void;
}

const messagesPerSecond = 200;
const burstMessages = 400;
const bytesPerSecond = 2 * 1024 * 1024;
const burstBytes = 16 * 1024 * 1024;
const longestDebtMs = 1500;
const maxBuffered = 4 * 1024 * 1024;
const undrainedMs = 10_000;
/** Who has so much before them does not get what is committed meanwhile one by one, but what they lack once they have read on. */
const maxAhead = 512 * 1024;
/** The slowest line that is served, bytes/s: with `undrainedMs`, why a piece of a state is no longer than 256 KiB. */
const slowestLine = 50 * 1024;
/** What a system keeps of a connection for a reader at most, beside what waits here. */
const maxInSystem = 8 * 1024 * 1024;
const maxBadFrames = 3;
const maxResyncs = 20;
/** Pieces of states, of all readers of this process: they never hold up the loop for long. */
const pieces = new Turns(4);

/** What a socket says of its end. */
export interface SocketEnds {
  closed: () => void;
  /** Something was refused, with its code. */
  refused: (code: string) => void;
}

/** Limits of one user over all of the user's sockets. */
export interface UserLimits {
  messages: TokenBucket;
  bytes: TokenBucket;
}
/** @param factor 1 for a socket, 4 for a user (B9). */
export const newLimits = (factor: number): UserLimits => ({
  messages: new TokenBucket(messagesPerSecond * factor, burstMessages * factor, performance.now()),
  bytes: new TokenBucket(bytesPerSecond * factor, burstBytes * factor, performance.now()),
});

/** One connection: takes its messages one after the other, and keeps it within its limits both ways. */
export class RoomSocket {
  readonly holder: TicketHolder;
  /** The client id whose presence this socket speaks for: the first one it says alone. */
  ownClientId: number | undefined;
  /** Client ids that are leased to its user, as far as they were asked for. */
  known: readonly number[] = [];
  /** Client ids newly leased through this socket. */
  leased = 0;
  readonly #ws: WebSocket;
  readonly #stream: Socket;
  readonly #limits: UserLimits[];
  readonly #told: SocketEnds;
  #port: RoomPort | undefined;
  #chain: Promise<void>;
  #isAwaitingAnswer = false;
  #hasDropped = false;
  #heldQueries: number[] = [];
  #resyncs = 0;
  #badFrames = 0;
  #isClosed = false;
  #debtSince: number | undefined;
  /** Bytes that had gone when it was last seen to take some, and when that was. */
  #gone = 0;
  #goneAt = 0;
  /** The state that it is being given, a piece whenever it has taken the one before. */
  #pieces: { state: StatePieces; isAnswer: boolean } | undefined;
  #isPlaceAsked = false;
  /** The ping that has not been answered, with where it lies among the bytes. */
  #ping: { atMs: number; bytes: number } | undefined;
  /** Bytes up to which it is known to have read. */
  #heard = 0;

  /**
   * @param stream what `ws` reads from and writes to
   * @param room settles when the room has loaded; what the socket says before is kept (RM3).
   */
  constructor(ws: WebSocket, stream: Socket, holder: TicketHolder, userLimits: UserLimits, room: Promise<RoomPort>, told: SocketEnds) {
    this.#ws = ws;
    this.#stream = stream;
    this.holder = holder;
    this.#limits = [newLimits(1), userLimits];
    this.#told = told;
    this.#chain = room.then((port) => this.#open(port), () => this.refuse(new MessageRefused("load-failed", "The room could not be loaded.", closeCode.loadFailed)));
    ws.binaryType = "nodebuffer";
    ws.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    ws.on("pong", () => {
      this.#heard = this.#ping?.bytes ?? this.#heard;
      this.#ping = undefined;
    });
    ws.on("close", () => this.#close());
    // ws closes with the right code itself (1009 too large, 1002 protocol); only the listener is needed.
    ws.on("error", () => this.#close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(message: Uint8Array): void {
    if (this.#maySend()) this.#ws.send(message);
  }

  /**
   * Sends what `binaryFrame` made. ws writes whole frames at once too, as messages are not compressed here, so the two never
   * come between each other.
   */
  sendFrame(frame: Buffer): void {
    if (this.#maySend()) this.#stream.write(frame);
  }

  /** Whether `bytes` more would be too far ahead of its reading: then it is to be given the state instead (`giveState`). */
  isBehind(bytes: number): boolean {
    return this.#pieces !== undefined || this.#ws.bufferedAmount + bytes > maxAhead;
  }

  /**
   * B11: gives a state in pieces, each once the one before has gone, so that a document of any size costs one piece a reader.
   * A state that is being given already goes up to the document's end by itself.
   * @param state what it lacks from here on; `isBehind` said so
   */
  giveState(state: StatePieces): void {
    if (this.#pieces || this.#isClosed) return;
    this.#pieces = { state, isAnswer: false };
    this.#whenTaken();
  }

  /** Gives the next piece once what was written has gone. */
  #whenTaken(): void {
    if (this.#stream.writableNeedDrain) this.#stream.once("drain", this.#nextPiece);
    else this.#nextPiece();
  }

  readonly #nextPiece = (): void => pieces.run(() => this.#givePiece());

  #givePiece(): void {
    if (!this.#pieces || !this.#maySend()) return;
    const { state, isAnswer } = this.#pieces;
    try {
      const update = state.next(), { isOver } = state;
      // A stock client takes any number of updates before the answer that says «in step».
      const head = syncHead(isOver && isAnswer ? 1 : 2, update.length);
      this.#stream.cork();
      this.#stream.write(frameHead(head.length + update.length));
      this.#stream.write(head);
      // The next piece lies where this one does.
      this.#stream.write(update, (error) => { if (!error && !isOver) this.#nextPiece(); });
      this.#stream.uncork();
      if (!isOver) return;
      this.#pieces = undefined;
      if (this.#isPlaceAsked && this.#port) this.#tellPlace(this.#port);
    } catch (error) {
      this.refuse(error instanceof MessageRefused ? error : new MessageRefused("unavailable", "The document could not be sent.", closeCode.loadFailed));
    }
  }

  #maySend(): boolean {
    if (this.#isClosed || this.#ws.readyState !== this.#ws.OPEN) return false;
    if (this.#ws.bufferedAmount <= maxBuffered) return true;
    this.#ws.terminate();
    this.#close();
    return false;
  }

  sendEvent(event: CaseEvent): void {
    this.send(textMessage(messageType.event, event));
  }

  /** Says that strokes of this socket lie on the base, below newer ones. */
  sendLate(strokes: number): void {
    const out = encoding.createEncoder();
    encoding.writeVarUint(out, messageType.late);
    encoding.writeVarUint(out, strokes);
    this.send(encoding.toUint8Array(out));
  }

  /** Tells why and closes. */
  refuse({ code, message, close }: MessageRefused): void {
    if (this.#isClosed) return;
    this.#told.refused(code);
    this.send(textMessage(messageType.refused, { code, message }));
    this.close(close, code);
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
    this.#close();
    setTimeout(() => this.#ws.terminate(), 2000).unref();
  }

  /** Every few seconds: ends what is dead. What lies before a ping on a slow line is waited for. */
  checkPulse(nowMs: number): void {
    if (this.#ping) {
      const before = Math.min(this.#ping.bytes - this.#heard, maxInSystem);
      if (nowMs - this.#ping.atMs > (1000 * before) / slowestLine) this.#ws.terminate();
      return;
    }
    this.#ping = { atMs: nowMs, bytes: this.#stream.bytesWritten };
    this.#ws.ping();
  }

  /** Every second: a reader that takes nothing of what waits for it is closed (B11). */
  checkDrain(nowMs: number): void {
    const waiting = this.#ws.bufferedAmount, gone = this.#stream.bytesWritten - waiting;
    if (waiting === 0 || gone !== this.#gone) {
      this.#gone = gone;
      this.#goneAt = nowMs;
    } else if (nowMs - this.#goneAt > undrainedMs) this.#ws.terminate();
  }

  /** An update continued work that is not here: asks for everything, and holds «saved» back until it came (A12). */
  askForAll(): void {
    this.#hasDropped = true;
    if (this.#isAwaitingAnswer) return;
    if (++this.#resyncs > maxResyncs) throw new MessageRefused("clock-gap", "Updates keep missing their beginning.");
    this.#ask();
  }

  #open(port: RoomPort): void {
    if (this.#isClosed) return;
    this.#port = port;
    this.#ask();
    this.send(port.presence());
  }

  #ask(): void {
    if (!this.#port) return;
    this.#isAwaitingAnswer = true;
    this.send(syncMessage(0, this.#port.stateVector()));
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pieces = undefined;
    this.#told.closed();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed) return;
    if (!isBinary) return this.refuse(new MessageRefused("bad-message", "Messages are binary."));
    const now = performance.now();
    const debtMs = Math.max(...this.#limits.flatMap(({ messages, bytes }) => [messages.take(1, now), bytes.take(data.length, now)]));
    if (debtMs === 0) {
      this.#debtSince = undefined;
    } else {
      this.#debtSince ??= now;
      if (now - this.#debtSince > longestDebtMs || debtMs > 4 * longestDebtMs) {
        return this.refuse(new MessageRefused("too-much", "Too many messages. Wait a little, then connect again.", closeCode.tooMuch));
      }
      this.#ws.pause();
      setTimeout(() => this.#ws.resume(), Math.min(debtMs, 250)).unref();
    }
    this.#chain = this.#chain.then(() => this.#take(data));
  }

  async #take(data: Buffer): Promise<void> {
    if (this.#isClosed || !this.#port) return;
    try {
      await this.#dispatch(this.#port, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } catch (error) {
      if (error instanceof MessageRefused) return this.refuse(error);
      // Anything else is a frame that cannot be read.
      if (++this.#badFrames >= maxBadFrames) this.refuse(new MessageRefused("bad-message", "Messages cannot be read."));
    }
  }

  async #dispatch(port: RoomPort, data: Uint8Array): Promise<void> {
    const from = decoding.createDecoder(data);
    switch (decoding.readVarUint(from)) {
      case messageType.sync: {
        const step = decoding.readVarUint(from);
        const bytes = decoding.readVarUint8Array(from);
        if (step === 0) {
          const state = port.stateSince(this, bytes), before = port.beforeState(), isUnderWay = this.#pieces !== undefined;
          if (before) this.send(before);
          this.#pieces = { state, isAnswer: true };
          // Not at once: many who come at the same time, or one who asks again and again, get it in turns.
          if (!isUnderWay) this.#whenTaken();
        } else if (step === 1 || step === 2) {
          await port.takeUpdate(this, bytes, step === 1).catch(asRefusal);
          if (step === 1) this.#answered(port);
        } else throw new Error("unknown sync step");
        return;
      }
      case messageType.awareness:
        return port.takePresence(this, readPresence(decoding.readVarUint8Array(from)));
      case messageType.queryAwareness:
        return this.send(port.presence());
      case messageType.saveQuery: {
        const n = decoding.readVarUint(from);
        if (this.#hasDropped) this.#heldQueries.push(n);
        else this.#answerSaved(port, n);
        if (this.#heldQueries.length > burstMessages) throw new MessageRefused("too-much", "Too many questions.", closeCode.tooMuch);
        return;
      }
      case messageType.placeQuery:
        return this.#tellPlace(port);
      default:
        throw new Error("unknown message");
    }
  }

  /** A10: a place is told only to who has been given all of it. */
  #tellPlace(port: RoomPort): void {
    this.#isPlaceAsked = this.#pieces !== undefined;
    if (!this.#isPlaceAsked) this.send(textMessage(messageType.place, port.placeFor(this)));
  }

  #answered(port: RoomPort): void {
    this.#isAwaitingAnswer = false;
    this.#hasDropped = false;
    for (const n of this.#heldQueries.splice(0)) this.#answerSaved(port, n);
  }

  #answerSaved(port: RoomPort, n: number): void {
    port.whenSaved(() => {
      const out = encoding.createEncoder();
      encoding.writeVarUint(out, messageType.saved);
      encoding.writeVarUint(out, n);
      this.send(encoding.toUint8Array(out));
    });
  }
}

/** Our own fault while an update was judged: the socket ends, so that a later «saved» cannot speak for a lost update. */
function asRefusal(error: unknown): never {
  if (error instanceof MessageRefused) throw error;
  throw new MessageRefused("unavailable", "The server cannot take edits now.", closeCode.loadFailed);
}

function textMessage(type: number, value: unknown): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, type);
  encoding.writeVarString(out, JSON.stringify(value));
  return encoding.toUint8Array(out);
}

type SyncStep = 0 | 1 | 2;

/** What comes before the bytes of a sync message. @param step 0 state vector, 1 answer, 2 update. */
function syncHead(step: SyncStep, length: number): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, messageType.sync);
  encoding.writeVarUint(out, step);
  encoding.writeVarUint(out, length);
  return encoding.toUint8Array(out);
}

export function syncMessage(step: SyncStep, bytes: Uint8Array): Uint8Array {
  const head = syncHead(step, bytes.length), message = new Uint8Array(head.length + bytes.length);
  message.set(head);
  message.set(bytes, head.length);
  return message;
}
