import { Worker } from "node:worker_threads";

/**
 * The answer of a thread, which is ended then. @param onStage told of the stages that come before it
 * @throws Error where it dies, ends without an answer, or takes longer than `timeoutMs`
 */
export async function inThread<A extends object>(file: URL, workerData: unknown, timeoutMs: number, onStage: (stage: string) => void = () => undefined): Promise<Exclude<A, { stage: string }>> {
  const thread = new Worker(file, { workerData }), name = file.pathname.split("/").at(-1);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} took longer than ${timeoutMs / 60_000} minutes`)), timeoutMs);
      thread.on("message", (said: A) => { if ("stage" in said) onStage(String(said.stage)); else resolve(said as Exclude<A, { stage: string }>); });
      thread.once("error", reject).once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    });
  } finally {
    clearTimeout(timer);
    void thread.terminate();
  }
}
