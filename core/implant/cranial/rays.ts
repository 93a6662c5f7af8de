import type { Vec } from "./vector.ts";

/** Bone met along a ray: from `inner` to `outer` mm from the start. */
export interface BoneRun { inner: number; outer: number }

/** Marrow holes up to this long, mm, do not end the bone along a ray. */
const bridgedMm = 2.2;
const stepMm = 0.4;

/**
 * The bone along the ray centre + r·d between `from` and `to` mm, nearest first. Crossings are where the trilinear share
 * of bone is ½, found between samples 0.4 mm apart; gaps up to 2.2 mm (diploe) are bridged, runs under 0.6 mm dropped.
 */
export function boneRuns(share: (x: number, y: number, z: number) => number, centre: Vec, d: Vec, from: number, to: number): BoneRun[] {
  const runs: BoneRun[] = [];
  let before = share(centre[0] + from * d[0], centre[1] + from * d[1], centre[2] + from * d[2]);
  let start = before >= 0.5 ? from : NaN;
  const close = (end: number) => {
    const last = runs.at(-1);
    if (last && start - last.outer <= bridgedMm) last.outer = end;
    else runs.push({ inner: start, outer: end });
    start = NaN;
  };
  for (let r = from + stepMm; r <= to; r += stepMm) {
    const now = share(centre[0] + r * d[0], centre[1] + r * d[1], centre[2] + r * d[2]);
    if ((before >= 0.5) !== (now >= 0.5)) {
      const cross = r - stepMm + stepMm * (0.5 - before) / (now - before);
      if (now >= 0.5) start = cross;
      else close(cross);
    }
    before = now;
  }
  if (!Number.isNaN(start)) close(to);
  return runs.filter(({ inner, outer }) => outer - inner >= 0.6);
}

/** The outermost run that ends at most so many mm below or above `expected`: over a frontal sinus its front wall, not the back one. */
export function outerRun(runs: readonly BoneRun[], expected: number, belowMm: number, aboveMm: number): BoneRun | null {
  return runs.findLast(({ outer }) => expected - outer <= belowMm && outer - expected <= aboveMm) ?? null;
}
