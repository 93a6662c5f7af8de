import { setTimeout as wait } from "node:timers/promises";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs what must take back what it began when a person stops it (Ctrl-C): a first signal to end aborts `stop`, and once the body
 * is over the process ends by that signal. What only computes needs none of this and ends at once.
 */
export async function stoppable<T>(body: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let by: NodeJS.Signals | null = null;
  const told = (signal: NodeJS.Signals) => { by ??= signal; stop.abort(); };
  for (const signal of signals) process.on(signal, told);
  try {
    return await body(stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, told);
    if (by !== null) {
      process.kill(process.pid, by);
      await wait(60_000); // never over: the signal ends the process
    }
  }
}
