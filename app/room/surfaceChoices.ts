"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Mesh } from "../../core/surface/mesh.ts";
import { decodeMesh } from "../../core/surface/meshBlob.ts";
import { useTRPC } from "../api/client.tsx";
import { useImplants } from "./implantState.ts";
import type { RoomContext, RoomSegment } from "./useRoom.ts";

/** A surface that the server has: of a segment, out of a file, or of an implant. */
export interface SurfaceChoice {
  /** `segment/<value>`, `file/<id>` or `implant/<id>`. */
  source: string;
  name: string;
  /** Names its content. */
  key: string;
  path: string;
}

/** The mesh of a surface in RAS mm. @throws Error with a sentence for people */
export async function meshAt(caseId: string, path: string, signal: AbortSignal): Promise<Mesh> {
  const answer = await fetch(`/api/cases/${caseId}/${path}`, { signal });
  if (!answer.ok) throw new Error(answer.status === 409 ? "The surface has been rebuilt since. Try again." : `The surface could not be read (HTTP ${answer.status}).`);
  return decodeMesh(new Uint8Array(await answer.arrayBuffer()));
}

/** The surfaces of a case that can be chosen now: those of segments as soon as they are current. */
export function useSurfaceChoices(room: RoomContext, segments: readonly RoomSegment[]): readonly SurfaceChoice[] {
  const { caseId } = room, trpc = useTRPC(), builds = useQuery(trpc.builds.list.queryOptions({ caseId })).data, files = useQuery(trpc.fileSurfaces.list.queryOptions({ caseId })).data, implants = useImplants(room);
  return useMemo(() => [
    ...segments.flatMap(({ value, name }): SurfaceChoice[] => {
      const build = builds?.find(({ segment, state }) => segment === value && state === "current");
      return build ? [{ source: `segment/${value}`, name, key: build.key, path: `surface/${value}?key=${build.key}` }] : [];
    }),
    ...(files ?? []).map(({ id, name, key }): SurfaceChoice => ({ source: `file/${id}`, name, key, path: `surfaces/${id}` })),
    ...implants.flatMap(({ id, name, mesh }): SurfaceChoice[] => (mesh ? [{ source: `implant/${id}`, name, key: mesh.key, path: `implants/${id}/implant?key=${mesh.key}` }] : [])),
  ], [segments, builds, files, implants]);
}
