import { useEffect, useMemo, useState } from "react";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { useImplants, type RoomImplant } from "../implantState.ts";
import type { RoomContext } from "../useRoom.ts";
import { implantMesh } from "./useImplantMeshes.ts";

/** An implant with the newest plate that could be built. */
export interface ImplantBody { implant: RoomImplant; mesh: Mesh; isStale: boolean }

/** The plates of the plan's implants, once they have come. */
export function useImplantBodies(room: RoomContext): readonly ImplantBody[] {
  const { caseId } = room, implants = useImplants(room);
  const [meshes, setMeshes] = useState<ReadonlyMap<string, Mesh>>(new Map());
  useEffect(() => {
    let isGone = false;
    for (const { id, mesh } of implants) {
      if (!mesh || meshes.has(mesh.key)) continue;
      implantMesh(caseId, id, mesh.key).then((read) => {
        // Only what is on screen is kept.
        if (!isGone) setMeshes((known) => new Map([...known].filter(([key]) => implants.some((one) => one.mesh?.key === key)).concat([[mesh.key, read]])));
      }, (error: unknown) => { if (!isGone) console.warn("An implant could not be read:", error); });
    }
    return () => { isGone = true; };
  }, [caseId, implants, meshes]);
  return useMemo(() => implants.flatMap((implant) => {
    const mesh = implant.mesh && meshes.get(implant.mesh.key);
    return mesh ? [{ implant, mesh, isStale: implant.freshness !== "current" }] : [];
  }), [implants, meshes]);
}
