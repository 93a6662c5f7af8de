"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "../../api/client.tsx";

export interface Said { id: string; authorId: string; author: string; body: string; createdAt: Date }
/** A comment pinned to a place (RAS mm), with its answers. */
export interface Thread extends Said {
  position: [number, number, number] | null;
  plane: "axial" | "coronal" | "sagittal" | null;
  resolvedAt: Date | null;
  replies: Said[];
}

/** The case's threads, oldest first; a thread's number is its place in this list + 1. */
export function useThreads(caseId: string): readonly Thread[] {
  const { data } = useQuery(useTRPC().comments.list.queryOptions({ caseId }));
  return useMemo(() => {
    const threads = new Map<string, Thread>();
    for (const row of data ?? []) {
      if (row.threadId === null) threads.set(row.id, { ...row, replies: [] });
      else threads.get(row.threadId)?.replies.push(row);
    }
    return [...threads.values()];
  }, [data]);
}
