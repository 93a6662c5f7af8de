import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { fitColors, type PaintedMap, rimReachMm, wallColors } from "../../../core/checks/mapColors.ts";
import { materialOf } from "../../../core/implant/materials.ts";
import { type CranialPlan, readPlan } from "../../../core/implant/plan.ts";
import { useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, useSession } from "../useRoom.ts";
import { FitPreviewer } from "./fitPreviewer.ts";
import type { ImplantBody } from "./useImplantBodies.ts";
import { resultOf } from "./useImplantMeshes.ts";

/** A check's map on a plate: the colours of its vertices. */
export interface ImplantMap extends PaintedMap {
  /** Names the plate and the map; the same is not painted twice. */
  key: string;
  /** Key of the mesh whose vertices have the colours. */
  meshKey: string;
  /** Sampled on this page against the bone as it is drawn now; the stored numbers are not there yet. */
  isPreview: boolean;
}

/** One number a vertex, as the server stored it or as the page sampled it. */
interface Values { key: string; meshKey: string; mm: Float32Array }

/** What is written beside the maps: the first plate's legend, and that it is a preview where any plate's map is one. Null without a map. */
export function legendOf(maps: ReadonlyMap<string, ImplantMap>): Pick<ImplantMap, "legend" | "isPreview"> | null {
  const [first] = maps.values();
  return first ? { legend: first.legend, isPreview: [...maps.values()].some(({ isPreview }) => isPreview) } : null;
}

/** The plan that a plate was built from. */
function planOf({ implant: { mesh } }: ImplantBody): CranialPlan | null {
  const read = readPlan(mesh?.facts.plan);
  return "plan" in read ? read.plan : null;
}

/** The maps of the check that is looked at, by implant: the stored one while it is of the plate and the bone as they stand, else, of the fit, a preview. */
export function useImplantMaps(room: RoomContext, bodies: readonly ImplantBody[]): ReadonlyMap<string, ImplantMap> {
  const { caseId, session, store, grid } = room, check = useRoomState(store, (s) => s.implantMap);
  const [stored, setStored] = useState<ReadonlyMap<string, Values>>(new Map()), [sampled, setSampled] = useState<ReadonlyMap<string, Values>>(new Map());
  /** Keys of stored maps that are of another bone than this page's: it was drawn on beside their plate. */
  const [drawnOn, setDrawnOn] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    let isGone = false;
    for (const { implant: { id, mesh, checks } } of bodies) {
      const made = checks.find((one) => one.check === check)?.made;
      if (!made || !mesh || check === null) continue;
      resultOf(caseId, id, check, made.key).then((bytes) => {
        if (!isGone) setStored((known) => (known.get(id)?.key === made.key && known.get(id)?.meshKey === mesh.key ? known : new Map(known).set(id, { key: made.key, meshKey: mesh.key, mm: new Float32Array(bytes) })));
      }, (error: unknown) => { if (!isGone) console.warn("A map could not be read:", error); });
    }
    return () => { isGone = true; };
  }, [caseId, bodies, check]);

  const previewer = useRef<FitPreviewer | null>(null), count = useRef(0), isFit = check === "fit";
  const shown = useRef(bodies);
  shown.current = bodies;
  useEffect(() => {
    if (!isFit) return;
    const own = previewer.current = new FitPreviewer(grid, (brick) => session.fold.brick(brick), ({ id, key, gapMm }) => {
      setSampled((known) => new Map(known).set(id, { key: `${count.current++}`, meshKey: key, mm: gapMm }));
    });
    const stop = session.followBricks((dirty) => {
      const touched = own.boneChanged(dirty);
      if (touched.length > 0) setDrawnOn((known) => new Set([...known, ...shown.current.flatMap(({ implant: { id, checks } }) => (touched.includes(id) ? checks.filter((one) => one.check === "fit").map(({ made }) => made.key) : []))]));
    });
    return () => { stop(); own.close(); previewer.current = null; setSampled(new Map()); setDrawnOn(new Set()); };
  }, [isFit, grid, session]);
  // Once the mask rests or the server has settled: where both have the same voxels, as after an undo, the stored maps are of this bone again.
  const rested = useSession(session, (s) => s.voxels), isWhole = useSession(session, (s) => s.isSynced && s.pendingBlobs === 0);
  const settledHash = useQuery(useTRPC().builds.list.queryOptions({ caseId })).data?.[0]?.labelmapHash ?? null;
  useEffect(() => {
    setDrawnOn((known) => (known.size > 0 && isWhole && settledHash === session.fold.hash() ? new Set() : known));
  }, [session, rested, isWhole, settledHash]);
  useEffect(() => {
    for (const body of bodies) {
      const { implant: { id, mesh } } = body, plan = planOf(body);
      if (mesh && plan) previewer.current?.show({ id, key: mesh.key, positions: body.mesh.positions, bone: plan.bone, bandMm: plan.marginMm + rimReachMm + 0.05 });
    }
  }, [bodies, isFit]);

  return useMemo(() => new Map(bodies.flatMap((body): [string, ImplantMap][] => {
    const { implant: { id, mesh, checks, plan: now, error } } = body, plan = planOf(body), made = checks.find((one) => one.check === check)?.made;
    if (check === null || !mesh || !plan) return [];
    const painted = (mm: Float32Array) => (check === "fit" ? fitColors(mm, plan.marginMm) : wallColors(mm, materialOf(plan.material).leastWallMm));
    const own = stored.get(id), seen = sampled.get(id), isOwn = own !== undefined && own.key === made?.key && own.meshKey === mesh.key && own.mm.length === body.mesh.positions.length / 3;
    // While the plan as it stands cannot be built, the last plate and its stored map stay.
    const isRight = isOwn && made !== undefined && !drawnOn.has(made.key) && (now === null || error !== null || (made.freshness === "current" && mesh.freshness === "current"));
    if (!isRight && check === "fit" && seen?.meshKey === mesh.key) return [[id, { ...painted(seen.mm), key: `${mesh.key}:preview:${seen.key}`, meshKey: mesh.key, isPreview: true }]];
    // What was made of another plate has another number of vertices nearly always; where the plate is new and the check old it is never taken.
    if (!isOwn || (mesh.freshness === "current" && made?.freshness !== "current")) return [];
    return [[id, { ...painted(own.mm), key: `${mesh.key}:${check}`, meshKey: mesh.key, isPreview: false }]];
  })), [bodies, check, stored, sampled, drawnOn]);
}
