// Computes one node of the build graph off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { makeNode } from "./nodes.ts";
import { type NodeEnd, NodeRefused, type NodeQuestion } from "./nodeQuestion.ts";

let end: NodeEnd;
try {
  end = { answer: await makeNode(workerData as NodeQuestion) };
} catch (error) {
  if (!(error instanceof NodeRefused)) throw error;
  end = { refused: error.message };
}
parentPort?.postMessage(end);
