import { Archive, Users } from "lucide-react";
import Link from "next/link";
import { isAllowed, type Role } from "../../core/review/permissions.ts";
import { peopleColors } from "../../core/protocol/room.ts";
import type { Grid } from "../../core/space/grid.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { formatDay, formatDue, formatMoment } from "../ui/format.ts";
import { roleNames } from "../ui/people.ts";
import type { FilterableCase } from "./caseFilter.ts";

/** One row of the list. */
export interface CaseRow extends FilterableCase {
  id: string; role: Role | null; grid: Grid | null;
  people: readonly { userId: string; name: string; role: Role }[];
  drawnVoxels: number; openComments: number;
  /** Names the picture of the case's surface; null while there is none. */
  pictureKey: string | null;
  /** Who is in the room now. */
  presentIds: readonly string[];
}

const headCell = "heading-small px-3 py-2.5 text-left first:pl-4 last:pr-4";
const cell = "px-3 py-3 align-middle first:pl-4 last:pr-4 max-md:px-4 max-md:py-2";
const dueTone = { plain: "", attention: "text-attention", fail: "text-fail" } as const;

/** 256 × 256 × 200 · 0.80 × 0.80 × 1.00 mm */
function gridText(grid: Grid): string {
  return `${grid.dims.join(" × ")} · ${grid.spacing.map((mm) => mm.toFixed(2)).join(" × ")} mm`;
}

/** What a case waits for, and whose it is. Derived from its state; stored nowhere. */
export function nextAction(row: Pick<CaseRow, "status" | "grid" | "drawnVoxels" | "openComments">): { what: string; whose: string } {
  if (row.status === "archived") return { what: "Nothing; reading only", whose: "" };
  if (!row.grid) return { what: "The CT is being prepared", whose: "the server" };
  if (row.drawnVoxels === 0) return { what: "Segment the bone", whose: "segmentation specialist" };
  if (row.openComments > 0) return { what: `Settle ${row.openComments} open ${row.openComments === 1 ? "comment" : "comments"}`, whose: "everyone in the case" };
  return { what: "Look through the surface", whose: "surgeon" };
}

interface Actions { onArchive(row: CaseRow): void; onPeople(row: CaseRow): void }

/** The cases as a table; the case's code is the link, the whole row its target. */
export function CaseTable({ rows, now, ...actions }: { rows: readonly CaseRow[]; now: Date } & Actions) {
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-pane">
      <table className="w-full border-collapse md:min-w-[760px]">
        <thead className="max-md:sr-only">
          <tr>
            <th scope="col" className={headCell}>Case</th>
            <th scope="col" className={headCell}>Phase</th>
            <th scope="col" className={headCell}>Next action</th>
            <th scope="col" className={headCell}>People</th>
            <th scope="col" className={headCell}>Made</th>
            <th scope="col" className={headCell}>Due</th>
            <th scope="col" className={headCell}><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} now={now} {...actions} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ row, now, onArchive, onPeople }: { row: CaseRow; now: Date } & Actions) {
  const due = row.dueAt && formatDue(row.dueAt, now);
  const isOpen = row.status === "open";
  const { what, whose } = nextAction(row);
  const phase = !isOpen ? "Archived" : row.grid ? "Segmentation" : "Intake";
  return (
    <tr data-case={row.id} className="relative border-t border-line first:border-t-0 hover:bg-raised md:first:border-t max-md:flex max-md:flex-wrap max-md:items-center max-md:py-1.5">
      <th scope="row" className={`${cell} text-left font-normal max-md:w-full`}>
        <span aria-hidden data-thumbnail={row.pictureKey ?? ""} className="float-left mr-3 flex h-[42px] w-14 items-center justify-center overflow-hidden rounded-md bg-black">
          {row.pictureKey && <img src={`/api/cases/${row.id}/picture?key=${row.pictureKey}`} alt="" width={56} height={42} className="size-full object-contain" />}
        </span>
        <Link href={`/cases/${row.id}`} className="whitespace-nowrap font-semibold after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent">{row.code}</Link>
        <span className="block text-muted first-letter:uppercase">{row.region}{row.grid && <span className="text-sm"> · {gridText(row.grid)}</span>}</span>
      </th>
      <td className={cell}>
        <span className="inline-flex items-center gap-2 font-medium">
          <span aria-hidden className={`size-2 rounded-[3px] ${phase === "Segmentation" ? "bg-person-0" : phase === "Intake" ? "bg-fail" : "bg-muted"}`} />{phase}
        </span>
      </td>
      <td className={cell}>
        <span className="block">{what}</span>
        {whose && <span className="block text-sm text-muted">{row.role && roleNames[row.role].toLowerCase() === whose ? "you" : whose}</span>}
      </td>
      <td className={cell}>
        <span className="flex -space-x-1">
          {row.people.slice(0, 5).map((person, i) => <Avatar key={person.userId} userId={person.userId} color={peopleColors[i % peopleColors.length]} name={person.name} note={roleNames[person.role]} size={24} />)}
          {row.people.length > 5 && <span className="pl-3 text-muted">+{row.people.length - 5}</span>}
        </span>
        {row.presentIds.length > 0 && (
          <span data-present={row.presentIds.length} className="mt-1 flex items-center gap-1.5 text-sm text-pass">
            <span aria-hidden className="size-1.5 rounded-full bg-pass" />
            {row.people.filter(({ userId }) => row.presentIds.includes(userId)).map(({ name }) => name).join(", ")} in the room
          </span>
        )}
      </td>
      <td className={`${cell} whitespace-nowrap text-muted max-md:hidden`}><time dateTime={row.createdAt.toISOString()} title={formatMoment(row.createdAt)}>{formatDay(row.createdAt)}</time></td>
      <td className={`${cell} whitespace-nowrap ${due ? dueTone[due.tone] : "text-muted"} max-md:hidden`}>{due ? due.text : "–"}</td>
      <td className={`${cell} max-md:ml-auto`}>
        <span className="flex justify-end gap-0.5">
          <button type="button" className="button button-quiet relative z-10 px-2" aria-label={`People of ${row.code}`} title="People" onClick={() => onPeople(row)}><Users aria-hidden size={15} /></button>
          {isOpen && isAllowed(row.role, "case.archive") && (
            <button type="button" className="button button-quiet relative z-10 px-2" aria-label={`Archive ${row.code}`} title="Archive" onClick={() => onArchive(row)}><Archive aria-hidden size={15} /></button>
          )}
        </span>
      </td>
    </tr>
  );
}
