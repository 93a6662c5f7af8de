import { Archive } from "lucide-react";
import Link from "next/link";
import { isAllowed, type Role } from "../../core/review/permissions.ts";
import type { Grid } from "../../core/space/grid.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { formatDay, formatDue, formatMoment } from "../ui/format.ts";
import { roleNames } from "../ui/people.ts";
import type { FilterableCase } from "./caseFilter.ts";

/** One row of the list. */
export interface CaseRow extends FilterableCase {
  id: string; role: Role | null; grid: Grid | null;
  people: readonly { userId: string; name: string; role: Role }[];
}

const headCell = "heading-small px-3 py-2.5 text-left first:pl-4 last:pr-4";
const cell = "px-3 py-3 align-middle first:pl-4 last:pr-4";
const dueTone = { plain: "", attention: "text-attention", fail: "text-fail" } as const;

/** 256 × 256 × 200 · 0.80 × 0.80 × 1.00 mm */
function gridText(grid: Grid): string {
  return `${grid.dims.join(" × ")} · ${grid.spacing.map((mm) => mm.toFixed(2)).join(" × ")} mm`;
}

/** The cases as a table; the case's code is the link, the whole row its target. */
export function CaseTable({ rows, now, onArchive }: { rows: readonly CaseRow[]; now: Date; onArchive(row: CaseRow): void }) {
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-pane">
      <table className="w-full min-w-[760px] border-collapse">
        <thead>
          <tr>
            <th scope="col" className={headCell}>Case</th>
            <th scope="col" className={headCell}>State</th>
            <th scope="col" className={headCell}>CT</th>
            <th scope="col" className={headCell}>You are</th>
            <th scope="col" className={headCell}>People</th>
            <th scope="col" className={headCell}>Made</th>
            <th scope="col" className={headCell}>Due</th>
            <th scope="col" className={headCell}><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} now={now} onArchive={onArchive} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ row, now, onArchive }: { row: CaseRow; now: Date; onArchive(row: CaseRow): void }) {
  const due = row.dueAt && formatDue(row.dueAt, now);
  const isOpen = row.status === "open";
  return (
    <tr data-case={row.id} className="relative border-t border-line hover:bg-raised">
      <th scope="row" className={`${cell} text-left font-normal`}>
        <Link href={`/cases/${row.id}`} className="font-semibold after:absolute after:inset-0">{row.code}</Link>
        <span className="block text-muted first-letter:uppercase">{row.region}</span>
      </th>
      <td className={cell}>
        <span className="inline-flex items-center gap-2 font-medium">
          <span aria-hidden className={`size-2 rounded-[3px] ${isOpen ? "bg-person-0" : "bg-muted"}`} />{isOpen ? "Segmentation" : "Archived"}
        </span>
      </td>
      <td className={`${cell} text-muted`}>{row.grid ? gridText(row.grid) : "–"}</td>
      <td className={`${cell} text-muted`}>{row.role ? roleNames[row.role] : "–"}</td>
      <td className={cell}>
        <span className="flex -space-x-1">
          {row.people.slice(0, 5).map((person) => <Avatar key={person.userId} userId={person.userId} name={person.name} note={roleNames[person.role]} size={24} />)}
          {row.people.length > 5 && <span className="pl-3 text-muted">+{row.people.length - 5}</span>}
        </span>
      </td>
      <td className={`${cell} text-muted`}><time dateTime={row.createdAt.toISOString()} title={formatMoment(row.createdAt)}>{formatDay(row.createdAt)}</time></td>
      <td className={`${cell} ${due ? dueTone[due.tone] : "text-muted"}`}>{due ? due.text : "–"}</td>
      <td className={`${cell} text-right`}>
        {isOpen && isAllowed(row.role, "case.archive") && (
          <button type="button" className="button button-quiet relative z-10 px-2" aria-label={`Archive ${row.code}`} title="Archive" onClick={() => onArchive(row)}>
            <Archive aria-hidden size={15} />
          </button>
        )}
      </td>
    </tr>
  );
}
