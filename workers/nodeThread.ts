// Computes one node of the build graph off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { makeNode, type NodeQuestion } from "./nodes.ts";

parentPort?.postMessage(makeNode(workerData as NodeQuestion));
