import { and, eq, gt } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { decodeStroke } from "../../../core/mask/stroke.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { draftLog } from "../../../drizzle/schema.ts";
import { readLog } from "../../../server/record/draftLog.ts";
import { countOf, patience, runSeed } from "../../chaos/extent.ts";
import { figure } from "../../chaos/figures.ts";
import { openFleet, type Fleet } from "../../chaos/fleet.ts";
import { openLine } from "../../chaos/line.ts";
import { maskOfNewcomer } from "../../chaos/readMask.ts";
import { Writer } from "../../chaos/writer.ts";
import { quantile } from "../../bench/measure.ts";
import { seededRandom } from "../../support/denseOracle.ts";
import { until } from "../../support/until.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Each voxel is one edit: whoever reads the mask sees which edits are there. */
const grid: Grid = { dims: [64, 64, 64], spacing: [1, 1, 1], origin: [0, 0, 0] };
const voxels = 64 ** 3, brickVoxels = 32 ** 3;
/** Where edit `n` is in the dense mask: x fastest. */
const denseIndex = (n: number) => {
  const brick = Math.floor(n / brickVoxels), local = n % brickVoxels;
  const x = (brick % 2) * 32 + (local % 32), y = (Math.floor(brick / 2) % 2) * 32 + (Math.floor(local / 32) % 32), z = Math.floor(brick / 4) * 32 + Math.floor(local / 1024);
  return x + y * 64 + z * 4096;
};
const people = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, "engineer" as const]));

/** People who each write so many numbered edits 20 times a second into one case, until stopped. */
async function crew(fleet: Fleet, count: number, perTick: number, random: ReturnType<typeof seededRandom>) {
  const caseId = await fleet.newCase(grid), writers: Writer[] = [];
  let next = 0, isStopped = false;
  for (let i = 0; i < count; i++) writers.push(new Writer(fleet.front.port, caseId, await fleet.ticket(caseId, `w${i}`)));
  const timers = writers.map((writer) => {
    let timer: NodeJS.Timeout;
    const tick = () => {
      if (isStopped || next + perTick > voxels) return;
      writer.write(Array.from({ length: perTick }, () => ({ brick: Math.floor(next / brickVoxels), voxel: next % brickVoxels, number: next++ })));
      timer = setTimeout(tick, 25 + random.below(50));
    };
    timer = setTimeout(tick, random.below(50));
    return () => clearTimeout(timer);
  });
  return {
    caseId, writers,
    /** Edits are numbered from 0 to this. */
    get next() { return next; },
    acknowledged: () => writers.map((writer) => writer.acknowledged),
    standing: () => writers.filter(({ isSynced, unsaved }) => !isSynced || unsaved > 0).map(({ standing }) => standing).join("\n"),
    stop() { isStopped = true; for (const stop of timers) stop(); },
    close() { this.stop(); for (const writer of writers) writer.close(); },
  };
}
type Crew = Awaited<ReturnType<typeof crew>>;

/** Counts of the log: every edit that was written, each once, and nothing else. */
async function countLog(fleet: Fleet, caseId: string): Promise<{ edits: number; twice: number }> {
  const seen = new Set<string>();
  let edits = 0, twice = 0;
  for (const update of (await readLog(fleet.database.db, caseId, "masks")).updates) {
    for (const struct of Y.decodeUpdate(update).structs) {
      if (!(struct instanceof Y.Item) || struct.deleted || !(struct.content instanceof Y.ContentBinary || struct.content instanceof Y.ContentAny)) continue;
      for (const bytes of struct.content.getContent() as Uint8Array[]) {
        const { id } = decodeStroke(bytes), key = `${id.clientId}:${id.counter}`;
        if (seen.has(key)) twice += 1; else edits += 1;
        seen.add(key);
      }
    }
  }
  return { edits, twice };
}

describe("servers in processes of their own", () => {
  it("A1 A2 A3: killed at any instant, also while a base is being stored: what was acknowledged is there, the rest arrives once, nothing else is", { timeout: patience }, async () => {
    const kills = countOf(5, 16, 300), wanted = countOf(1500, 20_000, 1_000_000), perCase = countOf(5, 8, 25), count = countOf(10, 25, 25), perTick = countOf(1, 1, 3);
    const random = seededRandom(runSeed), fleet = await openFleet(people(count));
    const options = { rebaseEvery: countOf(300, 1500, 3000), undoKept: 20 };
    let server = await fleet.start(options), team: Crew | undefined, sum = 0, missing = 0, phantom = 0, twice = 0, whileStoring = 0, slowestBackMs = 0;
    fleet.front.leadTo(server.port);
    const ackMs: number[] = [];
    const endCase = async () => {
      if (!team) return;
      const ended = team;
      ended.stop();
      await until("all is saved", () => ended.writers.every((writer) => writer.isSynced && writer.unsaved === 0), 60_000, ended.standing);
      const counted = await countLog(fleet, ended.caseId);
      expect(counted.edits, `seed ${runSeed}: edits in the log`).toBe(ended.next);
      twice += counted.twice;
      sum += ended.next;
      expect(ended.writers.flatMap(({ refusals }) => refusals), `seed ${runSeed}`).toEqual([]);
      for (const writer of ended.writers) for (const ms of writer.ackMs) ackMs.push(ms);
      ended.close();
      team = undefined;
    };
    try {
      for (let kill = 0; kill < kills || sum + (team?.next ?? 0) < wanted; kill++) {
        if (kill % perCase === 0 || (team?.next ?? 0) > voxels * 0.85) {
          await endCase();
          team = await crew(fleet, count, perTick, random);
        }
        const ours = team as Crew;
        await until("all are in", () => ours.writers.every(({ isSynced }) => isSynced), 60_000, ours.standing);
        const storing = new Promise<true>((resolve) => { server.onStoring = () => resolve(true); });
        const isStoring = await Promise.race([random.chance(0.5) ? wait(random.below(countOf(600, 2500, 4500))) : storing, wait(countOf(2500, 6000, 8000))]);
        if (isStoring === true) { whileStoring++; await wait(random.below(30)); }
        server.signal("SIGKILL");
        await server.exited;
        const promised = ours.acknowledged(), unsaved = ours.writers.map(({ written }) => written.length);
        server = await fleet.start(options);
        fleet.front.leadTo(server.port);
        const at = performance.now();
        await until("what was not acknowledged has come", () => ours.writers.every(({ acknowledged }, i) => acknowledged >= unsaved[i]), 60_000, () => `seed ${runSeed}, kill ${kill}\n${ours.standing()}`);
        slowestBackMs = Math.max(slowestBackMs, performance.now() - at);
        const { labels } = await maskOfNewcomer(fleet.front.port, ours.caseId, await fleet.ticket(ours.caseId, "w0"), fleet.dataDir, grid);
        const here = ours.next;
        for (const [i, writer] of ours.writers.entries()) for (const n of writer.written.slice(0, promised[i])) if (labels[denseIndex(n)] !== 1) missing += 1;
        for (let n = here; n < voxels; n++) if (labels[denseIndex(n)] !== 0) phantom += 1;
        expect({ missing, phantom }, `seed ${runSeed}, kill ${kill}`).toEqual({ missing: 0, phantom: 0 });
        if (kill % 20 === 19) figure("A1", `kills so far (${whileStoring} while a base was stored)`, kill + 1, { edits: sum + ours.next, missing, phantom });
      }
      await endCase();
      expect(twice, "each once").toBe(0);
      figure("A1", `edits acknowledged over ${kills} kills or more, ${whileStoring} while a base was stored`, sum, { missing, phantom });
      figure("A2", "acknowledgements, kills between them", ackMs.length, { "p50 ms": quantile(ackMs, 0.5), "p99 ms": quantile(ackMs, 0.99) });
      figure("A3", "edits, in the log exactly once", sum, { twice, "slowest return s": slowestBackMs / 1000 });
    } finally {
      team?.close();
      await fleet.close();
    }
  });

  it("A9 D6: an owner that is killed, stopped, cut off or slow loses its room within ten seconds, and appends nothing afterwards", { timeout: patience }, async () => {
    const rounds = countOf(2, 8, 100), random = seededRandom(runSeed + 1), fleet = await openFleet(people(9));
    const lines = [await openLine(fleet.databaseUrl), await openLine(fleet.databaseUrl)];
    const start = (i: number) => fleet.start({ databaseUrl: lines[i].url, rebaseEvery: 500, undoKept: 20 });
    const servers = [await start(0), await start(1)];
    let owner = 0, slowestTakeoverMs = 0, stale = 0, slowestWholeMs = 0;
    fleet.front.leadTo(servers[0].port);
    let team = await crew(fleet, 8, 1, random), edits = 0;
    const endCase = async () => {
      const ended = team;
      ended.stop();
      await until("all is saved", () => ended.writers.every((writer) => writer.isSynced && writer.unsaved === 0), 60_000, ended.standing);
      expect(ended.writers.flatMap(({ refusals }) => refusals), `seed ${runSeed}`).toEqual([]);
      const { labels } = await maskOfNewcomer(fleet.front.port, ended.caseId, await fleet.ticket(ended.caseId, "w0"), fleet.dataDir, grid);
      for (let n = 0; n < ended.next; n++) expect(labels[denseIndex(n)], `seed ${runSeed}: edit ${n}`).toBe(1);
      edits += ended.next;
      ended.close();
    };
    try {
      for (let round = 0; round < rounds; round++) {
        // Each voxel is written once: on a slow machine a case is full before all rounds are over.
        if (team.next > voxels * 0.7) {
          await endCase();
          team = await crew(fleet, 8, 1, random);
        }
        await until("all are in", () => team.writers.every(({ isSynced }) => isSynced), 60_000, team.standing);
        // Somebody who does not notice, and goes on with the old owner.
        const loyal = new Writer(servers[owner].port, team.caseId, await fleet.ticket(team.caseId, "w8"));
        await until("the loyal one is in", () => loyal.isSynced, 30_000);
        const other = 1 - owner, fault = countOf(round === 0 ? 1 : 2, round % 4, round % 4);
        const old = servers[owner], line = lines[owner];
        if (fault === 0) old.signal("SIGKILL");
        else if (fault === 1) old.signal("SIGSTOP");
        else if (fault === 2) line.stall();
        else line.cut();
        const at = performance.now();
        const drawing = setInterval(() => loyal.write([{ brick: 7, voxel: 0, number: 0 }]), 50);
        fleet.front.leadTo(servers[other].port);
        // Answers of the old one that were on their way are none of the new one's.
        await wait(50);
        const before = team.acknowledged();
        await until("the other one has taken over", () => team.writers.some(({ acknowledged }, i) => acknowledged > before[i]), 30_000, team.standing);
        const takenMs = performance.now() - at;
        slowestTakeoverMs = Math.max(slowestTakeoverMs, takenMs);
        const last = (await readLog(fleet.database.db, team.caseId, "masks")).end.seq;
        // The old one comes to itself and would go on.
        if (fault === 1) old.signal("SIGCONT"); else if (fault > 1) line.heal();
        await wait(1500);
        clearInterval(drawing);
        const rows = await fleet.database.db.select({ userId: draftLog.userId }).from(draftLog).where(and(eq(draftLog.caseId, team.caseId), eq(draftLog.document, "masks"), gt(draftLog.seq, last)));
        stale += rows.filter(({ userId }) => userId === "w8").length;
        expect(stale, `seed ${runSeed}, round ${round}: appends by the old owner`).toBe(0);
        // What the loyal one wrote waits in its page, and comes when it finds the owner.
        const healed = performance.now();
        loyal.moveTo(fleet.front.port);
        await until("the loyal one's edits have come", () => loyal.isSynced && loyal.unsaved === 0, 30_000);
        slowestWholeMs = Math.max(slowestWholeMs, performance.now() - healed);
        loyal.close();
        if (fault === 0) servers[owner] = await start(owner);
        owner = other;
      }
      await endCase();
      expect(slowestTakeoverMs).toBeLessThan(10_000);
      figure("A9", "takeovers: killed, stopped, stalled, cut off", rounds, { "appends by a stale owner": stale, "slowest takeover s": slowestTakeoverMs / 1000 });
      figure("D6", "edits through these takeovers", edits, { missing: 0, "slowest delivery after healing s": slowestWholeMs / 1000 });
    } finally {
      team.close();
      await fleet.close();
      for (const line of lines) await line.close();
    }
  });
});
