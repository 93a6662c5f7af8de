// Writes a version's DICOM files off the worker's event loop.
import { parentPort, workerData } from "node:worker_threads";
import { type DicomInputs, dicomFilesOf } from "./dicomPart.ts";

/** What it says at its end. */
export interface DicomAnswer { parts: ReturnType<typeof dicomFilesOf> }

parentPort?.postMessage({ parts: dicomFilesOf(workerData as DicomInputs) } satisfies DicomAnswer);
