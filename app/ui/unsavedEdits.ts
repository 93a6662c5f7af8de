import { useSyncExternalStore } from "react";

/** Edits of this page that the server has not committed yet, counted by who holds them: they live in memory only. */
const held = new Map<object, number>();
const listeners = new Set<() => void>();
const sum = () => { let total = 0; for (const count of held.values()) total += count; return total; };

const warn = (event: BeforeUnloadEvent) => { if (sum() > 0) event.preventDefault(); };
if (typeof window !== "undefined") window.addEventListener("beforeunload", warn);

/** Says how many edits a holder has that are not saved; closing the page asks first while there are any. */
export function holdUnsaved(holder: object, count: number): void {
  if ((held.get(holder) ?? 0) === count) return;
  if (count === 0) held.delete(holder);
  else held.set(holder, count);
  for (const listener of listeners) listener();
}

/** For a way out that the person has confirmed: the browser asks no second time. */
export function forgetUnsaved(): void {
  held.clear();
  for (const listener of listeners) listener();
}

export const unsavedEdits = sum;
const subscribe = (listener: () => void) => { listeners.add(listener); return () => { listeners.delete(listener); }; };

/** The number of unsaved edits, in a component. */
export function useUnsavedEdits(): number {
  return useSyncExternalStore(subscribe, sum, () => 0);
}
