// Computes one surface off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { decodeLabelmap } from "../core/mask/labelmap.ts";
import { computeSurface } from "./surfaceNode.ts";

const { labelmap, value } = workerData as { labelmap: Uint8Array; value: number };
const made = await computeSurface(decodeLabelmap(labelmap), value);
parentPort?.postMessage(made);
