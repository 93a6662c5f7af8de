import { Worker } from "node:worker_threads";
import { mendNode } from "../core/build/nodes.ts";
import { type NodeAnswer, type NodeEnd, NodeRefused, type NodeQuestion } from "./nodeQuestion.ts";

/** Nobody wants the result any more: somebody drew on. */
export class Superseded extends Error {}

/** Longest that one node may take before its thread is ended and the claim may be taken over; mending a file of millions of triangles takes minutes. */
export const nodeTimeoutMs = (node: string): number => (node === mendNode.name ? 600_000 : 120_000);
/** How often it is asked whether a result under way is still wanted. */
const stillWantedMs = 250;
/** Idle threads that are kept, and for how long: a started thread has its modules, and what it prepared for the last plate. */
const mostIdle = 3, idleMs = 60_000, watchedIdleMs = 600_000;

/** Nodes that people watch being made: they have threads of their own, and the others' threads step back for them. */
const watched: ReadonlySet<string> = new Set(["bricks", "implant", "fit", "print"]);

interface NodeThreadOf { thread: Worker; made: Set<string>; isWatched: boolean }
interface Idle extends NodeThreadOf { timer: NodeJS.Timeout }
let idle: Idle[] = [];

/** A thread for a node: one that has made such a node before, another idle one, or a new one. */
function takeThread(node: string): NodeThreadOf {
  const isWatched = watched.has(node), free = idle.filter((one) => one.isWatched === isWatched);
  // Of those that never made one, the one that has prepared least: what another node left there stays with it.
  const found = free.find(({ made }) => made.has(node)) ?? free.toSorted((a, b) => a.made.size - b.made.size)[0];
  if (!found) return { thread: new Worker(new URL("./nodeThread.ts", import.meta.url), { workerData: { isWatched } }), made: new Set(), isWatched };
  clearTimeout(found.timer);
  idle = idle.filter((one) => one !== found);
  return found;
}

function giveBack({ thread, made, isWatched }: NodeThreadOf): void {
  thread.removeAllListeners();
  if (idle.filter((one) => one.isWatched === isWatched).length >= mostIdle) return void thread.terminate();
  // An idle thread must neither hold up the process's end nor bring it down.
  thread.unref();
  thread.on("error", () => undefined);
  const timer = setTimeout(() => { idle = idle.filter((one) => one.thread !== thread); void thread.terminate(); }, isWatched ? watchedIdleMs : idleMs);
  timer.unref();
  idle.push({ thread, made, isWatched, timer });
}

/** Computes a node off the event loop. @throws NodeRefused, Superseded, Error where the thread failed or took too long */
export async function runNode(question: NodeQuestion, isStillWanted: () => Promise<boolean>): Promise<NodeAnswer> {
  const taken = takeThread(question.node), { thread } = taken, timers: NodeJS.Timeout[] = [];
  thread.removeAllListeners();
  thread.ref();
  let end: NodeEnd;
  try {
    end = await new Promise<NodeEnd>((resolve, reject) => {
      thread.once("message", resolve).once("error", reject).once("exit", (code) => reject(new Error(`the thread of ${question.node} ended with ${code}`)));
      const mostMs = nodeTimeoutMs(question.node);
      timers.push(setTimeout(() => reject(new Error(`the ${question.node} took longer than ${mostMs / 1000} s`)), mostMs));
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
  taken.made.add(question.node);
  giveBack(taken);
  if ("refused" in end) throw new NodeRefused(end.refused);
  return end.answer;
}
