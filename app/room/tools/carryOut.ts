import { applyDrawing } from "../../../core/mask/drawing/apply.ts";
import type { DrawingIntent } from "../../../core/mask/drawing/intent.ts";
import { type Drawn, withoutChanged } from "../../../core/mask/drawing/strokes.ts";
import { EffectError } from "../../../core/mask/effects/intent.ts";
import type { Layer } from "../../../core/mask/stroke.ts";
import type { MaskSession } from "../session/maskSession.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import type { DrawingQuestion, DrawingReply } from "./drawing.worker.ts";
import { cancelledText } from "./effectWork.ts";
import { nothingDrawn, staysProposed, withNames } from "./refusals.ts";

/** Work that is over before this is not shown. */
const patienceMs = 200;

const sentence = (words: string): string => `${words[0].toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;

/** What may go through the whole volume, by what it is called meanwhile; what stays in a slice or under a brush is done at once. */
const longWords: Readonly<Partial<Record<DrawingIntent["effect"], string>>> = { scissors: "Cutting…", scissors3d: "Cutting…", acceptAll: "Accepting what is proposed…", discardAll: "Discarding what is proposed…" };

export const busyText = "The last work is still under way. Wait for it, or cancel it with Esc.";

const isSettling = ({ effect }: DrawingIntent): boolean => effect === "acceptAll" || effect === "discardAll";

/** A worker at rest, whose script is here: out of touch with the server there is no way to get another. */
let atRest: Worker | undefined;
const startWorker = (): Worker => new Worker(new URL("./drawing.worker.ts", import.meta.url), { type: "module" });

/** Has a worker ready for the first cut. */
export function keepDrawingWorker(): void {
  if (atRest) return;
  const worker = atRest = startWorker();
  // Its script could not be had: the next cut asks for it anew.
  worker.onerror = () => { if (atRest === worker) atRest = undefined; };
}

/** The same as `applyDrawing`, beside the page; what was drawn meanwhile stays as it is. @throws Error for people */
function drawnBeside(session: Pick<MaskSession, "fold" | "followBricks">, intent: DrawingIntent, hu: Int16Array, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<Drawn> {
  const worker = atRest ?? startWorker();
  const { fold } = session, before: Partial<Record<Layer, ReadonlyMap<number, Uint8Array>>> = { anatomy: fold.labelmap().bricks, ...(isSettling(intent) ? { proposal: fold.labelmap("proposal").bricks } : {}) };
  const changed = new Set<number>(), stopFollowing = session.followBricks((dirty) => { for (const brick of dirty) changed.add(brick); });
  let isDone = false;
  atRest = undefined;
  return new Promise<Drawn>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<DrawingReply>) => {
      if ("fraction" in data) onProgress(data.fraction);
      else {
        isDone = true;
        if ("drawn" in data) resolve({ ...data.drawn, strokes: withoutChanged(data.drawn.strokes, before, session.fold, changed) });
        else reject(new EffectError(data.problem));
      }
    };
    worker.onerror = () => reject(new Error("This could not be computed. Nothing was changed."));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    worker.postMessage({ intent, grid: fold.grid, bricks: before, ...(intent.editableRange ? { hu } : {}) } satisfies DrawingQuestion);
  }).finally(() => {
    stopFollowing();
    if (isDone) atRest ??= worker;
    if (atRest !== worker) worker.terminate();
    keepDrawingWorker();
  });
}

/** Carries an intent out as one act; says on the canvas why, when nothing comes of it. One that takes long shows how far it is and can be cancelled. */
export async function carryOut({ store, session, volume }: RoomContext, segments: readonly RoomSegment[], intent: DrawingIntent): Promise<void> {
  if (store.get().work !== null) return store.set({ notice: busyText });
  const label = longWords[intent.effect], stop = new AbortController();
  let isOver = false;
  const show = (fraction: number | null) => { if (!isOver && label) store.set({ work: { label, fraction, cancel: () => stop.abort(new Error(cancelledText)) } }); };
  const timer = label ? setTimeout(() => show(null), patienceMs) : undefined;
  try {
    const state = store.get();
    const { strokes, keptOut } = label
      ? await drawnBeside(session, intent, volume.hu, (fraction) => { if (store.get().work) show(fraction); }, stop.signal)
      : applyDrawing(intent, { source: session.fold, hu: volume.hu });
    if (strokes.length === 0) store.set({ notice: nothingDrawn(keptOut, segments, state, intent) });
    else {
      await session.commitTogether(strokes, stop.signal);
      const rest = intent.effect === "acceptAll" ? staysProposed(keptOut, segments, state) : null;
      if (rest !== null) store.set({ notice: rest });
    }
  } catch (error) {
    store.set({ notice: error instanceof EffectError ? `${withNames(sentence(error.message), segments)} Nothing was changed.` : error instanceof Error ? error.message : "This did not work. Nothing was changed." });
  } finally {
    isOver = true;
    clearTimeout(timer);
    if (store.get().work !== null) store.set({ work: null });
  }
}
