"use client";
import { useEffect, useState } from "react";

/** Without a hand on mouse, keys or screen for this long the page locks; a notice comes before (RELIABILITY F18). */
export const idleMs = 15 * 60_000;
export const warnMs = 13 * 60_000;
const checkMs = 5_000;
const noteMs = 2_000;
/** Tabs of one browser share their activity: one in use keeps the others open. It holds a time, nothing of a case. */
const storageKey = "caseroom.lastActivity";
const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

export type Idleness = "active" | "warned" | "idle";

/** How long nobody has touched any tab of this browser, in three steps. */
export function useIdleness(isWatching: boolean): Idleness {
  const [idleness, setIdleness] = useState<Idleness>("active");
  useEffect(() => {
    if (!isWatching) return;
    setIdleness("active");
    let last = Date.now();
    let noted = 0;
    const shared = () => Number(window.localStorage.getItem(storageKey) ?? 0);
    const touch = () => {
      last = Date.now();
      if (last - noted > noteMs) { noted = last; window.localStorage.setItem(storageKey, String(last)); }
    };
    const check = () => {
      const idle = Date.now() - Math.max(last, shared());
      setIdleness(idle >= idleMs ? "idle" : idle >= warnMs ? "warned" : "active");
    };
    touch();
    const timer = setInterval(check, checkMs);
    const onSign = () => { touch(); setIdleness((was) => (was === "warned" ? "active" : was)); };
    for (const sign of signs) window.addEventListener(sign, onSign, { capture: true, passive: true });
    // A computer that slept wakes up locked.
    document.addEventListener("visibilitychange", check);
    return () => {
      clearInterval(timer);
      for (const sign of signs) window.removeEventListener(sign, onSign, { capture: true });
      document.removeEventListener("visibilitychange", check);
    };
  }, [isWatching]);
  return idleness;
}
