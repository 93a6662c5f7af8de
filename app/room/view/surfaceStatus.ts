import { formatMoment, formatTime } from "../../ui/format.ts";

/** What the server says of a segment's surface (procedure `builds.list`). */
export interface Build {
  segment: number; key: string; state: "rebuilding" | "current" | "failed" | "empty"; error: string | null; ms: number | null;
  changedBy: string | null; changedAt: Date | null;
  /** The whole labelmap, by its voxels, that the surfaces were last asked for. */
  labelmapHash: string | null;
  /** Hash of the list of the surface's bricks; null while it is made. */
  bricks?: string | null;
}

export interface SurfaceStatus { state: "current" | "rebuilding" | "out of date" | "failed" | "not connected" | "past"; tone: string; text: string; detail: string; error: string }

const tones = { current: "bg-pass", rebuilding: "bg-attention animate-pulse", "out of date": "bg-attention", failed: "bg-fail", "not connected": "bg-attention" } as const;

/**
 * One word for all surfaces of a case, and since whose change. The surfaces are out of date as soon as
 * this page's mask differs in one voxel from the one they were asked for; the server's answer follows within seconds.
 * @param isConnected whether the room is connected: without it nobody can say that a surface is current
 * @param isLive what is on screen follows the strokes, whatever the server has made yet
 * @param maskHash labelmapHash of this page's mask; null while it is not known or not all of it has come
 */
export function surfaceStatus(builds: readonly Build[], maskHash: string | null, isLive = false, isConnected = true): SurfaceStatus | null {
  const failed = builds.find(({ state }) => state === "failed");
  const rebuilding = builds.filter(({ state }) => state === "rebuilding");
  const stale = maskHash !== null && builds.some(({ labelmapHash }) => labelmapHash !== null && labelmapHash !== maskHash);
  const isAny = builds.some(({ state }) => state !== "empty");
  const known = failed ? "failed" : rebuilding.length > 0 ? "rebuilding" : stale && isAny ? "out of date" : builds.some((build) => build.state === "current") ? "current" : null;
  if (known === null) return null;
  if (!isConnected && known !== "failed") return { state: "not connected", tone: tones["not connected"], error: "", text: "as last known · not connected", detail: "Whether the surfaces are current is known once the room is connected again." };
  const state = known;
  const among = state === "rebuilding" ? rebuilding : state === "failed" && failed ? [failed] : builds;
  const newest = among.reduce<Build | null>((last, build) => (build.changedAt && (!last?.changedAt || build.changedAt > last.changedAt) ? build : last), null);
  const since = newest?.changedBy && newest.changedAt ? { by: newest.changedBy, at: newest.changedAt } : null;
  const slowest = Math.max(0, ...builds.map(({ ms }) => ms ?? 0));
  const took = state === "current" && slowest > 0 ? ` · ${(slowest / 1000).toFixed(1)} s` : "";
  const isStale = state === "out of date";
  return {
    state, tone: tones[state], error: failed?.error ?? "The surface could not be made.",
    text: isStale ? isLive ? "shown as drawn · not made yet" : "out of date since the newest strokes" : `${state}${since ? ` · ${since.by}, ${formatTime(since.at)}` : ""}${took}`,
    detail: isStale && isLive ? "The newest strokes are shown as this page meshed them; the server's surface of them is not made yet." : isStale ? "Strokes have been drawn that the surfaces do not show yet." : `The surfaces are ${state}${since ? ` ${state === "current" ? "with" : "since"} the change of ${since.by}, ${formatMoment(since.at)}` : ""}.`,
  };
}

/** The same while somebody looks back: surfaces that follow the mask show it as it was, made ones only as it is. */
export function pastStatus(isLive: boolean, hasImplant: boolean): SurfaceStatus {
  const text = isLive ? `as it was${hasImplant ? " · implant of now" : ""}` : "of now, not as it was";
  return { state: "past", tone: "bg-attention", error: "", text, detail: isLive ? "The surfaces show the mask at the instant that is looked at; what is planned is that of now." : "This page has no surfaces of its own yet; those that the server made show the mask as it is now." };
}

/** Whether the pane tells how a surface comes to be: none was made, and no segment has a voxel of which one is on its way or on screen. */
export const lacksSurface = (status: SurfaceStatus | null, voxels: ReadonlyMap<number, number>): boolean => status === null && [...voxels.values()].every((count) => count === 0);

/** What is said over a plate that is not of plan and bone as they stand. @param isPainted it wears the colours of a check's map, and is not grey */
export const staleWords = ({ name, freshness }: { name: string; freshness: string }, isPainted: boolean): string => `${name}: ${freshness === "rebuilding" ? "rebuilding" : "out of date"}, the last that was built is shown${isPainted ? "" : " grey"}`;
