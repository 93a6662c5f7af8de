import { useEffect, useState } from "react";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import type { RoomImplant } from "../implantState.ts";
import type { SurfaceView } from "./niivueView.ts";
import type { ImplantMap } from "./useImplantMaps.ts";

/** Implants stand between the label values, which end at 127, and the surfaces out of files, which begin at 1000. */
const firstValue = 500, lastValue = 999;
export const isImplantSurface = (value: number): boolean => value >= firstValue && value <= lastValue;
const plateRgba = new Uint8Array([127, 209, 232, 255]), staleRgba = new Uint8Array([150, 156, 168, 255]);

/** Results by their key, which is the hash of all they were made of: one that was fetched never changes. */
const mostKept = 12;
const kept = new Map<string, Promise<ArrayBuffer>>();
export function resultOf(caseId: string, implantId: string, node: string, key: string): Promise<ArrayBuffer> {
  const known = kept.get(key);
  if (known) return known;
  const asked = fetch(`/api/cases/${caseId}/implants/${implantId}/${node}?key=${key}`).then((answer) => {
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return answer.arrayBuffer();
  });
  asked.catch(() => kept.delete(key));
  kept.set(key, asked);
  for (const old of [...kept.keys()].slice(0, -mostKept)) kept.delete(old);
  return asked;
}

/** The mesh of an implant's result. @throws Error where the server has it no more */
export const implantMesh = async (caseId: string, implantId: string, key: string): Promise<Mesh> => decodeMesh(new Uint8Array(await resultOf(caseId, implantId, "implant", key)));

/**
 * Shows the plan's implants beside the bone: the newest that could be built, grey while a change is on its way or cannot be
 * built, or with a check's map on them. @returns the key of the plate that was shown last
 */
export function useImplantMeshes(view: SurfaceView | null, caseId: string, implants: readonly RoomImplant[], maps: ReadonlyMap<string, ImplantMap>): string {
  const [shown, setShown] = useState("");
  useEffect(() => {
    if (!view) return;
    let isGone = false;
    view.keepOnlyOf(isImplantSurface, new Set(implants.flatMap(({ mesh }, i) => (mesh ? [firstValue + i] : []))));
    const show = async (implant: RoomImplant, value: number): Promise<void> => {
      const { mesh: made, id } = implant;
      if (!made) return;
      const mesh = await implantMesh(caseId, id, made.key), map = maps.get(id), painted = map?.meshKey === made.key ? map : null;
      if (isGone) return;
      const isStale = made.freshness !== "current";
      view.putPainted(value, painted?.key ?? `${made.key}:${isStale ? "stale" : "plain"}`, mesh, painted?.rgba ?? (isStale ? staleRgba : plateRgba));
      setShown(made.key);
    };
    for (const [i, implant] of implants.entries()) show(implant, firstValue + i).catch((error: unknown) => { if (!isGone) console.warn("An implant could not be read:", error); });
    return () => { isGone = true; };
  }, [view, caseId, implants, maps]);
  return shown;
}
