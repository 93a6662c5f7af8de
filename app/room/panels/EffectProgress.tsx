"use client";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import type { EffectProgress } from "../tools/effectWork.ts";

/** How far an effect is, what it is doing, and a way to stop it. */
export function EffectProgressBar({ progress: { fraction, what }, onCancel }: { progress: EffectProgress; onCancel?: () => void }) {
  return (
    <div className="mt-3" role="status" data-effect-progress={Math.round(100 * fraction)}>
      <div className="mb-1.5 flex justify-between gap-3 text-sm text-muted"><span className="truncate">{what}…</span>{onCancel && <button type="button" className="underline" onClick={onCancel}>Cancel</button>}</div>
      <ProgressBar fraction={fraction} label={what} />
    </div>
  );
}
