// Computes a version's design off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import type { ScanPlace } from "../../core/checks/scanPlace.ts";
import { ImplantRefused } from "../../core/implant/refusal.ts";
import type { CranialPlan } from "../../core/implant/plan.ts";
import type { Grid } from "../../core/space/grid.ts";
import { readNifti } from "../cli/command.ts";
import { packagePaths } from "./contents.ts";
import { type Design, makeDesign, type RecipeInputs } from "./recipe.ts";

/** What the thread is given. */
export interface DesignQuestion { plan: CranialPlan; grid: Grid; labels: Uint8Array; volume: Uint8Array; volumeHash: string; scan: ScanPlace | null; segments: RecipeInputs["segments"]; graphMeshes: RecipeInputs["graphMeshes"] }
/** What it says on its way, and at its end. */
export type DesignAnswer = { stage: string } | { refusal: string } | { design: Design };

const { plan, grid, labels, volume, volumeHash, scan, segments, graphMeshes } = workerData as DesignQuestion;
const answer = (said: DesignAnswer): void => parentPort?.postMessage(said);
try {
  const { hu } = readNifti(volume, packagePaths.volume);
  answer({ design: await makeDesign({ plan, grid, labels, hu, scan, segments, graphMeshes }, volumeHash, (stage) => answer({ stage })) });
} catch (error) {
  if (!(error instanceof ImplantRefused)) throw error;
  answer({ refusal: error.message });
}
