import { useEffect, useState } from "react";
import { fitColors, type PaintedMap, wallColors } from "../../../core/checks/mapColors.ts";
import { materialOf } from "../../../core/implant/materials.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import type { RoomImplant } from "../implantState.ts";
import type { SurfaceView } from "./niivueView.ts";

/** Implants stand between the label values, which end at 127, and the surfaces out of files, which begin at 1000. */
const firstValue = 500, lastValue = 999;
export const isImplantSurface = (value: number): boolean => value >= firstValue && value <= lastValue;
const plateRgba = new Uint8Array([127, 209, 232, 255]), staleRgba = new Uint8Array([150, 156, 168, 255]);

/** Results by their key, which is the hash of all they were made of: one that was fetched never changes. */
const mostKept = 12;
const kept = new Map<string, Promise<ArrayBuffer>>();
function resultOf(caseId: string, implantId: string, node: string, key: string): Promise<ArrayBuffer> {
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

/** A check's map as colours of the plate's vertices; null where the check is of another plate than the one shown. */
async function paintedMap(caseId: string, implant: RoomImplant, check: "fit" | "print", mesh: Mesh): Promise<PaintedMap | null> {
  const found = implant.checks.find((one) => one.check === check);
  const read = readPlan(implant.mesh?.facts.plan);
  if (!found || !("plan" in read)) return null;
  const map = new Float32Array(await resultOf(caseId, implant.id, check, found.made.key));
  if (map.length !== mesh.positions.length / 3) return null;
  return check === "fit" ? fitColors(map, read.plan.marginMm) : wallColors(map, materialOf(read.plan.material).leastWallMm);
}

/**
 * Shows the plan's implants beside the bone: the newest that could be built, grey while a change is on its way or cannot be
 * built, or with a check's map on them. @returns the legend of the map on
 * screen, and the key of the plate that was shown last
 */
export function useImplantMeshes(view: SurfaceView | null, caseId: string, implants: readonly RoomImplant[], map: "fit" | "print" | null): { legend: PaintedMap["legend"]; shown: string } {
  const [legend, setLegend] = useState<PaintedMap["legend"]>([]), [shown, setShown] = useState("");
  useEffect(() => {
    if (!view) return;
    let isGone = false;
    view.keepOnlyOf(isImplantSurface, new Set(implants.flatMap(({ mesh }, i) => (mesh ? [firstValue + i] : []))));
    if (map === null) setLegend([]);
    const show = async (implant: RoomImplant, value: number): Promise<void> => {
      const { mesh: made, id } = implant;
      if (!made) return;
      const mesh = await implantMesh(caseId, id, made.key);
      const painted = map === null ? null : await paintedMap(caseId, implant, map, mesh);
      if (isGone) return;
      const isStale = made.freshness !== "current";
      view.putPainted(value, `${made.key}:${painted ? map : isStale ? "stale" : "plain"}`, mesh, painted?.rgba ?? (isStale ? staleRgba : plateRgba));
      setShown(made.key);
      if (map !== null) setLegend(painted?.legend ?? []);
    };
    for (const [i, implant] of implants.entries()) show(implant, firstValue + i).catch((error: unknown) => { if (!isGone) console.warn("An implant could not be read:", error); });
    return () => { isGone = true; };
  }, [view, caseId, implants, map]);
  return { legend, shown };
}
