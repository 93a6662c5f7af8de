import type { Mesh } from "../../../core/surface/mesh.ts";
import { surfaceDistance, type SurfaceGap } from "../../../core/surface/surfaceDistance.ts";

/** What the page asks: how far the first surface lies from the second. */
export interface DistanceQuestion { first: Mesh; second: Mesh }
export type DistanceReply = { fraction: number } | { gap: SurfaceGap } | { problem: string };

addEventListener("message", ({ data: { first, second } }: MessageEvent<DistanceQuestion>) => {
  const say = (reply: DistanceReply) => postMessage(reply);
  try {
    say({ gap: surfaceDistance(first, second, (fraction) => say({ fraction })) });
  } catch (error) {
    say({ problem: error instanceof RangeError ? "One of the two has no triangle: there is nothing to measure." : "The distance could not be measured." });
  }
});
