import * as Y from "yjs";
import type { BrickRuns } from "../../core/mask/brickRuns.ts";
import { denseLabels, fromDense } from "../../core/mask/labelmap.ts";
import { serverClientId } from "../../core/draft/rebase.ts";
import { decodeMark, type Mark } from "../../core/mask/mark.ts";
import { actKey, decodeStroke, type Layer, type StrokeEntry, strokeKey } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";
import { RoomTwin } from "../../server/rooms/roomTwin.ts";
import { countDense, foldDense, seededRandom } from "../support/denseOracle.ts";
import { engine as ours, type Engine } from "./engine.ts";
import { hex, Replica, type SimBase } from "./replica.ts";

export const simGrid: Grid = { dims: [40, 3, 2], spacing: [1, 1, 1], origin: [0, 0, 0] };
const grid = simGrid;
const keepOwn = 4;
type Random = ReturnType<typeof seededRandom>;
const layers: readonly Layer[] = ["anatomy", "proposal"];

export interface Simulated { operations: number; committed: number; rebases: number; abandoned: number; crashes: number; late: number }
export interface SimOptions { seed: number; operations?: number; engine?: Engine }

const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((value, i) => value === b[i]);

/** The server of one room: what is committed, what is accepted and waits for it, and the base. */
class SimServer {
  committed: Uint8Array[] = [];
  doc = new Y.Doc();
  twin = new RoomTwin([]);
  waiting: { update: Uint8Array; from: Replica | null; base?: SimBase }[] = [];
  /** Entries as they were before they were trimmed, by stroke; and what the server has written itself. */
  readonly trimmed = new Map<string, string[]>();
  readonly written = new Set<string>();
  base: SimBase = { base: {}, horizon: 0, folded: new Set(), dense: new Uint8Array(240), proposal: new Uint8Array(240) };

  /** The log survives, and nothing else. */
  crash(): void {
    this.waiting = [];
    this.doc = new Y.Doc();
    for (const update of this.committed) Y.applyUpdate(this.doc, update);
    this.#renewTwin();
  }

  commit(): SimServer["waiting"] {
    const all = this.waiting.splice(0);
    for (const { update, base } of all) {
      this.committed.push(update);
      Y.applyUpdate(this.doc, update);
      if (base) this.base = base;
    }
    return all;
  }

  /**
   * Folds what is old into a base that is proven against the oracle before it counts, and commits what drops it, unless
   * the server ends in between or something arrived since that the base does not hold.
   * @param meanwhile what happens between the working out and the commit
   */
  rebase(engine: Engine, personOf: (clientId: number) => string | undefined, exempt: ReadonlySet<string>, random: Random, meanwhile: () => boolean): Uint8Array | "changed" | null {
    const plan = engine.planRebase(this.doc, personOf, keepOwn, exempt);
    if (!plan) return null;
    const before = new Y.Doc(), state = Y.encodeStateVector(this.doc);
    Y.applyUpdate(before, Y.encodeStateAsUpdate(this.doc));
    const strokes = entriesOf(before);
    this.#provePlan(strokes.map(({ bytes }) => bytes), plan.folded, personOf, exempt);
    const folded = strokes.filter(({ entry }) => plan.folded.has(strokeKey(entry.id))), marks = marksOf(before);
    if (plan.horizon !== Math.max(...folded.map(({ entry }) => entry.lamport))) throw new Error("the horizon is not the newest folded stroke");
    const dense = foldDense(grid, folded, marks, this.base.dense), proposal = foldDense(grid, folded, marks, this.base.proposal, "proposal");
    const fold = engine.foldUnder(before, grid, this.base.base, plan);
    if (!same(denseLabels(fold.labelmap()), dense) || !same(denseLabels(fold.labelmap("proposal")), proposal)) throw new Error("the base is not what the oracle folds");
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(before));
    copy.clientID = serverClientId;
    engine.dropFolded(copy, plan, engine.trimKept(before, grid, plan, new Map()));
    const update = Y.encodeStateAsUpdate(copy, state);
    this.#proveRest(before, copy, plan.folded, { dense, proposal }, random);
    // A server that ends here has changed nothing: the log is as it was.
    if (meanwhile()) return null;
    const told = this.twin.rebase({ update, state, horizon: plan.horizon, folded: [...plan.folded] });
    if (told.kind === "changed") return "changed";
    const left = new Set(entriesOf(copy).map(({ bytes }) => hex(bytes)));
    for (const { bytes, entry } of strokes) {
      if (plan.folded.has(strokeKey(entry.id)) || left.has(hex(bytes))) continue;
      this.trimmed.set(strokeKey(entry.id), [...this.trimmed.get(strokeKey(entry.id)) ?? [], hex(bytes)]);
    }
    const gone = [...folded.map(({ bytes }) => hex(bytes)), ...[...plan.folded].flatMap((key) => this.trimmed.get(key) ?? [])];
    for (const bytes of left) this.written.add(`strokes ${bytes}`);
    const base = { base: { anatomy: fromDense(grid, dense), proposal: fromDense(grid, proposal) }, horizon: plan.horizon, folded: new Set([...this.base.folded, ...gone]), dense, proposal };
    this.waiting.push({ update: told.delta, from: null, base });
    return told.delta;
  }

  /** Undo's reach, said again: nobody's youngest acts (MK7) are folded, and nothing that could be is left. */
  #provePlan(strokes: readonly Uint8Array[], folded: ReadonlySet<string>, personOf: (clientId: number) => string | undefined, exempt: ReadonlySet<string>): void {
    const own = new Map<string, Map<string, StrokeEntry>>(), all = new Map<string, StrokeEntry>(), actOf = new Map<string, string>();
    for (const entry of strokes.map(decodeStroke)) {
      const person = personOf(entry.id.clientId) ?? `${entry.id.clientId}`, act = actKey(entry);
      own.set(person, (own.get(person) ?? new Map<string, StrokeEntry>()).set(act, entry));
      all.set(act, entry);
      actOf.set(strokeKey(entry.id), act);
    }
    const youngest = (of: Map<string, StrokeEntry>, count: number) => [...of].sort(([, a], [, b]) => b.lamport - a.lamport || b.id.clientId - a.id.clientId).slice(0, count).map(([act]) => act);
    const kept = new Set([...youngest(all, 1), ...[...own].flatMap(([person, of]) => (exempt.has(person) ? [] : youngest(of, keepOwn)))]);
    for (const [key, act] of actOf) if (kept.has(act) === folded.has(key)) throw new Error(`stroke ${key} is ${kept.has(act) ? "folded" : "left"}`);
  }

  /** The new base with what is left on it is the old one with everything, whatever of what is left is hidden. */
  #proveRest(before: Y.Doc, after: Y.Doc, folded: ReadonlySet<string>, base: { dense: Uint8Array; proposal: Uint8Array }, random: Random): void {
    const was = entriesOf(before), left = entriesOf(after), marks = marksOf(before), marksLeft = marksOf(after);
    const keys = (of: { entry: StrokeEntry }[]) => new Set(of.map(({ entry }) => strokeKey(entry.id)));
    const kept = [...keys(was)].filter((key) => !folded.has(key)), stays = keys(left);
    if (stays.size !== kept.length || kept.some((key) => !stays.has(key))) throw new Error("a rebase dropped something else than it folded");
    const greatest = (of: readonly Mark[]) => of.reduce((most, { n }) => Math.max(most, n), 0);
    if (greatest(marksLeft) !== greatest(marks)) throw new Error("a rebase lost the greatest mark");
    const lamport = (of: { entry: StrokeEntry }[]) => Math.max(...of.map(({ entry }) => entry.lamport));
    if (lamport(left) !== lamport(was)) throw new Error("a rebase lost the newest stroke");
    for (let turn = 0; turn < 4; turn++) {
      const more = turn === 0 ? [] : kept.map((key): Mark => { const [clientId, counter] = key.split(":").map(Number); return { stroke: { clientId, counter }, hidden: random.chance(0.5), n: 1_000_000 }; });
      for (const layer of layers) {
        const one = foldDense(grid, was, [...marks, ...more], layer === "anatomy" ? this.base.dense : this.base.proposal, layer);
        const other = foldDense(grid, left, [...marksLeft, ...more], layer === "anatomy" ? base.dense : base.proposal, layer);
        if (!same(one, other)) throw new Error(`a rebase changes the ${layer}${turn === 0 ? "" : " once something is hidden or shown"}`);
      }
    }
  }

  #renewTwin(): void {
    this.twin.destroy();
    this.twin = new RoomTwin([Y.encodeStateAsUpdate(this.doc)], this.base.horizon);
  }
}

const entriesOf = (doc: Y.Doc) => doc.getArray<Uint8Array>("strokes").toArray().map((bytes) => {
  const entry = decodeStroke(bytes);
  return { bytes, entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] };
});
const marksOf = (doc: Y.Doc): Mark[] => doc.getArray<Uint8Array>("marks").toArray().map(decodeMark);

const sizes = [32, 8];
/** Runs of one or both bricks, as canonical as the wire wants them. */
function randomBricks(random: ReturnType<typeof seededRandom>): BrickRuns[] {
  const bricks: BrickRuns[] = [];
  for (let brick = 0; brick < 2; brick++) {
    if (!random.chance(0.6)) continue;
    const runs: number[] = [];
    for (let row = 0; row < 6; row++) {
      if (!random.chance(0.5)) continue;
      const start = random.below(sizes[brick]);
      runs.push((row % 3) * 32 + Math.floor(row / 3) * 1024 + start, 1 + random.below(sizes[brick] - start));
    }
    if (runs.length > 0) bricks.push({ brick, runs: Uint16Array.from(runs) });
  }
  return bricks;
}

/**
 * One run: people draw, take back, lose their line, reload, while the server commits, crashes and rebases; then
 * everything heals and all must agree with the oracle. One seed, one run. Throws an Error that says what differs.
 */
export function simulate({ seed, operations = 300, engine = ours }: SimOptions): Simulated {
  const random = seededRandom(seed);
  const server = new SimServer();
  const done: Simulated = { operations: 0, committed: 0, rebases: 0, abandoned: 0, crashes: 0, late: 0 };
  const leases = new Map<number, string>();
  let nextId = 10;
  const replicas: Replica[] = [];
  const idFor = (person: string) => () => { const id = nextId + random.below(1000); nextId = id + 1; leases.set(id, person); return id; };
  for (let i = 2 + random.below(4); i > 0; i--) replicas.push(new Replica(engine, grid, `person ${i}`, server.base, idFor(`person ${i}`)));

  const connect = (replica: Replica) => {
    replica.isOnline = true;
    replica.toServer.length = replica.toClient.length = 0;
    const state = Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(replica.doc)), { base } = server;
    const vector = Y.encodeStateVector(server.doc);
    replica.toClient.push(() => {
      Y.applyUpdate(replica.doc, state, "server");
      if (replica.base !== base) replica.refold(base);
    });
    // The answer to the server's question goes out before anything newer.
    replica.toServer.push({ update: Y.encodeStateAsUpdate(replica.doc, vector), isAnswer: true });
  };
  const disconnect = (replica: Replica) => { replica.isOnline = false; replica.toServer.length = replica.toClient.length = 0; };
  const commit = () => {
    for (const { update, from, base } of server.commit()) {
      done.committed++;
      if (base) done.rebases++;
      for (const replica of replicas) {
        if (replica.isOnline && replica !== from) replica.toClient.push(() => { Y.applyUpdate(replica.doc, update, "server"); if (base) replica.refold(base); });
      }
    }
  };
  const receive = (replica: Replica) => {
    const message = replica.toServer.shift();
    if (!message) return;
    const verdict = server.twin.check({ ...message, own: replica.clientIds, greatestValue: 127, isProven: true });
    if (verdict.kind === "accepted") server.waiting.push({ update: verdict.delta, from: replica });
    else if (verdict.kind === "ahead") replica.toServer.push({ update: Y.encodeStateAsUpdate(replica.doc, Y.encodeStateVector(server.doc)), isAnswer: true });
    else if (verdict.kind !== "nothing") throw new Error(`an honest update was refused: ${JSON.stringify(verdict)}`);
  };
  const act = (replica: Replica) => {
    done.operations++;
    const roll = random.below(100);
    if (roll >= 95) return replica.writeAsStock(random, randomBricks(random));
    if (replica.isDrawing) {
      if (roll < 50) replica.push(randomBricks(random));
      else if (roll < 60) replica.undo();
      else if (roll < 65) replica.redo();
      else replica.end(randomBricks(random));
    } else if (roll < 22) replica.undo();
    else if (roll < 36) replica.redo();
    else replica.begins(replica.author.begin(random.below(4), random.chance(0.15) ? "proposal" : "anatomy"));
  };
  const reload = (replica: Replica) => {
    commit();
    replica.base = server.base;
    replica.begin();
    const marks = server.doc.getArray<Uint8Array>("marks").toArray().map(decodeMark);
    replica.remember(server.doc.getArray<Uint8Array>("strokes").toArray(), (key) => {
      const newest = marks.filter(({ stroke }) => strokeKey(stroke) === key).sort((a, b) => a.n - b.n || Number(a.hidden) - Number(b.hidden)).at(-1);
      return newest?.hidden ? newest.n : 0;
    });
    // A new page draws nothing before it has synced: its undo would not reach what it has not seen.
    connect(replica);
    while (replica.toClient.length > 0) replica.toClient.shift()?.();
  };
  const crash = () => {
    done.crashes++;
    server.crash();
    replicas.forEach(disconnect);
  };
  const rebase = () => {
    commit();
    const exempt = new Set(random.chance(0.05) ? replicas.map(({ person }) => person) : random.chance(0.4) ? [replicas[0].person] : []);
    // While it is worked out people go on, and the server may end; after it, it may end before the commit.
    const told = server.rebase(engine, (clientId) => leases.get(clientId), exempt, random, () => {
      if (random.chance(0.1)) { crash(); return true; }
      for (let i = random.below(6); i > 0; i--) receive(replicas[random.below(replicas.length)]);
      if (random.chance(0.3)) commit();
      return false;
    });
    if (told === "changed") done.abandoned++;
    else if (told && random.chance(0.1)) crash();
  };
  const step = () => {
    const replica = replicas[random.below(replicas.length)], roll = random.below(1000);
    if (roll < 380) act(replica);
    else if (roll < 620) receive(replica);
    else if (roll < 820) replica.toClient.shift()?.();
    else if (roll < 900) commit();
    else if (roll < 930) { if (replica.isOnline) disconnect(replica); else connect(replica); }
    else if (roll < 936) { if (!replica.isOnline) connect(replica); }
    else if (roll < 950) rebase();
    else if (roll < 956) reload(replica);
    else if (roll < 962) crash();
    else if (roll < 970 && replica.base === server.base) Y.applyUpdate(replica.doc, Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(new Y.Doc())).slice(), "server-again");
    else for (let brick = 0; brick < 2; brick++) replica.fold.brick(brick, layers[random.below(2)]);
  };
  for (const replica of replicas) connect(replica);
  while (done.operations < operations) step();
  settle(replicas, { connect, receive, commit });
  prove(replicas, server);
  done.late = server.doc.getArray<Uint8Array>("strokes").toArray().filter((bytes) => decodeStroke(bytes).lamport <= server.base.horizon).length;
  for (const { doc } of [...replicas, server]) doc.destroy();
  return done;
}

interface Wires { connect: (replica: Replica) => void; receive: (replica: Replica) => void; commit: () => void }

/** Heals every line and lets everything arrive. */
function settle(replicas: readonly Replica[], { connect, receive, commit }: Wires): void {
  for (const replica of replicas) if (replica.isDrawing) replica.end([]);
  for (let round = 0; round < 3; round++) {
    for (const replica of replicas) connect(replica);
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (const replica of replicas) {
        while (replica.toServer.length > 0) { receive(replica); isBusy = true; }
        commit();
        while (replica.toClient.length > 0) { replica.toClient.shift()?.(); isBusy = true; }
      }
    }
  }
}

/** P1, P7, P8: everybody holds the same, it is the oracle's, and everything that was written and not lost is in it once. */
function prove(replicas: readonly Replica[], server: SimServer): void {
  const strokes = server.doc.getArray<Uint8Array>("strokes").toArray(), marks = server.doc.getArray<Uint8Array>("marks").toArray();
  const log = strokes.map(decodeStroke).map((entry) => ({ entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] }));
  const written = new Set([...server.written, ...replicas.flatMap((replica) => [...replica.written])]);
  for (const bytes of strokes) if (!written.has(`strokes ${hex(bytes)}`)) throw new Error("an entry is in the log that nobody wrote");
  for (const layer of layers) {
    const expected = foldDense(grid, log, marks.map(decodeMark), layer === "anatomy" ? server.base.dense : server.base.proposal, layer);
    const counts = countDense(expected);
    for (const { fold, person } of replicas) {
      if (!same(denseLabels(fold.labelmap(layer)), expected)) throw new Error(`${person}'s ${layer} is not the oracle's`);
      const own = fold.voxelCounts(layer);
      if (own.size !== counts.size || [...counts].some(([value, n]) => own.get(value) !== n)) throw new Error(`${person}'s counts of ${layer} are wrong`);
    }
    if (new Set(replicas.map(({ fold }) => fold.hash(layer))).size !== 1) throw new Error(`hashes of ${layer} differ`);
  }
  for (const { doc, person } of replicas) {
    if (!same(Y.encodeStateVector(doc), Y.encodeStateVector(server.doc)) || doc.store.pendingStructs) throw new Error(`${person} lacks updates`);
    const live = doc.getArray<Uint8Array>("strokes").toArray(), ends = live.filter((bytes) => decodeStroke(bytes).isFinal).map(hex);
    // Two increments of one stroke may be the same bytes, where the hand went over a place again; a stroke ends once.
    if (live.map(hex).sort().join() !== strokes.map(hex).sort().join() || new Set(ends).size !== ends.length) throw new Error(`${person} has another number of strokes`);
  }
  const live = new Set([...strokes.map(hex), ...[...server.trimmed.values()].flat()]);
  for (const replica of replicas) {
    for (const entry of replica.written) {
      const [root, bytes] = entry.split(" ");
      if (root === "strokes" && decodeStroke(Buffer.from(bytes, "hex")).id.clientId === replica.doc.clientID && !live.has(bytes) && !server.base.folded.has(bytes)) throw new Error(`${replica.person}'s stroke is gone`);
    }
  }
}
