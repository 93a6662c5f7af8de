import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { insertedBy } from "../../core/draft/insertedBy.ts";
import { decodeStroke, encodeStroke } from "../../core/mask/stroke.ts";
import { messageType, roomsPath } from "../../core/protocol/room.ts";

/** A stroke that writes value 1 into the one voxel (x, y, z) of a brick at the grid's beginning and nothing else. */
export const voxelStroke = (clientId: number, counter: number, lamport: number, brick: number, voxel: number): Uint8Array => encodeStroke({
  id: { clientId, counter }, lamport, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: [{ brick, runs: Uint16Array.of(voxel, 1) }] },
});

/**
 * An unmodified y-websocket provider that writes numbered strokes and asks, as the page does, what is on disk. It never
 * throws anything away: what is not acknowledged goes with it into the next connection.
 */
export class Writer {
  readonly doc = new Y.Doc();
  /** Everything written, in order. */
  readonly written: number[] = [];
  /** So many of `written` are on the server's disk. */
  acknowledged = 0;
  /** Milliseconds from writing to the acknowledgement. */
  readonly ackMs: number[] = [];
  /** What the room refused for good; that it has no room now is none of these. */
  readonly refusals: string[] = [];
  readonly provider: WebsocketProvider;
  #lamport = 0;
  #asked = 0;
  #lastClose = "none";
  readonly #questions = new Map<number, { upTo: number; at: number }>();

  /** @param port where to connect; another one after `moveTo` */
  constructor(port: number, caseId: string, ticket: string) {
    this.doc.getArray<Uint8Array>("strokes").observe((event) => {
      // One that came tells the room's time well enough: a lamport may always be less than one more than the greatest.
      const bytes = insertedBy(event).at(-1);
      if (bytes) this.#lamport = Math.max(this.#lamport, decodeStroke(bytes).lamport);
    });
    this.provider = new WebsocketProvider(`ws://127.0.0.1:${port}${roomsPath}`, `${caseId}/masks`, this.doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, disableBc: true, maxBackoffTime: 250, protocols: ["caseroom", `ticket.${ticket}`],
    });
    this.provider.messageHandlers[messageType.saved] = (_out, from) => {
      const n = decoding.readVarUint(from), question = this.#questions.get(n);
      if (!question) return;
      this.#questions.delete(n);
      this.acknowledged = Math.max(this.acknowledged, question.upTo);
      this.ackMs.push(performance.now() - question.at);
    };
    this.provider.messageHandlers[messageType.refused] = (_out, from) => {
      const told = decoding.readVarString(from), { code } = JSON.parse(told) as { code: string };
      if (code !== "load-failed" && code !== "unavailable") this.refusals.push(told);
    };
    for (const type of [messageType.base, messageType.event, messageType.late]) this.provider.messageHandlers[type] = () => undefined;
    this.provider.on("connection-close", (event) => {
      this.#questions.clear();
      this.#lastClose = event ? `${event.code}` : "own";
    });
    this.provider.on("sync", (isSynced: boolean) => { if (isSynced) this.ask(); });
  }

  get isSynced(): boolean { return this.provider.wsconnected && this.provider.synced; }
  get unsaved(): number { return this.written.length - this.acknowledged; }

  /** How it stands with the room, for the message of a test that waited in vain. */
  get standing(): string {
    const { wsconnected, wsconnecting } = this.provider;
    return `client ${this.doc.clientID}: ${wsconnected ? "connected" : wsconnecting ? "connecting" : "apart"}, ${this.isSynced ? "synced" : "not synced"}, ${this.unsaved} of ${this.written.length} unsaved, ${this.#questions.size} questions open, last close ${this.#lastClose}, pending ${this.doc.store.pendingStructs !== null}, refusals [${this.refusals.join(" ")}]`;
  }

  /** Writes strokes in one update, numbered by their voxels, and asks when they are on disk. */
  write(voxels: readonly { brick: number; voxel: number; number: number }[]): void {
    const strokes = this.doc.getArray<Uint8Array>("strokes");
    const bytes = voxels.map(({ brick, voxel }, i) => voxelStroke(this.doc.clientID, this.written.length + 1 + i, this.#lamport + 1 + i, brick, voxel));
    this.#lamport += voxels.length;
    for (const { number } of voxels) this.written.push(number);
    strokes.push(bytes);
    this.ask();
  }

  /** Asks when everything written so far is on disk. */
  ask(): void {
    const { ws } = this.provider;
    if (!this.isSynced || this.unsaved === 0 || ws === null) return;
    const n = ++this.#asked, out = encoding.createEncoder();
    this.#questions.set(n, { upTo: this.written.length, at: performance.now() });
    encoding.writeVarUint(out, messageType.saveQuery);
    encoding.writeVarUint(out, n);
    ws.send(encoding.toUint8Array(out));
  }

  /** Goes on with a server at another port. */
  moveTo(port: number): void {
    this.provider.disconnect();
    this.provider.serverUrl = `ws://127.0.0.1:${port}${roomsPath}`;
    this.provider.connect();
  }

  close(): void {
    this.provider.destroy();
    this.doc.destroy();
  }
}
