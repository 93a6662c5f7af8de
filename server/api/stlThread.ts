// Runs in a worker thread: a mesh of millions of triangles must not hold up the server's event loop.
import { parentPort, workerData } from "node:worker_threads";
import { decodeMesh } from "../../core/surface/meshBlob.ts";
import { encodeStl } from "../../core/surface/stl.ts";

const stl = encodeStl(decodeMesh(workerData as Uint8Array));
parentPort?.postMessage(stl);
