// Assembles a version's package off the worker's event loop, with a database connection of its own.
import { parentPort, workerData } from "node:worker_threads";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { CommandRefused } from "../cli/command.ts";
import { packageOfVersion } from "./fromRecord.ts";

/** What the thread is given. */
export interface PackageQuestion { caseId: string; number: number; volume: PackageVolume }
/** What it says on its way, and at its end. */
export type PackageAnswer = { stage: string } | { refusal: string } | { bytes: Uint8Array; manifestHash: string; files: number };

const { caseId, number, volume } = workerData as PackageQuestion;
const answer = (said: PackageAnswer): void => parentPort?.postMessage(said);
try {
  const { bytes, manifestHash, files } = await packageOfVersion(caseId, number, volume, (stage) => answer({ stage }));
  answer({ bytes, manifestHash, files: files.length });
} catch (error) {
  if (!(error instanceof CommandRefused)) throw error;
  answer({ refusal: error.message });
}
