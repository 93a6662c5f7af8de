import { expect, it } from "vitest";
import { inThread } from "../../workers/inThread.ts";

const thread = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from "node:worker_threads"; ${code}`)}`);

it("a thread's answer comes after its stages; one that dies, ends silently or takes too long is an error, and none goes on", async () => {
  const stages: string[] = [];
  // It would never end by itself.
  const answer = await inThread<{ sum: number }>(thread('setInterval(() => {}, 1000); parentPort.postMessage({ stage: "half" }); parentPort.postMessage({ sum: workerData.a + 1 });'), { a: 2 }, 20_000, (stage) => stages.push(stage));
  expect([answer, stages]).toEqual([{ sum: 3 }, ["half"]]);
  await expect(inThread(thread('throw new Error("broken within");'), null, 20_000)).rejects.toThrow("broken within");
  await expect(inThread(thread(""), null, 20_000)).rejects.toThrow(/ended with 0/);
  await expect(inThread(thread("for (;;) {}"), null, 600)).rejects.toThrow(/took longer than 0.01 minutes/);
}, 30_000);
