import { useEffect, useState } from "react";
import type { EffectIntent } from "../../../core/mask/effects/intent.ts";
import type { RoomContext } from "../useRoom.ts";
import type { EffectProgress, EffectResult } from "./effectWork.ts";
import { strokesPreview } from "./preview.ts";

/** A preview under way or done. */
export interface EffectPreview {
  /** Null while nothing is computed. */
  progress: EffectProgress | null;
  /** What it would write, and for which intent; null before it is known. */
  result: (EffectResult & { key: string }) | null;
  problem: string | null;
  /** From the change of the mask or the question to the preview, ms. */
  tookMs: number | null;
}

const nothing: EffectPreview = { progress: null, result: null, problem: null, tookMs: null };
/** A hand that drags a number through many values asks for the last. */
const restMs = 140;

/** What an intent is known by. */
export const keyOf = (intent: EffectIntent): string => JSON.stringify(intent);

/**
 * Shows in the slices what an intent would write, computed beside the page, and again whenever intent or mask change; nothing
 * is written. A newer intent takes the place of one that is still computed.
 * @param key `keyOf` the intent; null: no preview
 * @param slot where the room's store holds it
 * @param followMs how long a change of the mask may wait for the next
 */
export function useEffectPreview({ effects, session, store }: RoomContext, key: string | null, slot: "preview" | "growthPreview", followMs: number): EffectPreview {
  const [state, setState] = useState<EffectPreview>(nothing);
  useEffect(() => {
    if (key === null) return;
    const intent = JSON.parse(key) as EffectIntent, controller = new AbortController(), { signal } = controller;
    let isBusy = false, isStale = false, changedAt = performance.now(), timer: ReturnType<typeof setTimeout> | undefined;
    const compute = async () => {
      timer = undefined;
      if (isBusy) { isStale = true; return; }
      isBusy = true;
      const since = changedAt;
      setState((before) => ({ ...before, progress: { fraction: 0, what: "Looking at the mask" }, problem: null }));
      try {
        const result = await effects.strokes(intent, signal, (progress) => setState((before) => ({ ...before, progress })));
        if (signal.aborted) return;
        store.set({ [slot]: strokesPreview(result.strokes) });
        setState({ progress: null, result: { ...result, key }, problem: null, tookMs: performance.now() - since });
      } catch (error) {
        if (signal.aborted) return;
        store.set({ [slot]: null });
        setState({ ...nothing, problem: error instanceof Error ? error.message : "This could not be computed." });
      }
      isBusy = false;
      if (isStale) {
        isStale = false;
        timer ??= setTimeout(() => void compute(), followMs);
      }
    };
    timer = setTimeout(() => void compute(), restMs);
    const stop = session.followBricks(() => {
      if (timer === undefined && !isStale) changedAt = performance.now();
      timer ??= setTimeout(() => void compute(), followMs);
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
      stop();
      store.set({ [slot]: null });
      setState(nothing);
    };
  }, [effects, session, store, key, slot, followMs]);
  return state;
}
