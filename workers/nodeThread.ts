// Computes nodes of the build graph off the worker's event loop, one after the other. It never opens the database.
import { parentPort } from "node:worker_threads";
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

parentPort?.on("message", (question: NodeQuestion) => { void endOf(question).then((end) => parentPort?.postMessage(end)); });
