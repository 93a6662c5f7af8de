import { Archive, Users } from "lucide-react";
import Link from "next/link";
import { Fragment } from "react";
import { isAllowed } from "../../core/review/permissions.ts";
import type { Grid } from "../../core/space/grid.ts";
import { formatDay, formatMoment } from "../ui/format.ts";
import { CasePeople, CasePicture, DueMark, InTheRoom, NextAction, type CaseActions, type CaseRow } from "./CaseParts.tsx";
import { ChecksMark } from "./ChecksMark.tsx";
import { PhaseMark } from "./phaseLook.tsx";

const headCell = "heading-small px-3 py-2.5 text-left first:pl-4 last:pr-4";
const cell = "px-3 py-3 align-middle first:pl-4 last:pr-4 max-md:px-4 max-md:py-2";
const columns = ["Case", "Phase", "Next action", "Checks", "People", "Made", "Due"] as const;

/** 256 × 256 × 200 and 0.80 × 0.80 × 1.00 mm: each stays on one line. */
function gridTexts(grid: Grid): string[] {
  return [grid.dims.join(" × "), `${grid.spacing.map((mm) => mm.toFixed(2)).join(" × ")} mm`];
}

/** The cases as a table; the case's code is the link, the whole row its target. */
export function CaseTable({ rows, now, ...actions }: { rows: readonly CaseRow[]; now: Date } & CaseActions) {
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-pane">
      <table className="w-full border-collapse md:min-w-[820px]">
        <thead className="max-md:sr-only">
          <tr>
            {columns.map((name) => <th key={name} scope="col" className={headCell}>{name}</th>)}
            <th scope="col" className={headCell}><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} now={now} {...actions} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ row, now, onArchive, onPeople, onDue }: { row: CaseRow; now: Date } & CaseActions) {
  const isOpen = row.status === "open";
  return (
    <tr data-case={row.id} className="relative border-t border-line first:border-t-0 hover:bg-raised md:first:border-t max-md:flex max-md:flex-wrap max-md:items-center max-md:py-1.5">
      <th scope="row" className={`${cell} text-left font-normal max-md:w-full`}>
        <span className="flex gap-3">
        <CasePicture row={row} className="h-[42px] w-14 shrink-0" />
        <span className="min-w-0">
        <Link href={`/cases/${row.id}`} className="whitespace-nowrap font-semibold after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent">{row.code}</Link>
        <span className="block text-muted first-letter:uppercase">{row.region}{row.grid && <span className="text-sm"> · {gridTexts(row.grid).map((text, i) => <Fragment key={text}>{i > 0 && " · "}<span className="whitespace-nowrap">{text}</span></Fragment>)}</span>}</span>
        </span>
        </span>
      </th>
      <td className={cell}><PhaseMark facts={row.facts} /></td>
      <td className={cell}><NextAction row={row} /></td>
      <td className={cell}><ChecksMark checks={row.facts.checks} /></td>
      <td className={cell}><CasePeople row={row} most={5} /><InTheRoom row={row} /></td>
      <td className={`${cell} whitespace-nowrap text-muted max-md:hidden`}><time dateTime={row.createdAt.toISOString()} title={formatMoment(row.createdAt)}>{formatDay(row.createdAt)}</time></td>
      <td className={`${cell} whitespace-nowrap`}><DueMark row={row} now={now} onDue={onDue} /></td>
      <td className={`${cell} max-md:ml-auto`}>
        <span className="flex justify-end gap-0.5">
          <button type="button" className="button button-quiet relative z-10 px-2 pointer-coarse:size-11" aria-label={`People of ${row.code}`} title="People" onClick={() => onPeople(row)}><Users aria-hidden size={15} /></button>
          {isOpen && isAllowed(row.role, "case.archive") && (
            <button type="button" className="button button-quiet relative z-10 px-2 pointer-coarse:size-11" aria-label={`Archive ${row.code}`} title="Archive" onClick={() => onArchive(row)}><Archive aria-hidden size={15} /></button>
          )}
        </span>
      </td>
    </tr>
  );
}
