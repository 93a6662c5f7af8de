import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { simulate, type Simulated } from "./simulate.ts";

/** What a thread tells: the sums of one slice of seeds, or the seed that failed and why. */
type Told = { seeds: number; sum: Simulated } | { failed: string };

const sliceSeeds = 50;
const nothingYet = (): Simulated => ({ operations: 0, committed: 0, rebases: 0, abandoned: 0, crashes: 0, late: 0 });

/** Runs the seeds one after the other; throws an Error that names the seed. */
export function simulateEach(seeds: readonly number[]): Simulated {
  const sum = nothingYet();
  for (const seed of seeds) {
    try {
      const run = simulate({ seed });
      for (const name of Object.keys(sum) as (keyof Simulated)[]) sum[name] += run[name];
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : "unknown"}`, { cause: error });
    }
  }
  return sum;
}

/** The same on every processor, for hours of it. @param tell is called with how many seeds have passed and their sums */
export async function simulateOnAll(first: number, count: number, tell: (seeds: number, sum: Simulated) => void): Promise<Simulated> {
  const sum = nothingYet(), threads = Math.min(availableParallelism(), Math.ceil(count / sliceSeeds));
  const workers: Worker[] = [];
  let passed = 0;
  const all = Array.from({ length: threads }, (_, thread) => new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { first, count, thread, threads } });
    workers.push(worker);
    worker.on("message", (told: Told) => {
      if ("failed" in told) return reject(new Error(told.failed));
      for (const name of Object.keys(sum) as (keyof Simulated)[]) sum[name] += told.sum[name];
      passed += told.seeds;
      tell(passed, sum);
    }).on("error", reject).on("exit", () => resolve());
  }));
  try {
    await Promise.all(all);
  } finally {
    // A failed seed ends the others too.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return sum;
}

if (!isMainThread && parentPort !== null && workerData?.threads > 0) {
  const { first, count, thread, threads } = workerData as { first: number; count: number; thread: number; threads: number };
  for (let from = thread * sliceSeeds; from < count; from += threads * sliceSeeds) {
    const seeds = Array.from({ length: Math.min(sliceSeeds, count - from) }, (_, i) => first + from + i);
    try {
      parentPort.postMessage({ seeds: seeds.length, sum: simulateEach(seeds) } satisfies Told);
    } catch (error) {
      parentPort.postMessage({ failed: error instanceof Error ? error.message : "unknown" } satisfies Told);
      break;
    }
  }
}
