import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { followMasks, MaskAuthor } from "../../core/draft/masksDoc.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import { messageType, roomsPath, subprotocol } from "../../core/protocol/room.ts";
import type { Grid } from "../../core/space/grid.ts";

/** Someone signed in to a demo workspace without a browser. */
export interface HeadlessPerson {
  cookie: string;
  ask(path: string, init?: RequestInit): Promise<Response>;
  query<T>(procedure: string, input: unknown): Promise<T>;
  mutate<T>(procedure: string, input: unknown): Promise<T>;
}

/** Signs in as one of the demo's people. */
export async function signInHeadless(origin: string, userId: string): Promise<HeadlessPerson> {
  const ours = { origin, "x-caseroom": "1", "content-type": "application/json" };
  const answer = await fetch(`${origin}/api/demo/sign-in`, { method: "POST", headers: ours, body: JSON.stringify({ userId }) });
  if (!answer.ok) throw new Error(`sign-in: HTTP ${answer.status}`);
  const cookie = answer.headers.getSetCookie().map((value) => value.split(";")[0]).join("; ");
  const ask = (path: string, init: RequestInit = {}) => fetch(`${origin}${path}`, { ...init, headers: { ...ours, cookie, ...init.headers as Record<string, string> } });
  const unpack = async (asked: Promise<Response>) => {
    const got = await asked, body = await got.json() as { result?: { data: { json: unknown } } };
    if (!got.ok || !body.result) throw new Error(`HTTP ${got.status}: ${JSON.stringify(body)}`);
    return body.result.data.json;
  };
  return {
    cookie, ask,
    query: <T>(procedure: string, input: unknown) => unpack(ask(`/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`)) as Promise<T>,
    mutate: <T>(procedure: string, input: unknown) => unpack(ask(`/api/trpc/${procedure}`, { method: "POST", body: JSON.stringify({ json: input }) })) as Promise<T>,
  };
}

/**
 * A stock y-websocket provider in a case's masks, with fresh tickets and the count of what the server committed:
 * the page's connection, said again in few lines, so that many fit into one process.
 */
export class HeadlessRoom {
  readonly doc = new Y.Doc();
  readonly fold: MaskFold;
  readonly author: MaskAuthor;
  /** Log entries (hex) of which the server said that they are on disk. */
  readonly acknowledged = new Set<string>();
  /** Log entries (hex) written here, in order. */
  readonly written: string[] = [];
  /** What the room refused, in its words; nothing, as long as the client behaves. */
  readonly refusals: string[] = [];
  /** Content of the blob strokes, by hash. */
  readonly blobs = new Map<string, Uint8Array>();
  /** Called for each event of the case. */
  onEvent: () => void = () => undefined;
  readonly #provider: WebsocketProvider;
  readonly #person: HeadlessPerson;
  readonly #caseId: string;
  readonly #questions = new Map<number, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** So many of `written` are acknowledged. A count, because two increments of a stroke may have the same bytes. */
  #saved = 0;
  #asked = 0;
  #connects = 0;
  #lastClose: number | undefined;
  #isClosed = false;

  constructor(origin: string, person: HeadlessPerson, caseId: string, grid: Grid) {
    this.#person = person;
    this.#caseId = caseId;
    this.fold = new MaskFold(grid);
    followMasks(this.doc, this.fold);
    this.author = new MaskAuthor(this.doc, this.fold);
    this.doc.on("update", () => void this.#fetchBlobs());
    for (const root of ["strokes", "marks"]) {
      this.doc.getArray<Uint8Array>(root).observe((event, { local }) => {
        if (!local) return;
        for (const { insert } of event.changes.delta) if (Array.isArray(insert)) for (const bytes of insert) this.written.push(`${root} ${Buffer.from(bytes).toString("hex")}`);
      });
    }
    class OriginSocket extends WebSocket {
      constructor(url: string, protocols: string[]) { super(url, protocols, { origin }); }
    }
    this.#provider = new WebsocketProvider(origin.replace(/^http/, "ws") + roomsPath, `${caseId}/masks`, this.doc, {
      connect: false, disableBc: true, shouldReconnect: () => false, WebSocketPolyfill: OriginSocket as unknown as typeof globalThis.WebSocket,
    });
    this.#provider.messageHandlers[messageType.saved] = (_out, from) => {
      const upTo = this.#questions.get(decoding.readVarUint(from)) ?? 0;
      for (const entry of this.written.slice(this.#saved, upTo)) this.acknowledged.add(entry);
      this.#saved = Math.max(this.#saved, upTo);
    };
    this.#provider.messageHandlers[messageType.event] = () => this.onEvent();
    this.#provider.messageHandlers[messageType.refused] = (_out, from) => { this.refusals.push(decoding.readVarString(from)); };
    this.#provider.on("closed", ({ code }) => {
      this.#lastClose = code;
      this.#questions.clear();
      if (!this.#isClosed) setTimeout(() => void this.#connect(), 100);
    });
    this.#timer = setInterval(() => this.#ask(), 20);
    void this.#connect();
  }

  get isSynced(): boolean { return this.#provider.wsconnected && this.#provider.synced; }
  get unsaved(): number { return this.written.length - this.#saved; }
  /** How it stands with the room, for the message of a test that waited in vain. */
  get standing(): string {
    const { wsconnected, wsconnecting } = this.#provider, socket = wsconnected ? "open" : wsconnecting ? "opening" : "closed";
    return `client ${this.doc.clientID}: socket ${socket}, ${this.isSynced ? "synced" : "not synced"}, ${this.unsaved} of ${this.written.length} unsaved, ${this.#questions.size} of ${this.#asked} questions open, ${this.#connects} connects, last close ${this.#lastClose ?? "none"}, pending structs ${this.doc.store.pendingStructs !== null}, refusals [${this.refusals.join(" ")}]`;
  }
  /** Everything in the document, as `written` has it. */
  entries(): string[] {
    return ["strokes", "marks"].flatMap((root) => this.doc.getArray<Uint8Array>(root).toArray().map((bytes) => `${root} ${Buffer.from(bytes).toString("hex")}`));
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#provider.destroy();
    // Its timer would keep the process.
    this.#provider.awareness.destroy();
  }

  async #fetchBlobs(): Promise<void> {
    for (const hash of this.fold.blobNeeded()) {
      const answer = await this.#person.ask(`/api/cases/${this.#caseId}/blobs/${hash}`);
      if (!answer.ok) continue;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      this.blobs.set(hash, bytes);
      this.fold.addBlob(hash, bytes);
    }
  }

  #ask(): void {
    const { ws } = this.#provider;
    if (!this.isSynced || this.unsaved === 0 || ws === null) return;
    const n = ++this.#asked, out = encoding.createEncoder();
    this.#questions.set(n, this.written.length);
    encoding.writeVarUint(out, messageType.saveQuery);
    encoding.writeVarUint(out, n);
    ws.send(encoding.toUint8Array(out));
  }

  async #connect(): Promise<void> {
    try {
      const answer = await this.#person.ask(`/api/cases/${this.#caseId}/ticket`, { method: "POST", body: "{}" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const { ticket, clientIds } = await answer.json() as { ticket: string; clientIds: number[] };
      if (this.#isClosed) return;
      this.author.alsoOwn(clientIds);
      this.#provider.protocols = [subprotocol, `ticket.${ticket}`];
      this.#connects++;
      this.#provider.connect();
    } catch {
      // The server is down: again until it is back.
      if (!this.#isClosed) setTimeout(() => void this.#connect(), 100);
    }
  }
}
