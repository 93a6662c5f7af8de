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

/** The keys of the surfaces that the case has now, by source: those of segments while they are current. Null until all lists have come. */
export function useSurfaceKeys(room: RoomContext): ReadonlyMap<string, string> | null {
  const { caseId } = room, trpc = useTRPC(), builds = useQuery(trpc.builds.list.queryOptions({ caseId })).data, files = useQuery(trpc.fileSurfaces.list.queryOptions({ caseId })).data, implants = useImplants(room);
  return useMemo(() => builds && files ? new Map([
    ...builds.flatMap(({ segment, state, key }): [string, string][] => (state === "current" ? [[`segment/${segment}`, key]] : [])),
    ...files.map(({ id, key }): [string, string] => [`file/${id}`, key]),
    ...implants.flatMap(({ id, mesh }): [string, string][] => (mesh ? [[`implant/${id}`, mesh.key]] : [])),
  ]) : null, [builds, files, implants]);
}

/** The surfaces of a case that can be chosen now: those of segments as soon as they are current. */
export function useSurfaceChoices(room: RoomContext, segments: readonly RoomSegment[]): readonly SurfaceChoice[] {
  const { caseId } = room, keys = useSurfaceKeys(room), files = useQuery(useTRPC().fileSurfaces.list.queryOptions({ caseId })).data, implants = useImplants(room);
  return useMemo(() => {
    const choice = (source: string, name: string, pathOf: (key: string) => string): SurfaceChoice[] => {
      const key = keys?.get(source);
      return key === undefined ? [] : [{ source, name, key, path: pathOf(key) }];
    };
    return [
      ...segments.flatMap(({ value, name }) => choice(`segment/${value}`, name, (key) => `surface/${value}?key=${key}`)),
      ...(files ?? []).flatMap(({ id, name }) => choice(`file/${id}`, name, () => `surfaces/${id}`)),
      ...implants.flatMap(({ id, name }) => choice(`implant/${id}`, name, (key) => `implants/${id}/implant?key=${key}`)),
    ];
  }, [segments, keys, files, implants]);
}
