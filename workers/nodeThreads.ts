import { Worker } from "node:worker_threads";
import { type NodeAnswer, type NodeEnd, NodeRefused, type NodeQuestion } from "./nodeQuestion.ts";

/** Nobody wants the result any more: somebody drew on. */
export class Superseded extends Error {}

/** Longest that one node may take before its thread is ended and the claim may be taken over. */
export const nodeTimeoutMs = 120_000;
/** How often it is asked whether a result under way is still wanted. */
const stillWantedMs = 1000;
/** Idle threads that are kept, and for how long: a started thread has its modules, and what it prepared for the last plate. */
const mostIdle = 2, idleMs = 60_000;

interface Idle { thread: Worker; made: Set<string>; timer: NodeJS.Timeout }
let idle: Idle[] = [];

/** A thread for a node: one that has made such a node before, another idle one, or a new one. */
function takeThread(node: string): { thread: Worker; made: Set<string> } {
  const found = idle.find(({ made }) => made.has(node)) ?? idle[0];
  if (!found) return { thread: new Worker(new URL("./nodeThread.ts", import.meta.url)), made: new Set() };
  clearTimeout(found.timer);
  idle = idle.filter((one) => one !== found);
  return found;
}

function giveBack(thread: Worker, made: Set<string>): void {
  thread.removeAllListeners();
  if (idle.length >= mostIdle) return void thread.terminate();
  // An idle thread must neither hold up the process's end nor bring it down.
  thread.unref();
  thread.on("error", () => undefined);
  const timer = setTimeout(() => { idle = idle.filter((one) => one.thread !== thread); void thread.terminate(); }, idleMs);
  timer.unref();
  idle.push({ thread, made, timer });
}

/** Computes a node off the event loop. @throws NodeRefused, Superseded, Error where the thread failed or took too long */
export async function runNode(question: NodeQuestion, isStillWanted: () => Promise<boolean>): Promise<NodeAnswer> {
  const { thread, made } = takeThread(question.node), timers: NodeJS.Timeout[] = [];
  thread.removeAllListeners();
  thread.ref();
  let end: NodeEnd;
  try {
    end = await new Promise<NodeEnd>((resolve, reject) => {
      thread.once("message", resolve).once("error", reject).once("exit", (code) => reject(new Error(`the thread of ${question.node} ended with ${code}`)));
      timers.push(setTimeout(() => reject(new Error(`the ${question.node} took longer than ${nodeTimeoutMs / 1000} s`)), nodeTimeoutMs));
      // The database not answering now is no reason to throw work away.
      timers.push(setInterval(() => { isStillWanted().then((isSo) => { if (!isSo) reject(new Superseded()); }, () => undefined); }, stillWantedMs));
      thread.postMessage(question);
    });
  } catch (error) {
    void thread.terminate();
    throw error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  if ("failed" in end) {
    void thread.terminate();
    throw new Error(end.failed);
  }
  giveBack(thread, made.add(question.node));
  if ("refused" in end) throw new NodeRefused(end.refused);
  return end.answer;
}
