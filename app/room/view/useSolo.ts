import { useEffect } from "react";
import type { PaintedMap } from "../../../core/checks/mapColors.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import type { SurfaceView } from "./niivueView.ts";

/** A surface that a person looks at alone, with what its colours mean: a result that is not kept yet, or a map. */
export interface SoloSurface {
  /** Names mesh and colours; the same is not put on the GPU twice. */
  key: string;
  title: string;
  mesh: Mesh;
  /** RGBA of each vertex, or of all. */
  rgba: Uint8Array;
  legend: PaintedMap["legend"];
}

/** Behind label values, implants and surfaces out of files. */
export const soloSurface = 2000;

/** Shows a surface alone; the others come back when it goes. */
export function useSolo(view: SurfaceView | null, solo: SoloSurface | null): void {
  useEffect(() => {
    if (!view || !solo) return;
    view.putPainted(soloSurface, solo.key, solo.mesh, solo.rgba);
    view.showOnly(soloSurface);
    return () => { view.remove(soloSurface); view.showOnly(null); };
  }, [view, solo]);
}
