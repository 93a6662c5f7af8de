import { applyEffect, type EffectStroke } from "../../../core/mask/effects/apply.ts";
import { automaticThreshold, type Histogram, histogramOf } from "../../../core/mask/effects/automaticThreshold.ts";
import { type BrickContent, DenseMirror } from "../../../core/mask/effects/denseMirror.ts";
import { SeedGrowth } from "../../../core/mask/effects/growFromSeeds.ts";
import { EffectError, type EffectIntent, type ThresholdMethod, thresholdMethods } from "../../../core/mask/effects/intent.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page says first: the volume, and where it writes the number of the newest question that is not wanted any more. */
export interface EffectVolume { kind: "volume"; grid: Grid; hu: Int16Array; cancelled: Int32Array | null }
/** What the page asks: an intent, after the bricks that changed since the last question. */
export interface EffectQuestion { kind: "effect"; id: number; intent: EffectIntent; anatomy: BrickContent[]; proposal: BrickContent[] }
export interface HistogramQuestion { kind: "histogram"; id: number }

/** The volume's histogram, and what each automatic method finds in it: the lowest HU of the brighter class. */
export interface VolumeHistogram extends Histogram { found: Readonly<Record<ThresholdMethod, number>> }
export type EffectReply =
  | { kind: "progress"; id: number; fraction: number; what: string }
  | { kind: "strokes"; id: number; strokes: EffectStroke[] }
  | { kind: "histogram"; id: number; histogram: VolumeHistogram }
  | { kind: "problem"; id: number; problem: string }
  | { kind: "cancelled"; id: number };

class Cancelled extends Error {}

let volume: EffectVolume | undefined, anatomy: DenseMirror | undefined, proposal: DenseMirror | undefined;
const growth = new SeedGrowth(), progressMs = 60;
const say = (reply: EffectReply) => postMessage(reply);

function effect({ id, intent, ...changed }: EffectQuestion, { grid, hu, cancelled }: EffectVolume): void {
  anatomy ??= new DenseMirror(grid);
  anatomy.put(changed.anatomy);
  if (changed.proposal.length > 0) (proposal ??= new DenseMirror(grid)).put(changed.proposal);
  let saidAt = performance.now();
  const tell = (fraction: number, what: string) => {
    if (cancelled && Atomics.load(cancelled, 0) >= id) throw new Cancelled();
    if (performance.now() - saidAt < progressMs) return;
    saidAt = performance.now();
    say({ kind: "progress", id, fraction, what });
  };
  try {
    tell(0, "Looking at the mask");
    say({ kind: "strokes", id, strokes: applyEffect(intent, { grid, hu, labels: anatomy.labels, proposal: proposal?.labels, growth }, tell) });
  } catch (error) {
    if (error instanceof Cancelled) say({ kind: "cancelled", id });
    else if (error instanceof EffectError) say({ kind: "problem", id, problem: `${error.message[0].toUpperCase()}${error.message.slice(1)}.` });
    else throw error;
  }
}

addEventListener("message", ({ data }: MessageEvent<EffectVolume | EffectQuestion | HistogramQuestion>) => {
  if (data.kind === "volume") volume = data;
  else if (volume === undefined) throw new Error("a question came before the volume");
  else if (data.kind === "effect") effect(data, volume);
  else {
    const histogram = histogramOf(volume.hu);
    const found = Object.fromEntries(thresholdMethods.map((method) => [method, automaticThreshold(histogram, method)])) as VolumeHistogram["found"];
    say({ kind: "histogram", id: data.id, histogram: { ...histogram, found } });
  }
});
