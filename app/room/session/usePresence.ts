"use client";
import { useEffect } from "react";
import type { RoomContext } from "../useRoom.ts";

/** Tells the others where this person is: the pointer if it is over a slice, else the crosshair; tool and segment. */
export function usePresence({ store, session }: RoomContext): void {
  useEffect(() => {
    let last = "";
    const tell = () => {
      const { pointer, crosshair, tool, segment } = store.get();
      const [x, y, z] = pointer ?? crosshair;
      const view = { crosshair: [Math.round(x * 10) / 10, Math.round(y * 10) / 10, Math.round(z * 10) / 10] as [number, number, number], tool, ...(segment === null ? {} : { segment }) };
      const text = JSON.stringify(view);
      if (text === last) return;
      last = text;
      session.present(view);
    };
    tell();
    return store.subscribe(tell);
  }, [store, session]);
}
