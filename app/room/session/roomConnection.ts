import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { writeUpdate } from "y-protocols/sync";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { lacksWhatItHad } from "../../../core/draft/earlierWork.ts";
import { type BaseNotice, baseNotice, caseEvent, type CaseEvent, closeCode, type LogPlace, logPlace, messageType, refusal, type RoomDocument, roomsPath, subprotocol } from "../../../core/protocol/room.ts";
import { caseroomHeader } from "../../api/client.tsx";

export interface ConnectionHooks {
  /** Something to say about the connection changed. */
  onChange: () => void;
  /** The client ids this person presented in the case so far. */
  onOwnClientIds: (clientIds: readonly number[]) => void;
  onEvent: (event: CaseEvent) => void;
  /** What lies below the strokes of the document. */
  onBase?: (base: BaseNotice) => void;
  /** So many strokes of ours came too late for their place and lie below newer ones. */
  onLate?: (strokes: number) => void;
  /** The room will not have us any more: a sentence for people. */
  onRefused: (message: string) => void;
  /** A10: the server's document is not the one that is held here, nor goes on from it. Nothing was sent; this connection is over. */
  onEarlier: () => void;
  /** Nobody is signed in here any more: nothing is sent until `resume`. */
  onSignedOut: () => void;
  /** What has to be on the server before the room hears anything. */
  beforeConnect?: { readonly isHolding: boolean; /** @throws Error where the server is not reached */ sendHeld(): Promise<void> };
  /** Names the edit that a change belongs to; a stroke under way makes many changes. */
  editOf: () => number;
}

const firstRetryMs = 300;
const longestRetryMs = 8000;
/** Changes go out together, at most 20 times a second: a stroke grows for others in steps of this, while its own page paints each. */
const tellMs = 50;
/** How often the place in the log is asked for while nothing else calls for it. */
const placeMs = 10_000;

/**
 * The socket of a case's room: a fresh ticket for every connection, and a count of own changes that the server
 * has not committed yet (RM1: «saved» means on disk).
 */
export class RoomConnection {
  readonly provider: WebsocketProvider;
  readonly #doc: Y.Doc;
  readonly #caseId: string;
  readonly #hooks: ConnectionHooks;
  #retryMs = firstRetryMs;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;
  #toldAtMs = 0;
  /** Changes made here since the last were sent. */
  #untold: Uint8Array[] = [];
  #isClosed = false;
  #isPaused = false;
  #made = 0;
  #saved = 0;
  /** Edits with the number of their last change, oldest first. */
  readonly #edits = new Map<number, number>();
  #asked = 0;
  #questions = new Map<number, { change: number; clock: number }>();
  /** The last place in the log that was heard: all of it is held here. */
  #place: LogPlace | undefined;
  /** Clock of the document's own client id up to which the server has said «saved». */
  #savedClock = 0;
  readonly #placeTimer: ReturnType<typeof setInterval>;

  /** @param document which of the case's documents this is the socket of */
  constructor(caseId: string, doc: Y.Doc, hooks: ConnectionHooks, document: RoomDocument = "masks") {
    this.#caseId = caseId;
    this.#doc = doc;
    this.#hooks = hooks;
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    this.provider = new WebsocketProvider(`${scheme}//${window.location.host}${roomsPath}`, `${caseId}/${document}`, doc, {
      connect: false, disableBc: true, shouldReconnect: () => false,
    });
    this.provider.messageHandlers[messageType.saved] = (_out, from) => this.#onSaved(decoding.readVarUint(from));
    // The provider's own would send each change by itself.
    const { _updateHandler: sendEach } = this.provider;
    doc.off("update", sendEach);
    this.#checkSync();
    this.provider.messageHandlers[messageType.place] = (_out, from) => {
      const place = logPlace.safeParse(JSON.parse(decoding.readVarString(from)));
      if (place.success) this.#place = place.data;
    };
    this.#placeTimer = setInterval(() => this.#askPlace(), placeMs);
    this.provider.messageHandlers[messageType.event] = (_out, from) => {
      const event = caseEvent.safeParse(JSON.parse(decoding.readVarString(from)));
      if (event.success) hooks.onEvent(event.data);
    };
    this.provider.messageHandlers[messageType.base] = (_out, from) => {
      const base = baseNotice.safeParse(JSON.parse(decoding.readVarString(from)));
      if (base.success) hooks.onBase?.(base.data);
      // From now on the document is of a log that has this base.
      if (this.isSynced) this.#askPlace();
    };
    this.provider.messageHandlers[messageType.late] = (_out, from) => hooks.onLate?.(decoding.readVarUint(from));
    this.provider.messageHandlers[messageType.refused] = (_out, from) => {
      const told = refusal.safeParse(JSON.parse(decoding.readVarString(from)));
      if (told.success) this.#refusal = told.data.message;
    };
    this.provider.on("sync", (isSynced) => {
      if (isSynced) {
        this.#retryMs = firstRetryMs;
        this.#askPlace();
        // What was made since the server's question was answered goes first: a «saved» covers what was sent before it.
        this.#tell();
      }
      hooks.onChange();
    });
    this.provider.on("closed", ({ code }) => this.#onClosed(code));
    doc.on("update", this.#onUpdate);
    window.addEventListener("online", this.#onOnline);
    void this.#connect();
  }

  #refusal: string | undefined;

  get isSynced(): boolean { return this.provider.wsconnected && this.provider.synced; }

  /** Own edits that are not known to be on the server's disk. */
  get unsaved(): number { return this.#edits.size; }

  /** Nothing can go out before `beforeConnect` has had its turn. */
  get isAway(): boolean { return !this.provider.wsconnected && !this.provider.wsconnecting; }

  get savedClock(): number { return this.#savedClock; }

  /** Closes the socket and stays away; what is drawn meanwhile waits. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#retryTimer);
    this.provider.disconnect();
    this.#hooks.onChange();
  }

  /** Comes back after `pause` or a sign-in, and delivers what waited. */
  resume(): void {
    if (this.#isClosed) return;
    this.#isPaused = false;
    this.#retryMs = firstRetryMs;
    clearTimeout(this.#retryTimer);
    void this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#tellTimer);
    clearInterval(this.#placeTimer);
    this.#doc.off("update", this.#onUpdate);
    window.removeEventListener("online", this.#onOnline);
    this.provider.destroy();
  }

  readonly #onOnline = (): void => { if (!this.#isPaused && !this.provider.wsconnected && !this.provider.wsconnecting) this.resume(); };

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.provider) return;
    this.#made += 1;
    this.#edits.set(this.#hooks.editOf(), this.#made);
    this.#untold.push(update);
    this.#tellTimer ??= setTimeout(() => { this.#tellTimer = undefined; this.#tell(); }, Math.max(0, this.#toldAtMs + tellMs - performance.now()));
    this.#hooks.onChange();
  };

  /** Sends what was made since the last time, and asks whether it is saved. Without a socket nothing is lost: the next one begins with what the server lacks. */
  #tell(): void {
    const untold = this.#untold;
    this.#untold = [];
    this.#toldAtMs = performance.now();
    if (untold.length > 0 && this.provider.wsconnected && this.provider.ws !== null) {
      const out = encoding.createEncoder();
      encoding.writeVarUint(out, messageType.sync);
      writeUpdate(out, Y.mergeUpdates(untold));
      this.provider.ws.send(encoding.toUint8Array(out));
    }
    this.#ask();
  }

  /** Only after the first exchange: before it, «everything earlier» would not include what we still have to send. */
  #ask(): void {
    if (!this.isSynced || this.#made === this.#saved || this.provider.ws === null) return;
    const n = ++this.#asked;
    this.#questions.set(n, { change: this.#made, clock: Y.getState(this.#doc.store, this.#doc.clientID) });
    const out = encoding.createEncoder();
    encoding.writeVarUint(out, messageType.saveQuery);
    encoding.writeVarUint(out, n);
    this.provider.ws.send(encoding.toUint8Array(out));
  }

  #askPlace(): void {
    if (this.isSynced) this.provider.ws?.send(Uint8Array.of(messageType.placeQuery));
  }

  /** Before the server's question for what it lacks is answered: has it lost what it had? */
  #checkSync(): void {
    const { messageHandlers } = this.provider, answer = messageHandlers[messageType.sync];
    messageHandlers[messageType.sync] = (out, from, ...rest) => {
      const ahead = decoding.clone(from);
      if (decoding.readVarUint(ahead) === 0 && lacksWhatItHad(this.#doc, decoding.readVarUint8Array(ahead), this.#savedClock)) return this.#isEarlier();
      answer(out, from, ...rest);
    };
  }

  #isEarlier(): void {
    if (this.#isClosed) return;
    this.close();
    this.#hooks.onEarlier();
  }

  #onSaved(n: number): void {
    const question = this.#questions.get(n);
    this.#saved = Math.max(this.#saved, question?.change ?? 0);
    this.#savedClock = Math.max(this.#savedClock, question?.clock ?? 0);
    for (const [edit, change] of this.#edits) if (change <= this.#saved) this.#edits.delete(edit);
    for (const asked of this.#questions.keys()) if (asked <= n) this.#questions.delete(asked);
    this.#hooks.onChange();
  }

  #onClosed(code: number): void {
    this.#questions.clear();
    this.#hooks.onChange();
    if (this.#isClosed || this.#isPaused) return;
    // Revoked may mean no more than a session that ended: the ticket's answer tells.
    if (code === closeCode.revoked) return this.#retry();
    if (code >= 4400 && code < 4500 && code !== closeCode.tooMuch) {
      this.#isClosed = true;
      this.#hooks.onRefused(this.#refusal ?? "The room has closed this connection. Reload the page to see the case as it is on the server.");
      return;
    }
    this.#retry();
  }

  #retry(): void {
    this.#retryTimer = setTimeout(() => void this.#connect(), this.#retryMs * (0.75 + Math.random() / 2));
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  async #connect(): Promise<void> {
    let answer: Response;
    try {
      // With where this page was in the log: a server that has another history by now says so before anything is sent.
      answer = await fetch(`/api/cases/${this.#caseId}/ticket`, { method: "POST", headers: { "content-type": "application/json", ...caseroomHeader }, body: JSON.stringify({ place: this.#place }) });
    } catch {
      if (!this.#isClosed && !this.#isPaused) this.#retry(); // not reachable: `isSynced` says so until it is
      return;
    }
    if (this.#isClosed || this.#isPaused) return;
    if (answer.status === 401) {
      this.#isPaused = true;
      this.#hooks.onSignedOut();
      return;
    }
    if (answer.status === 403 || answer.status === 404) {
      this.#isClosed = true;
      this.#hooks.onRefused("You no longer have a place in this case. What you see is the last state this page knew.");
      return;
    }
    const body: unknown = answer.ok ? await answer.json() : null;
    if (this.#isClosed || this.#isPaused) return;
    if (typeof body === "object" && body !== null && "isEarlier" in body) return this.#isEarlier();
    if (typeof body !== "object" || body === null || !("ticket" in body) || typeof body.ticket !== "string") return this.#retry();
    if ("clientIds" in body && Array.isArray(body.clientIds)) this.#hooks.onOwnClientIds(body.clientIds.filter((id) => typeof id === "number"));
    try {
      while (this.#hooks.beforeConnect?.isHolding) await this.#hooks.beforeConnect.sendHeld();
    } catch {
      if (!this.#isClosed && !this.#isPaused) this.#retry();
      return;
    }
    if (this.#isClosed || this.#isPaused) return;
    this.provider.protocols = [subprotocol, `ticket.${body.ticket}`];
    this.provider.connect();
  }
}
