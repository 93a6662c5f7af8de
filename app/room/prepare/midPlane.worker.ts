import type { Grid } from "../../../core/space/grid.ts";
import { DeriveError } from "../../../core/volume/deriveError.ts";
import { type Turn, turnOf } from "../../../core/volume/reorient.ts";

export interface MidPlaneQuestion { grid: Grid; hu: Int16Array<ArrayBuffer> }
export type MidPlaneReply = { turn: Turn } | { problem: string };

addEventListener("message", ({ data }: MessageEvent<MidPlaneQuestion>) => {
  try {
    postMessage({ turn: turnOf(data, { by: "automatic" }) } satisfies MidPlaneReply);
  } catch (error) {
    postMessage({ problem: error instanceof DeriveError ? error.message : "The plane could not be looked for. Set landmarks or angles instead." } satisfies MidPlaneReply);
  }
});
