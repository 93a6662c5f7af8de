"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { peopleColors } from "../../../core/protocol/room.ts";
import { useTRPC } from "../../api/client.tsx";

/** Colour of each member of a case, as the server stamps it on presence: by the order in which they joined. */
export function useMemberColors(caseId: string): ReadonlyMap<string, string> {
  const { data } = useQuery(useTRPC().members.list.queryOptions({ caseId }));
  return useMemo(() => new Map((data ?? []).map(({ userId }, i) => [userId, peopleColors[i % peopleColors.length]])), [data]);
}
