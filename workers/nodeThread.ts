// Computes nodes of the build graph off the worker's event loop, one after the other. It never opens the database.
import { readlinkSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { makeNode } from "./nodes.ts";
import { type NodeEnd, NodeRefused, type NodeQuestion } from "./nodeQuestion.ts";

async function endOf(question: NodeQuestion): Promise<NodeEnd> {
  try {
    return { answer: await makeNode(question) };
  } catch (error) {
    if (error instanceof NodeRefused) return { refused: error.message };
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

/** Linux lets a thread alone step back; elsewhere nothing is lost but some speed of what is watched. */
function stepBack(): void {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch { /* No such thing here. */ }
}
if (typeof workerData === "object" && workerData !== null && "isWatched" in workerData && workerData.isWatched === false) stepBack();

parentPort?.on("message", (question: NodeQuestion) => { void endOf(question).then((end) => parentPort?.postMessage(end)); });
