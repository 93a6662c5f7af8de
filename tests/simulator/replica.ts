import * as Y from "yjs";
import type { MaskAuthor } from "../../core/draft/masksDoc.ts";
import type { MaskBase } from "../../core/draft/rebase.ts";
import type { MaskFold } from "../../core/mask/maskFold.ts";
import type { BrickRuns } from "../../core/mask/brickRuns.ts";
import { decodeMark } from "../../core/mask/mark.ts";
import { actKey, decodeStroke, encodeStroke, type StrokeEntry, strokeKey } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";
import type { seededRandom } from "../support/denseOracle.ts";
import type { Engine } from "./engine.ts";

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const lamports = new WeakMap<Uint8Array, number>();
function lamportOf(bytes: Uint8Array): number {
  let lamport = lamports.get(bytes);
  if (lamport === undefined) lamports.set(bytes, (lamport = decodeStroke(bytes).lamport));
  return lamport;
}

/** A base with the entries that it holds. */
export interface SimBase { base: MaskBase; horizon: number; folded: ReadonlySet<string>; dense: Uint8Array; proposal: Uint8Array }

/** One page of one person: document, fold and author, and a plain record of what its undo must do. */
export class Replica {
  readonly person: string;
  doc = new Y.Doc();
  fold!: MaskFold;
  author!: MaskAuthor;
  isOnline = false;
  isDrawing = false;
  readonly toServer: { update: Uint8Array; isAnswer: boolean }[] = [];
  readonly toClient: (() => void)[] = [];
  /** Entries written here, as `root hex`. */
  readonly written = new Set<string>();
  readonly #engine: Engine;
  readonly #grid: Grid;
  readonly #clientIds: number[] = [];
  #nextId: () => number;
  #stop: () => void = () => undefined;
  base: SimBase;
  /** Own strokes in the order in which they were drawn, with their entries. */
  #drawn: { key: string; entry: StrokeEntry; entries: Set<string>; hiddenAt: number }[] = [];
  #stock: StrokeEntry[] = [];
  #hides = 0;

  constructor(engine: Engine, grid: Grid, person: string, base: SimBase, nextId: () => number) {
    this.#engine = engine;
    this.#grid = grid;
    this.person = person;
    this.base = base;
    this.#nextId = nextId;
    this.begin();
  }

  get clientIds(): readonly number[] {
    return this.#clientIds;
  }

  #authorOf: Y.Doc | undefined;

  /** A new page: whatever was not sent is gone. */
  begin(): void {
    this.#stock = [];
    this.#openId = undefined;
    this.#stop();
    this.#stop = () => undefined;
    this.doc.destroy();
    this.doc = new Y.Doc();
    this.doc.clientID = this.#nextId();
    this.#clientIds.push(this.doc.clientID);
    this.isDrawing = this.isOnline = false;
    this.toServer.length = this.toClient.length = 0;
    this.refold(this.base);
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin === "server") return;
      if (this.isOnline) this.toServer.push({ update, isAnswer: false });
    });
    for (const root of ["strokes", "marks"] as const) {
      this.doc.getArray<Uint8Array>(root).observe((event, { local }) => {
        if (!local) return;
        for (const { insert } of event.changes.delta) {
          if (!Array.isArray(insert)) continue;
          for (const bytes of insert as Uint8Array[]) {
            this.written.add(`${root} ${hex(bytes)}`);
            if (root === "strokes") this.#record(bytes);
          }
        }
      });
    }
  }

  /** Takes another base; a stroke under way stays open. */
  refold(base: SimBase): void {
    this.#stop();
    this.base = base;
    // The mark of a stroke that was folded is gone with it: what comes of that stroke later is visible.
    const marked = new Set(this.doc.getArray<Uint8Array>("marks").toArray().map((bytes) => strokeKey(decodeMark(bytes).stroke)));
    for (const stroke of this.#drawn) if (!marked.has(stroke.key) && [...stroke.entries].some((entry) => base.folded.has(entry))) stroke.hiddenAt = 0;
    this.fold = new this.#engine.MaskFold(this.#grid, base.base.anatomy, base.base.proposal);
    this.#stop = this.#engine.followMasks(this.doc, this.fold);
    if (this.#authorOf === this.doc) this.author.refold(this.fold);
    else this.author = new this.#engine.MaskAuthor(this.doc, this.fold, this.#clientIds);
    this.#authorOf = this.doc;
  }

  end(bricks: Parameters<MaskAuthor["end"]>[0]): void {
    this.author.end(bricks);
    this.isDrawing = false;
  }

  /** What is left of this person's strokes after a reload: what the server has. */
  remember(strokes: readonly Uint8Array[], hiddenAt: (key: string) => number): void {
    const own = new Set(this.#clientIds);
    const kept = new Map<string, { entry: StrokeEntry; entries: Set<string> }>();
    for (const bytes of strokes) {
      const entry = decodeStroke(bytes);
      if (!own.has(entry.id.clientId)) continue;
      const key = strokeKey(entry.id);
      const stroke = kept.get(key) ?? { entry, entries: new Set<string>() };
      stroke.entries.add(hex(bytes));
      kept.set(key, stroke);
    }
    this.#drawn = [...kept].map(([key, { entry, entries }]) => ({ key, entry, entries, hiddenAt: hiddenAt(key) }));
    this.#hides = Math.max(0, ...this.#drawn.map((stroke) => stroke.hiddenAt));
  }

  /** More of the stroke under way; never twice the same bytes, which this record could not tell apart. */
  push(bricks: BrickRuns[]): void {
    const text = `${this.#openKey} ${bricks.map(({ brick, runs }) => `${brick}:${runs.join()}`).join(";")}`;
    if (this.#pushed.has(text)) return;
    this.#pushed.add(text);
    this.author.push(bricks);
  }

  readonly #pushed = new Set<string>();

  /**
   * What a stock client may write that our author would not: several strokes with one lamport, an old lamport, and
   * more of a stroke that is hidden already.
   */
  writeAsStock(random: ReturnType<typeof seededRandom>, bricks: BrickRuns[]): void {
    const known = this.#stock.length > 0 && random.chance(0.4) ? this.#stock[random.below(this.#stock.length)] : undefined;
    // Below the base it would be a stroke that undo reaches on one page and not on another.
    if (bricks.length === 0 || (known && known.lamport <= this.base.horizon)) return;
    const last = this.#stock.at(-1);
    const lamport = known?.lamport ?? (last && random.chance(0.4) ? last.lamport : 1 + this.#greatest());
    if (lamport <= this.base.horizon) return;
    const entry: StrokeEntry = known ? { ...known, content: { kind: "runs", bricks } } : {
      id: { clientId: this.doc.clientID, counter: 1 + this.#counter() }, lamport, layer: "anatomy", value: random.below(4), isFinal: true, content: { kind: "runs", bricks },
    };
    const bytes = encodeStroke(entry);
    if (this.written.has(`strokes ${hex(bytes)}`)) return;
    if (!known) this.#stock.push(entry);
    this.doc.getArray("strokes").push([bytes]);
  }

  /** Greatest counter that this page has used. */
  #counter(): number {
    return this.#drawn.reduce((most, { entry: { id } }) => (id.clientId === this.doc.clientID ? Math.max(most, id.counter) : most), this.#openId?.counter ?? 0);
  }

  #greatest(): number {
    return this.doc.getArray<Uint8Array>("strokes").toArray().reduce((most, bytes) => Math.max(most, lamportOf(bytes)), 0);
  }

  undo(): void {
    const expected = this.#live().filter(({ key, hiddenAt }) => hiddenAt === 0 && key !== this.#open()).at(-1);
    this.#compare("undo", this.author.undo(), expected?.key);
    if (!expected) return;
    // MK7: the stroke first, then what else of its act is shown.
    expected.hiddenAt = ++this.#hides;
    for (const mate of this.#matesOf(expected)) if (mate.hiddenAt === 0) mate.hiddenAt = ++this.#hides;
  }

  redo(): void {
    const live = this.#live();
    const lastVisible = live.findLastIndex(({ hiddenAt }) => hiddenAt === 0);
    const expected = this.isDrawing ? undefined : live.slice(lastVisible + 1).sort((a, b) => a.hiddenAt - b.hiddenAt).at(-1);
    this.#compare("redo", this.author.redo(), expected?.key);
    if (!expected) return void this.#hides++;
    for (const one of [expected, ...this.#matesOf(expected)]) {
      if (one.hiddenAt === 0) continue;
      one.hiddenAt = 0;
      this.#hides++;
    }
  }

  /** What else of a stroke's act (MK7) there is, but for the stroke under way. */
  #matesOf({ key, entry }: { key: string; entry: StrokeEntry }) {
    return this.#live().filter((one) => one.key !== key && one.key !== this.#open() && actKey(one.entry) === actKey(entry));
  }

  #open(): string | undefined {
    return this.isDrawing ? this.#openKey : undefined;
  }

  #openKey: string | undefined;
  #openId: { clientId: number; counter: number } | undefined;
  begins(id: { clientId: number; counter: number }): void {
    if (this.author.nextLamport !== 1 + this.#greatest()) throw new Error(`${this.person} draws at lamport ${this.author.nextLamport} above ${this.#greatest()}`);
    this.isDrawing = true;
    this.#openKey = strokeKey(id);
    this.#openId = id;
  }

  #live() {
    return this.#drawn.filter(({ entries }) => [...entries].some((entry) => !this.base.folded.has(entry)))
      .sort(({ entry: a }, { entry: b }) => a.lamport - b.lamport || a.id.clientId - b.id.clientId || a.id.counter - b.id.counter);
  }

  #record(bytes: Uint8Array): void {
    const entry = decodeStroke(bytes), key = strokeKey(entry.id);
    let stroke = this.#drawn.find((drawn) => drawn.key === key);
    if (!stroke) this.#drawn.push((stroke = { key, entry, entries: new Set(), hiddenAt: 0 }));
    stroke.entries.add(hex(bytes));
  }

  #compare(what: string, got: { clientId: number; counter: number } | undefined, expected: string | undefined): void {
    const gotKey = got && strokeKey(got);
    if (gotKey !== expected) throw new Error(`${this.person} ${what}: took ${gotKey}, expected ${expected}`);
  }
}
