import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "../../api/client.tsx";

/** How many findings of the CT report are blocked or need attention, with the way to it. */
export function FindingsSummary({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), report = useQuery(trpc.imports.report.queryOptions({ caseId }));
  if (!report.data) return null;
  const { findings } = report.data, blocked = findings.filter(({ severity, override }) => severity === "blocked" && !override).length, attention = findings.filter(({ severity }) => severity === "attention").length;
  return (
    <p className="text-muted">
      CT report: <span className={blocked > 0 ? "text-fail" : "text-pass"}>{blocked} blocked</span>, <span className={attention > 0 ? "text-attention" : "text-pass"}>{attention} need attention</span>.{" "}
      <Link className="text-accent underline" href={`/cases/${caseId}/report`}>Read it</Link>
    </p>
  );
}
