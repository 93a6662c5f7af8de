"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { errorSentence, useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { TopBar } from "../../../ui/TopBar.tsx";

/** The case's audit events: filter, export, and a walk along the chain. */
export function AuditScreen({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useTRPCClient();
  const events = useQuery(trpc.audit.list.queryOptions({ caseId }));
  const [filter, setFilter] = useState("");
  const [verdict, setVerdict] = useState<{ kind: "pass" | "fail"; text: string } | null>(null);
  const shown = (events.data ?? []).filter((event) => `${event.action} ${event.actorId ?? ""} ${JSON.stringify(event.object)}`.toLowerCase().includes(filter.toLowerCase()));
  const verify = async () => {
    try {
      const { count, fault } = await client.audit.verify.query({ caseId });
      setVerdict(fault ? { kind: "fail", text: `Event ${fault.seq} is ${fault.why}. Tell the administrator; do not sign.` } : { kind: "pass", text: `All ${count} events follow from one another.` });
    } catch (error) {
      setVerdict({ kind: "fail", text: errorSentence(error) });
    }
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(events.data, null, 2)], { type: "application/json" }));
    Object.assign(document.createElement("a"), { href: url, download: "audit.json" }).click();
    URL.revokeObjectURL(url);
  };
  return (
    <>
      <TopBar />
      <main className="flex-1 overflow-auto p-4">
        <div className="mx-auto flex max-w-4xl flex-col gap-3">
          <Link href={`/cases/${caseId}`} className="text-muted hover:text-ink">Back to the room</Link>
          <h1 className="text-xl font-semibold">Audit</h1>
          <div className="flex flex-wrap gap-2">
            <input aria-label="Filter events" className="field min-w-0 flex-1" value={filter} placeholder="Filter" onChange={(e) => setFilter(e.target.value)} />
            <button type="button" className="button" onClick={save} disabled={!events.data}>Export</button>
            <button type="button" className="button button-primary" onClick={() => void verify()}>Verify</button>
          </div>
          {verdict && <Notice kind={verdict.kind}>{verdict.text}</Notice>}
          {events.error && <Notice kind="fail">{errorSentence(events.error)}</Notice>}
          <ol className="flex flex-col" aria-label="Events">
            {shown.map((event) => (
              <li key={event.seq} className="flex flex-wrap gap-x-3 border-b border-line py-2">
                <span className="w-10 text-muted">{event.seq}</span>
                <time dateTime={event.at} className="w-52 text-muted">{new Date(event.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })}</time>
                <span className="font-medium">{event.action}</span>
                <span className="min-w-0 flex-1 break-all text-muted">{event.actorId} {JSON.stringify(event.object)}</span>
              </li>
            ))}
          </ol>
          {events.data && shown.length === 0 && <p className="text-muted">No event {filter ? "matches the filter" : "yet; what is done from now on is listed here"}.</p>}
        </div>
      </main>
    </>
  );
}
