"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Download, ShieldCheck } from "lucide-react";
import Link from "next/link";
import { useEffect, useState } from "react";
import { auditFieldsOf, auditKindOf, auditWordsOf } from "../../../../core/review/auditWords.ts";
import { errorCode, errorSentence, useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { formatRecordTime } from "../../../ui/format.ts";
import { Notice } from "../../../ui/Notice.tsx";
import { UserMenu } from "../../../ui/UserMenu.tsx";

/** Most events shown at a time; the filter and the export reach all of them. */
const mostShown = 300;

/** The case's audit events: filter, export, and a walk along the chain. */
export function AuditScreen({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useTRPCClient(), code = useQuery(trpc.cases.get.queryOptions({ caseId })).data?.code;
  const asked = useQuery(trpc.audit.list.queryOptions({ caseId })), events = asked.data?.events ?? [], names = asked.data?.names ?? {};
  const [text, setText] = useState(""), [person, setPerson] = useState(""), [group, setGroup] = useState("");
  const [verdict, setVerdict] = useState<{ kind: "pass" | "fail"; text: string } | null>(null), [isWalking, setWalking] = useState(false);
  const signedOut = errorCode(asked.error) === "UNAUTHORIZED";
  useEffect(() => { if (signedOut) window.location.replace(`/sign-in?next=${encodeURIComponent(window.location.pathname)}`); }, [signedOut]);
  const nameOf = (actorId: string | null): string => (actorId === null ? "Caseroom" : names[actorId] ?? actorId);
  const shown = events.filter(({ actorId, action, object }) => (person === "" || nameOf(actorId) === person) && (group === "" || auditKindOf(action) === group)
    && `${action} ${auditWordsOf(action)} ${nameOf(actorId)} ${auditFieldsOf(object)} ${JSON.stringify(object)}`.toLowerCase().includes(text.trim().toLowerCase())).reverse();
  const verify = async () => {
    setWalking(true);
    try {
      const { count, fault, workspaceBrokenAt } = await client.audit.verify.query({ caseId });
      const wrong = fault ? (fault.why === "cut" ? `The end is cut off: after event ${fault.seq - 1} there were others.` : `Event ${fault.seq} is ${fault.why}.`)
        : workspaceBrokenAt === null ? null : `The workspace's chain breaks before its event ${workspaceBrokenAt}: an event of this case or of another is missing there, or was altered.`;
      setVerdict(wrong !== null ? { kind: "fail", text: `${wrong} Tell the administrator; do not sign.` } : { kind: "pass", text: `All ${count} events follow from one another: none is missing, altered, cut off or out of place.` });
    } catch (error) {
      setVerdict({ kind: "fail", text: errorSentence(error) });
    }
    setWalking(false);
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(shown.toReversed(), null, 2)], { type: "application/json" }));
    Object.assign(document.createElement("a"), { href: url, download: `${code ?? "case"}-audit.json` }).click();
    URL.revokeObjectURL(url);
  };
  const choice = (label: string, value: string, set: (value: string) => void, all: string, options: readonly string[]) => (
    <select aria-label={label} className="field min-h-9" value={value} onChange={(event) => set(event.target.value)}><option value="">{all}</option>{options.map((name) => <option key={name}>{name}</option>)}</select>
  );
  return (
    <div className="flex h-full flex-col">
      <header className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line bg-pane px-3 py-1.5">
        <Link href={`/cases/${caseId}/review`} aria-label="Back to review and sign" className="button button-quiet min-h-11 px-2.5"><ArrowLeft aria-hidden size={17} /></Link>
        <h1 className="min-w-0 flex-1 truncate text-lg font-semibold">Audit of case {code}</h1>
        <UserMenu />
      </header>
      <main className="min-h-0 flex-1 overflow-y-auto px-4 py-4">
        <div className="mx-auto flex max-w-5xl flex-col gap-3">
          <div className="flex flex-wrap gap-2">
            <input aria-label="Filter events" type="search" className="field min-h-9 min-w-40 flex-1" value={text} placeholder="Filter by any word or hash" onChange={(event) => setText(event.target.value)} />
            {choice("By person", person, setPerson, "Everybody", [...new Set(events.map(({ actorId }) => nameOf(actorId)))].sort())}
            {choice("By kind", group, setGroup, "Everything", [...new Set(events.map(({ action }) => auditKindOf(action)))].sort())}
            <button type="button" className="button min-h-9" onClick={save} disabled={shown.length === 0}><Download aria-hidden size={15} /> Export {shown.length}</button>
            <button type="button" className="button button-primary min-h-9" disabled={isWalking} onClick={() => void verify()}><ShieldCheck aria-hidden size={15} /> {isWalking ? "Walking the chain…" : "Verify"}</button>
          </div>
          {verdict && <Notice kind={verdict.kind}>{verdict.text}</Notice>}
          {asked.error && !signedOut && <Notice kind="fail">{errorSentence(asked.error)}</Notice>}
          {asked.isSuccess && shown.length === 0 && <p className="text-muted">No event {events.length > 0 ? "matches the filter" : "yet; what is done from now on is listed here"}.</p>}
          <table className="w-full border-collapse">
            <caption className="sr-only">Events, newest first</caption>
            <thead className="max-sm:sr-only"><tr>{["No.", "When", "Who", "What", "About"].map((name) => <th key={name} scope="col" className="heading-small py-1.5 pr-4 text-left">{name}</th>)}</tr></thead>
            <tbody>
              {shown.slice(0, mostShown).map(({ seq, at, actorId, action, object, hash }) => (
                <tr key={seq} data-event={action} title={`sha256 ${hash}`} className="border-t border-line align-top max-sm:flex max-sm:flex-wrap max-sm:gap-x-3 max-sm:py-1.5">
                  <td className="py-1.5 pr-4 text-muted max-sm:py-0">{seq}</td>
                  <td className="whitespace-nowrap py-1.5 pr-4 text-muted max-sm:py-0"><time dateTime={at}>{formatRecordTime(new Date(at))}</time></td>
                  <td className="whitespace-nowrap py-1.5 pr-4 max-sm:py-0">{nameOf(actorId)}</td>
                  <td title={action} className="py-1.5 pr-4 font-medium max-sm:py-0">{auditWordsOf(action)}</td>
                  <td className="py-1.5 text-muted [overflow-wrap:anywhere] max-sm:w-full max-sm:py-0">{auditFieldsOf(object)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length > mostShown && <p className="text-muted">The newest {mostShown} of {shown.length} are shown. Filter to see others; the export holds all {shown.length}.</p>}
        </div>
      </main>
    </div>
  );
}
