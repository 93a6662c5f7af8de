// Assembles a package of a version or of the draft off the worker's event loop, with a database connection of its own.
import { parentPort, workerData } from "node:worker_threads";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { CommandRefused } from "../cli/command.ts";
import type { DraftPackageRequest } from "../../server/record/draftPackages.ts";
import { draftPackage } from "./draftPackage.ts";
import { packageOfVersion } from "./fromRecord.ts";

/** What the thread is given. */
export type PackageQuestion = { caseId: string } & ({ number: number; volume: PackageVolume } | { draft: DraftPackageRequest; appVersion: string });
/** What it says on its way, and at its end. `made`: what the graph is to know a draft's package by. */
export type PackageAnswer = { stage: string } | { refusal: string } | { bytes: Uint8Array; manifestHash: string; files: number; made?: { key: string; inputs: Record<string, string> } };

const question = workerData as PackageQuestion;
const answer = (said: PackageAnswer): void => parentPort?.postMessage(said);
try {
  if ("draft" in question) {
    const { key, inputs, ...rest } = await draftPackage(question.caseId, question.draft, question.appVersion, (stage) => answer({ stage }));
    answer({ ...rest, made: { key, inputs } });
  } else {
    const { bytes, manifestHash, files } = await packageOfVersion(question.caseId, question.number, question.volume, (stage) => answer({ stage }));
    answer({ bytes, manifestHash, files: files.length });
  }
} catch (error) {
  // A database that does not answer says nothing against the case: the job is tried again.
  if (!(error instanceof CommandRefused) || error.code === "no-database") throw error;
  answer({ refusal: error.message });
}
