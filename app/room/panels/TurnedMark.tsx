"use client";
import { useQuery } from "@tanstack/react-query";
import { RotateCcwSquare } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../api/client.tsx";

/** Whether this case's volume was turned, so that positions in it are not the scan's. */
export function useIsTurned(caseId: string): boolean {
  return useQuery(useTRPC().imports.report.queryOptions({ caseId })).data?.findings.some(({ code }) => code === "reoriented") ?? false;
}

/** Says in the header of a turned volume that its positions are its own. */
export function TurnedMark({ caseId }: { caseId: string }) {
  if (!useIsTurned(caseId)) return null;
  return <Link href={`/cases/${caseId}/report`} data-turned="" title="The head was turned: positions in this volume differ from the scan's. The report holds the way back." className="flex items-center gap-1.5 whitespace-nowrap text-sm text-attention hover:underline"><RotateCcwSquare aria-hidden size={14} className="shrink-0" /><span className="max-lg:sr-only">Turned: positions differ from the scan's</span></Link>;
}
