import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { useTRPC } from "../../api/client.tsx";
import { rgbOf } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";
import { soloSurface } from "./useSolo.ts";

/** Surfaces out of files stand behind the label values, which end at 127. */
const firstValue = 1000;
export const isFileSurface = (value: number): boolean => value >= firstValue && value < soloSurface;

/** Fetches and shows the surfaces that came out of files. @returns how many there are */
export function useFileSurfaces(view: SurfaceView | null, caseId: string): number {
  const { data: list } = useQuery(useTRPC().fileSurfaces.list.queryOptions({ caseId }));
  useEffect(() => {
    if (!view || !list) return;
    const stop = new AbortController();
    view.keepOnlyOf(isFileSurface, new Set(list.map((_, i) => firstValue + i)));
    for (const [i, { id, key, color }] of list.entries()) {
      if (view.has(firstValue + i, key)) continue;
      fetch(`/api/cases/${caseId}/surfaces/${id}`, { signal: stop.signal }).then(async (answer) => {
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const mesh = decodeMesh(new Uint8Array(await answer.arrayBuffer()));
        if (!stop.signal.aborted) view.put(firstValue + i, key, mesh, rgbOf(color));
      }).catch((error: unknown) => { if (!stop.signal.aborted) console.warn("A surface could not be read:", error); });
    }
    return () => stop.abort();
  }, [view, list, caseId]);
  return list?.length ?? 0;
}
