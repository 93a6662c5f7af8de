import { expect, it } from "vitest";
import { inThread } from "../../workers/inThread.ts";

const thread = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from "node:worker_threads"; ${code}`)}`);

it("a thread's answer comes after its stages; one that dies, ends silently or takes too long is an error, and none goes on", async () => {
  const stages: string[] = [], beats = new Int32Array(new SharedArrayBuffer(4));
  // It would never end by itself.
  const answer = await inThread<{ sum: number }>(thread('setInterval(() => Atomics.add(workerData.beats, 0, 1), 1); parentPort.postMessage({ stage: "half" }); parentPort.postMessage({ sum: workerData.a + 1 });'), { a: 2, beats }, 20_000, (stage) => stages.push(stage));
  expect([answer, stages]).toEqual([{ sum: 3 }, ["half"]]);
  await expect(inThread(thread('throw new Error("broken within");'), null, 20_000)).rejects.toThrow("broken within");
  await expect(inThread(thread(""), null, 20_000)).rejects.toThrow(/ended with 0/);
  await expect(inThread(thread("for (;;) Atomics.add(workerData.beats, 0, 1);"), { beats }, 600)).rejects.toThrow(/took longer than 0.01 minutes/);
  await expect.poll(async () => {
    const before = Atomics.load(beats, 0);
    await new Promise((done) => setTimeout(done, 50));
    return Atomics.load(beats, 0) - before;
  }, { timeout: 5000 }).toBe(0);
}, 30_000);
