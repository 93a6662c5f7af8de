"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { useCallback, useState } from "react";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { MembersDialog } from "../members/MembersDialog.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TopBar } from "../ui/TopBar.tsx";
import { CaseBoard } from "./CaseBoard.tsx";
import { CaseFilters } from "./CaseFilters.tsx";
import type { CaseRow } from "./CaseParts.tsx";
import { CaseTable } from "./CaseTable.tsx";
import { DueDialog } from "./DueDialog.tsx";
import { filterCases, isInView, readFilter, writeFilter, type CaseFilter } from "./caseFilter.ts";
import { DropOverlay } from "./import/DropOverlay.tsx";
import { ImportPanel } from "./import/ImportPanel.tsx";
import { NewCaseButton } from "./import/NewCaseButton.tsx";
import { useDropAnywhere } from "./import/useDropAnywhere.ts";
import { useImport } from "./import/useImport.ts";
import type { PickedFile } from "./import/pickFiles.ts";

/** Home: the list, its filters, and the import of new cases from anywhere on the page. */
export function CasesScreen() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const search = useSearchParams();
  const me = useQuery(trpc.me.queryOptions());
  const cases = useQuery(trpc.cases.list.queryOptions(undefined, { refetchInterval: 15_000 }));
  const [filter, setFilter] = useState<CaseFilter>(() => readFilter(new URLSearchParams(search)));
  const [toShow, setToShow] = useState<CaseRow | null>(null);
  const [toDate, setToDate] = useState<CaseRow | null>(null);
  const [toArchive, setToArchive] = useState<CaseRow | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const archive = useMutation(trpc.cases.archive.mutationOptions({
    onSuccess: () => queryClient.invalidateQueries(trpc.cases.pathFilter()),
    onError: (error) => setProblem(errorSentence(error)),
    onSettled: () => setToArchive(null),
  }));

  const imports = useImport();
  const { start } = imports;
  const onFiles = useCallback((files: PickedFile[] | Promise<PickedFile[]>) => { setProblem(null); start(files); }, [start]);
  const isOver = useDropAnywhere(!imports.isRunning, onFiles);

  const showFilter = (next: CaseFilter) => {
    setFilter(next);
    const query = writeFilter(next);
    window.history.replaceState(null, "", query ? `/?${query}` : "/"); // Next follows it; nothing is fetched
  };
  const all: CaseRow[] = cases.data ?? [];
  const reader = { userId: me.data?.userId, now: new Date() };
  const rows = filterCases(all, filter, reader);
  const open = all.filter((row) => row.status === "open").length;
  const waiting = all.filter((row) => isInView(row, "waiting", reader)).length;
  return (
    <div className="flex h-full flex-col">
      <TopBar />
      <main className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[1440px] flex-col gap-4 px-7 py-6 max-sm:px-4 max-sm:py-4">
          <div className="flex flex-wrap items-end gap-3">
            <div className="flex-1">
              <h1 className="text-xl font-semibold tracking-tight">Cases</h1>
              <p className="text-muted">{cases.data ? `${waiting > 0 ? `${waiting} ${waiting === 1 ? "waits" : "wait"} for you · ` : ""}${open} open${all.length > open ? ` · ${all.length - open} archived` : ""}` : "Reading the cases…"}</p>
            </div>
            <NewCaseButton isDisabled={imports.isRunning} onFiles={onFiles} />
          </div>
          <CaseFilters filter={filter} rows={all} reader={reader} onChange={showFilter} />
          {problem && <Notice kind="fail">{problem}</Notice>}
          <ImportPanel state={imports.state} sliceOf={imports.sliceOf} onAgree={imports.agree} onChoose={imports.choose} onCancel={imports.cancel} onDismiss={imports.dismiss} onResume={imports.resume} />
          {cases.error && <Notice kind="fail">{errorSentence(cases.error)}</Notice>}
          {rows.length > 0 && (filter.layout === "board" && filter.view !== "archived"
            ? <CaseBoard rows={rows} now={reader.now} onDue={setToDate} />
            : <CaseTable rows={rows} now={reader.now} onArchive={setToArchive} onPeople={setToShow} onDue={setToDate} />)}
          {cases.data && rows.length === 0 && (
            <p className="rounded-xl border border-line bg-pane px-4 py-10 text-center text-muted">
              {all.length === 0 ? "No case yet. Drop a CT anywhere on this page to make the first one." : "No case matches. Clear the search or choose another filter."}
            </p>
          )}
          {!imports.isRunning && (
            <p className="rounded-xl border border-dashed border-edge px-4 py-5 text-center text-muted">
              Drop a DICOM folder, a zip of one, or a NIfTI, NRRD or MHA file anywhere. Names and dates are taken out here, in the browser; what was sent is deleted after decoding.
            </p>
          )}
        </div>
      </main>
      <DropOverlay isShown={isOver} />
      {toShow && toShow.role && <MembersDialog caseId={toShow.id} code={toShow.code} role={toShow.role} isArchived={toShow.status === "archived"} onClose={() => setToShow(null)} />}
      {toDate && <DueDialog caseId={toDate.id} code={toDate.code} dueAt={toDate.dueAt} onClose={() => setToDate(null)} />}
      {toArchive && (
        <ConfirmDialog
          title={`Archive ${toArchive.code}?`} action="Archive" isBusy={archive.isPending}
          onConfirm={() => archive.mutate({ caseId: toArchive.id })} onClose={() => setToArchive(null)}
        >
          It stays readable for its members; nobody can draw or comment in it any more.
        </ConfirmDialog>
      )}
    </div>
  );
}
