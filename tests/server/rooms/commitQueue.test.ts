import { describe, expect, it } from "vitest";
import type { LogEnd, LogEntry } from "../../../server/record/draftLog.ts";
import { CommitQueue } from "../../../server/rooms/commitQueue.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const entry = (n: number): LogEntry => ({ update: Uint8Array.of(n), userId: "ana", sessionId: "session" });

/** A queue before a log whose every append ends when it is told to. */
function queueFor(readers: number) {
  const batches: { at: number; numbers: number[]; done: () => void }[] = [], committed: number[] = [];
  const queue = new CommitQueue<null>({
    log: () => undefined, caseId: "case", end: { seq: 0, checksum: "" }, readers: () => readers,
    append: (end: LogEnd, batch) => new Promise((resolve) => {
      batches.push({ at: performance.now(), numbers: batch.map(({ update }) => update[0]), done: () => resolve({ seq: end.seq + batch.length, checksum: "" }) });
    }),
    onCommitted: (batch) => { committed.push(...batch.map(({ update }) => update[0])); },
    onFailed: (error) => { throw error; },
    putAside: () => Promise.resolve(),
  });
  return { queue, batches, committed };
}

describe("group commit", () => {
  it("A2: who comes alone waits for nobody, and who comes in the same turn goes along", async () => {
    const { queue, batches, committed } = queueFor(200);
    queue.push(entry(1), null);
    queue.push(entry(2), null);
    expect(batches).toEqual([]);
    await turn();
    await turn();
    expect(batches.map(({ numbers }) => numbers)).toEqual([[1, 2]]);
    batches[0].done();
    await queue.drain();
    expect(committed).toEqual([1, 2]);
  });

  it("what comes while a batch is on its way to the disk is the next, and batches to many begin apart", async () => {
    const readers = 200, { queue, batches, committed } = queueFor(readers), pushedAt = performance.now();
    queue.push(entry(1), null);
    while (batches.length < 1) await turn();
    queue.push(entry(2), null);
    queue.push(entry(3), null);
    await turn();
    expect(batches).toHaveLength(1);
    batches[0].done();
    while (batches.length < 2) await turn();
    expect(batches[1].numbers).toEqual([2, 3]);
    // 0.025 ms for each reader since the first began, which was after its push; Node's timers drop the fraction and may be a millisecond early.
    expect(batches[1].at - pushedAt).toBeGreaterThanOrEqual(0.025 * readers - 2);
    batches[1].done();
    await queue.drain();
    expect(committed).toEqual([1, 2, 3]);
  });
});
