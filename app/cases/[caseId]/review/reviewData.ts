"use client";
import { useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { CheckReport } from "../../../../core/checks/criteria.ts";
import type { AppRouter } from "../../../../server/api/router.ts";

type Outputs = inferRouterOutputs<AppRouter>;
/** A version as the review shows it. */
export type ReviewVersion = Outputs["versions"]["list"]["versions"][number];
/** Work on a version: a freeze or a package. */
export type ReviewJob = Outputs["versions"]["list"]["jobs"][number];

/** Where a file of a version is. */
export const versionFile = (caseId: string, number: number, name: string): string => `/api/cases/${caseId}/versions/${number}/files/${name}`;

/** Pictures of a version in the order they are shown; those that are not there are left out. */
const pictures = [
  { name: "implant", title: "Bone and implant", alt: "The bone with the implant in place, seen from the side of the defect" },
  { name: "axial", title: "Axial", alt: "Axial CT slice through the middle of the defect with the outlines of bone and implant" },
  { name: "coronal", title: "Coronal", alt: "Coronal CT slice through the middle of the defect with the outlines of bone and implant" },
  { name: "sagittal", title: "Sagittal", alt: "Sagittal CT slice through the middle of the defect with the outlines of bone and implant" },
] as const;
export const picturesOf = ({ manifest }: ReviewVersion) => pictures.filter(({ name }) => manifest.artifacts.some((artifact) => artifact.name === `pictures/${name}.png`));

/** The content of a version's report; its hash is in the manifest, so it never changes. */
export function useReport(caseId: string, version: ReviewVersion, check: string) {
  const report = version.manifest.reports.find((one) => one.check === check);
  return useQuery({
    queryKey: ["version-report", report?.sha256 ?? ""], enabled: report !== undefined, staleTime: Infinity,
    queryFn: async () => {
      const answer = await fetch(versionFile(caseId, version.number, `checks/${check}.json`));
      if (!answer.ok) throw new Error("The report could not be read. Load the page again.");
      return await answer.json() as Partial<CheckReport> & { findings?: { code: string; severity: string; message: string; override: { reason: string; name: string } | null }[] };
    },
  });
}

/** 0.5123 as 0.51; whole numbers stay whole; lists are joined. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  return Array.isArray(value) ? value.map(shownValue).join(", ") : String(value);
}
