"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../api/client.tsx";
import { adviceOf, sentenceOf } from "../../cases/import/ctAdvice.ts";

/** The findings on the CT, carried along: what the implant is made of is no better than the scan. */
export function CtQualityLine({ caseId }: { caseId: string }) {
  const findings = useQuery(useTRPC().imports.report.queryOptions({ caseId })).data?.findings;
  if (!findings) return null;
  const blocked = findings.filter(({ severity, override }) => severity === "blocked" && override === null), noted = findings.filter(({ severity }) => severity !== "pass");
  const verdict = blocked.length > 0 ? "fail" : noted.length > 0 ? "noted" : "pass";
  const { Icon, tone, word } = { pass: { Icon: CircleCheck, tone: "text-pass", word: "pass" }, noted: { Icon: CircleAlert, tone: "text-attention", word: `pass, ${noted.length} to note` }, fail: { Icon: CircleX, tone: "text-fail", word: `${blocked.length} blocked` } }[verdict];
  return (
    <section aria-label="CT quality" data-check="ctQuality" data-verdict={blocked.length > 0 ? "fail" : "pass"} className="border-b border-line px-3.5 py-3">
      <div className="flex items-center gap-2">
        <span className="font-medium">CT quality</span>
        <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${tone}`}><Icon aria-hidden size={15} />{word}</span>
        <Link href={`/cases/${caseId}/report`} className="ml-auto text-sm text-accent hover:underline">CT report</Link>
      </div>
      {noted.map(({ id, code, severity, message, override }) => {
        const isBlocked = severity === "blocked" && override === null, Mark = isBlocked ? CircleX : CircleAlert;
        return (
          <p key={id} data-severity={severity} className="mt-1 flex gap-1.5 text-sm text-muted">
            <Mark aria-hidden size={13} className={`mt-0.5 shrink-0 ${isBlocked ? "text-fail" : "text-attention"}`} />
            <span className="min-w-0"><span className="text-ink">{adviceOf(code).title}{isBlocked ? ", blocked" : ""}:</span> {sentenceOf(message)}{override && ` Overridden by ${override.name}: ${override.reason}`}</span>
          </p>
        );
      })}
    </section>
  );
}
