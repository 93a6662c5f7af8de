import { useRef, useState } from "react";
import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import type { EffectIntent } from "../../../core/mask/effects/intent.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import type { RoomContext } from "../useRoom.ts";
import { cancelledText, type EffectProgress } from "./effectWork.ts";
import { type EffectPreview, keyOf } from "./useEffectPreview.ts";

/** What became of it, for people. */
export interface Told { text: string; isProblem: boolean }

/** Millilitres that strokes add to segments, and that they take away. */
export function millilitres(room: Pick<RoomContext, "grid">, strokes: readonly EffectStroke[]): { added: number; taken: number } {
  const ml = (isErasing: boolean) => (strokes.filter(({ value }) => (value === 0) === isErasing).reduce((sum, { voxels }) => sum + voxels, 0) * voxelVolumeMm3(room.grid)) / 1000;
  return { added: ml(false), taken: ml(true) };
}

interface ApplyOptions {
  layer: "anatomy" | "proposal";
  /** What is known of it already. */
  preview?: EffectPreview["result"];
  /** Makes of the strokes what is written: their values, say. */
  prepare?: (strokes: EffectStroke[]) => Promise<EffectStroke[]>;
}

/** Writes what an intent says as one act, showing how far it is; all of it or, when it is cancelled, nothing. */
export function useEffectApply(room: RoomContext): {
  progress: EffectProgress | null; told: Told | null; tell: (told: Told | null) => void; cancel: () => void;
  apply: (intent: EffectIntent, options: ApplyOptions) => Promise<boolean>;
} {
  const { session, effects } = room;
  const stop = useRef<AbortController | null>(null);
  const [progress, setProgress] = useState<EffectProgress | null>(null), [told, tell] = useState<Told | null>(null);
  const apply = async (intent: EffectIntent, { layer, preview, prepare }: ApplyOptions): Promise<boolean> => {
    const controller = new AbortController();
    stop.current = controller;
    tell(null);
    setProgress({ fraction: 0, what: "Looking at the mask" });
    try {
      const isKnown = preview?.key === keyOf(intent) && preview.revision === effects.revision;
      let strokes = isKnown ? preview.strokes : (await effects.strokes(intent, controller.signal, setProgress)).strokes;
      if (layer === "proposal") strokes = strokes.filter(({ value }) => value !== 0);
      if (strokes.length === 0) { tell({ text: "This changes nothing.", isProblem: false }); return false; }
      if (prepare) strokes = await prepare(strokes);
      // From here on it is stored: what was cancelled before has written nothing, what comes after is undone as one step.
      if (controller.signal.aborted) throw new Error(cancelledText);
      stop.current = null;
      setProgress({ fraction: 1, what: "Storing it" });
      await session.commitTogether(strokes.map((stroke) => ({ ...stroke, layer })));
      const { added, taken } = millilitres(room, strokes);
      tell({ text: layer === "proposal" ? `${added.toFixed(2)} mL proposed. Accept or discard it above.` : `${added.toFixed(2)} mL added, ${taken.toFixed(2)} mL taken away.`, isProblem: false });
      return true;
    } catch (error) {
      tell({ text: error instanceof Error ? error.message : "This did not work. Nothing was changed.", isProblem: true });
      return false;
    } finally {
      stop.current = null;
      setProgress(null);
    }
  };
  return { progress, told, tell, cancel: () => stop.current?.abort(), apply };
}
