"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { TopBar } from "../../ui/TopBar.tsx";
import { DerivePanel, DerivedList } from "./DerivePanel.tsx";
import { RegionChoice } from "./RegionChoice.tsx";
import { FindingCard } from "./FindingCard.tsx";

const order = { blocked: 0, attention: 1, pass: 2 } as const;

/** How good a case's CT is for an implant: every finding with its number and limit, what to ask for, and what a person decided. */
export function ReportScreen({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useQueryClient();
  const report = useQuery(trpc.imports.report.queryOptions({ caseId }, { refetchInterval: (query) => query.state.data?.derived.some(({ state }) => state === "making") || (query.state.data?.regionWish && !query.state.data.regionWish.message) ? 800 : false }));
  const [problem, setProblem] = useState<string | null>(null), [showsPassed, setShowsPassed] = useState(false);
  const settled = { onSuccess: () => { setProblem(null); return client.invalidateQueries(trpc.imports.pathFilter()); }, onError: (error: unknown) => setProblem(errorSentence(error)) };
  const override = useMutation(trpc.imports.override.mutationOptions(settled)), derive = useMutation(trpc.imports.derive.mutationOptions(settled)), setRegion = useMutation(trpc.imports.setRegion.mutationOptions(settled));
  const { data } = report, findings = [...data?.findings ?? []].sort((a, b) => order[a.severity] - order[b.severity]);
  const blocked = findings.filter(({ severity, override: over }) => severity === "blocked" && !over), attention = findings.filter(({ severity }) => severity === "attention"), passed = findings.filter(({ severity }) => severity === "pass");
  const shown = showsPassed ? findings : findings.filter(({ severity }) => severity !== "pass");
  return (
    <div className="flex h-full flex-col">
      <TopBar />
      <main className="min-h-0 flex-1 overflow-y-auto p-4">
        <div className="mx-auto flex max-w-4xl flex-col gap-4">
          <Link href={`/cases/${caseId}`} className="text-muted hover:text-ink">Back to the room</Link>
          <div>
            <h1 className="text-xl font-semibold">CT report {data?.code}</h1>
            {data && <p className="text-muted">{data.grid?.dims.join(" × ")} voxels of {data.grid?.spacing.map((mm) => Number(mm.toFixed(3))).join(" × ")} mm</p>}
          </div>
          {report.error && <Notice kind="fail">{errorSentence(report.error)}</Notice>}
          {data && findings.length === 0 && <Notice kind="info">This case has no report: its volume was not imported.</Notice>}
          {data && findings.length > 0 && (
            <Notice kind={blocked.length > 0 ? "fail" : attention.length > 0 ? "attention" : "pass"}>
              {blocked.length > 0 ? `${blocked.length} ${blocked.length === 1 ? "finding blocks" : "findings block"} the release of an implant made from this scan until a person with the right overrides ${blocked.length === 1 ? "it" : "each"} in writing. Segmenting and designing go on.`
                : attention.length > 0 ? `Nothing blocks; ${attention.length} ${attention.length === 1 ? "finding needs" : "findings need"} attention.` : "Every check passes."}
            </Notice>
          )}
          {data && <RegionChoice region={data.region} wish={data.regionWish} mayChange={data.maySetRegion} isBusy={setRegion.isPending} onChange={(region) => setRegion.mutate({ caseId, region })} />}
          {problem && <Notice kind="fail">{problem}</Notice>}
          {data && <DerivedList derived={data.derived} />}
          <ol aria-label="Findings" className="flex flex-col rounded-xl border border-line bg-pane">
            {shown.map((finding) => (
              <FindingCard
                key={finding.id} finding={finding} slices={finding.code === "resampled" && data?.mayExport && "acquired" in data.provenance ? `/api/cases/${caseId}/acquired` : undefined} picture={data?.pictures.find(({ code }) => code === finding.code)} mayOverride={data?.mayOverride ?? false} mayDerive={data?.mayDerive ?? false} isBusy={override.isPending || derive.isPending}
                onOverride={(reason) => override.mutate({ caseId, finding: finding.id, reason })} onRegularPart={() => derive.mutate({ caseId, derivation: { op: "regularPart" } })}
              />
            ))}
          </ol>
          {passed.length > 0 && <button type="button" className="button self-start" aria-expanded={showsPassed} onClick={() => setShowsPassed(!showsPassed)}>{showsPassed ? "Hide what passes" : `Show the ${passed.length} checks that pass`}</button>}
          {data?.mayDerive && <DerivePanel dims={data.grid?.dims ?? [0, 0, 0]} spacing={data.grid?.spacing ?? [1, 1, 1]} isBusy={derive.isPending || data.derived.some(({ state }) => state === "making")} onDerive={(derivation) => derive.mutate({ caseId, derivation })} />}
          {data && data.series.length > 0 && (
            <section aria-label="Series">
              <h2 className="mb-1 font-semibold">Series in what was sent</h2>
              <ul className="flex flex-col">{data.series.map(({ uid, verdict, reason }, at) => <li key={`${uid ?? ""}${at}`} className="border-b border-line py-1.5"><span className="font-medium">{verdict}</span> <span className="text-muted">{reason}</span></li>)}</ul>
            </section>
          )}
          {data && (
            <details>
              <summary className="font-semibold">Where it comes from</summary>
              <pre tabIndex={0} className="mt-2 max-h-96 overflow-auto rounded-md border border-line p-3 text-sm">{JSON.stringify(data.provenance, null, 1)}</pre>
            </details>
          )}
        </div>
      </main>
    </div>
  );
}
