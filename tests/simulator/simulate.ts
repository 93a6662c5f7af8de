import * as Y from "yjs";
import type { BrickRuns } from "../../core/mask/brickRuns.ts";
import { denseLabels, fromDense } from "../../core/mask/labelmap.ts";
import { decodeMark } from "../../core/mask/mark.ts";
import { decodeStroke, type Layer, strokeKey } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";
import { RoomTwin } from "../../server/rooms/roomTwin.ts";
import { countDense, foldDense, seededRandom } from "../support/denseOracle.ts";
import { engine as ours, type Engine } from "./engine.ts";
import { hex, Replica, type SimBase } from "./replica.ts";

export const simGrid: Grid = { dims: [40, 3, 2], spacing: [1, 1, 1], origin: [0, 0, 0] };
const grid = simGrid;
const keepOwn = 4;
const layers: readonly Layer[] = ["anatomy", "proposal"];

export interface Simulated { operations: number; committed: number; rebases: number; crashes: number; late: number }
export interface SimOptions { seed: number; operations?: number; engine?: Engine }

const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((value, i) => value === b[i]);

/** The server of one room: what is committed, what is accepted and waits for it, and the base. */
class SimServer {
  committed: Uint8Array[] = [];
  doc = new Y.Doc();
  twin = new RoomTwin([]);
  waiting: { update: Uint8Array; from: Replica }[] = [];
  horizon = 0;
  base: SimBase = { base: {}, horizon: 0, folded: new Set(), dense: new Uint8Array(240), proposal: new Uint8Array(240) };

  /** The log survives, and nothing else. */
  crash(): void {
    this.waiting = [];
    this.doc = new Y.Doc();
    for (const update of this.committed) Y.applyUpdate(this.doc, update);
    this.#renewTwin();
  }

  commit(): Replica[] {
    const from: Replica[] = [];
    for (const { update, from: replica } of this.waiting.splice(0)) {
      this.committed.push(update);
      Y.applyUpdate(this.doc, update);
      from.push(replica);
    }
    return from;
  }

  /** Folds what is old into a base that is proven against the oracle before it counts. @returns the update that drops it */
  rebase(engine: Engine, personOf: (clientId: number) => string | undefined, exempt: ReadonlySet<string>): Uint8Array | null {
    const plan = engine.planRebase(this.doc, personOf, keepOwn, exempt);
    if (!plan) return null;
    const { horizon } = plan;
    const strokes = this.doc.getArray<Uint8Array>("strokes").toArray(), marks = this.doc.getArray<Uint8Array>("marks").toArray().map(decodeMark);
    this.#provePlan(strokes, horizon, personOf, exempt);
    const under = strokes.filter((bytes) => decodeStroke(bytes).lamport <= horizon);
    const log = under.map(decodeStroke).map((entry) => ({ entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] }));
    const dense = foldDense(grid, log, marks, this.base.dense), proposal = foldDense(grid, log, marks, this.base.proposal, "proposal");
    const fold = engine.foldUnder(this.doc, grid, this.base.base, horizon);
    const maps = { anatomy: fold.labelmap(), proposal: fold.labelmap("proposal") };
    if (!same(denseLabels(maps.anatomy), dense) || !same(denseLabels(maps.proposal), proposal)) throw new Error("the base is not what the oracle folds");
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc));
    engine.dropFolded(copy, horizon);
    const update = Y.encodeStateAsUpdate(copy, Y.encodeStateVector(this.doc));
    const left = copy.getArray<Uint8Array>("strokes").toArray();
    if (left.length !== strokes.length - under.length || left.some((bytes) => decodeStroke(bytes).lamport <= horizon)) throw new Error("a rebase dropped something else than it folded");
    const visible = (doc: Y.Doc) => doc.getArray<Uint8Array>("marks").toArray().map(decodeMark).reduce((most, { n }) => Math.max(most, n), 0);
    if (visible(copy) !== visible(this.doc)) throw new Error("a rebase lost the greatest mark");
    this.base = { base: { anatomy: fromDense(grid, dense), proposal: fromDense(grid, proposal) }, horizon, folded: new Set([...this.base.folded, ...under.map(hex)]), dense, proposal };
    this.horizon = horizon;
    this.committed.push(update);
    Y.applyUpdate(this.doc, update);
    this.#renewTwin();
    return update;
  }

  /** Undo's reach, said again: nobody's youngest strokes are folded, and nothing that could be is left. */
  #provePlan(strokes: readonly Uint8Array[], horizon: number, personOf: (clientId: number) => string | undefined, exempt: ReadonlySet<string>): void {
    const own = new Map<string, Map<string, number>>();
    let greatest = 0;
    for (const { id, lamport } of strokes.map(decodeStroke)) {
      greatest = Math.max(greatest, lamport);
      const person = personOf(id.clientId) ?? `${id.clientId}`;
      if (!exempt.has(person)) own.set(person, (own.get(person) ?? new Map<string, number>()).set(strokeKey(id), lamport));
    }
    const oldest = [...own.values()].map((lamports) => [...lamports.values()].sort((a, b) => b - a).slice(0, keepOwn).at(-1) ?? Infinity);
    if (horizon !== Math.min(greatest, ...oldest) - 1) throw new Error(`the horizon ${horizon} is not right below everybody's youngest strokes`);
  }

  #renewTwin(): void {
    this.twin.destroy();
    this.twin = new RoomTwin([Y.encodeStateAsUpdate(this.doc)], this.horizon);
  }
}

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
  const done: Simulated = { operations: 0, committed: 0, rebases: 0, crashes: 0, late: 0 };
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
    const updates = server.waiting.map(({ update }) => update);
    const from = server.commit();
    updates.forEach((update, i) => {
      done.committed++;
      for (const replica of replicas) if (replica.isOnline && replica !== from[i]) replica.toClient.push(() => Y.applyUpdate(replica.doc, update, "server"));
    });
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
  const rebase = () => {
    commit();
    const update = server.rebase(engine, (clientId) => leases.get(clientId), new Set(random.chance(0.05) ? replicas.map(({ person }) => person) : random.chance(0.4) ? [replicas[0].person] : []));
    if (!update) return;
    done.rebases++;
    const { base } = server;
    for (const replica of replicas) {
      if (replica.isOnline) replica.toClient.push(() => { Y.applyUpdate(replica.doc, update, "server"); replica.refold(base); });
    }
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
    else if (roll < 962) {
      done.crashes++;
      server.crash();
      replicas.forEach(disconnect);
    } else if (roll < 970 && replica.base === server.base) Y.applyUpdate(replica.doc, Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(new Y.Doc())).slice(), "server-again");
    else for (let brick = 0; brick < 2; brick++) replica.fold.brick(brick, layers[random.below(2)]);
  };
  for (const replica of replicas) connect(replica);
  while (done.operations < operations) step();
  settle(replicas, { connect, receive, commit });
  prove(replicas, server);
  done.late = server.doc.getArray<Uint8Array>("strokes").toArray().filter((bytes) => decodeStroke(bytes).lamport <= server.horizon).length;
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
  const written = new Set(replicas.flatMap((replica) => [...replica.written]));
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
    const live = doc.getArray<Uint8Array>("strokes").toArray().map(hex);
    if (new Set(live).size !== strokes.length || live.length !== strokes.length) throw new Error(`${person} has another number of strokes`);
  }
  const live = new Set(strokes.map(hex));
  for (const replica of replicas) {
    for (const entry of replica.written) {
      const [root, bytes] = entry.split(" ");
      if (root === "strokes" && decodeStroke(Buffer.from(bytes, "hex")).id.clientId === replica.doc.clientID && !live.has(bytes) && !server.base.folded.has(bytes)) throw new Error(`${replica.person}'s stroke is gone`);
    }
  }
}
