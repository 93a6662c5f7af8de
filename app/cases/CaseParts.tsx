import { Bone } from "lucide-react";
import Link from "next/link";
import { isAllowed, type Role } from "../../core/review/permissions.ts";
import { nextActionOf, type CaseFacts } from "../../core/review/phase.ts";
import { peopleColors } from "../../core/protocol/room.ts";
import type { Grid } from "../../core/space/grid.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { formatDue } from "../ui/format.ts";
import { roleNames } from "../ui/people.ts";
import type { FilterableCase } from "./caseFilter.ts";

/** One case of the list, as the table and the board show it. */
export interface CaseRow extends FilterableCase {
  id: string; role: Role | null; grid: Grid | null; facts: CaseFacts;
  people: readonly { userId: string; name: string; role: Role }[];
  /** Names the picture of the case's surface; null while there is none. */
  pictureKey: string | null;
  /** Who is in the room now. */
  presentIds: readonly string[];
}

/** What can be asked for from a row or a card. */
export interface CaseActions { onArchive(row: CaseRow): void; onPeople(row: CaseRow): void; onDue(row: CaseRow): void }

/** Picture of the newest surface, on black; a faint sign while there is none. */
export function CasePicture({ row, className = "h-[42px] w-14" }: { row: CaseRow; className?: string }) {
  return (
    <span aria-hidden data-thumbnail={row.pictureKey ?? ""} className={`flex items-center justify-center overflow-hidden rounded-md bg-black ${className}`}>
      {row.pictureKey === null && <Bone aria-hidden size={18} className="text-edge" />}
      {row.pictureKey && <img src={`/api/cases/${row.id}/picture?key=${row.pictureKey}`} alt="" width={56} height={42} className="size-full object-contain" />}
    </span>
  );
}

/** What the case waits for, and whose it is: «you» when it is the reader's. */
export function NextAction({ row }: { row: CaseRow }) {
  const { what, whose, by } = nextActionOf(row.facts);
  const isMine = row.role !== null && whose.includes(row.role);
  // What is done on the review page is one click away; everything else is in the room.
  const isReview = row.facts.version !== null || what === "Freeze a version";
  return (
    <>
      {isReview ? <Link href={`/cases/${row.id}/review`} data-next-action="" className={`relative z-10 block content-center underline pointer-coarse:min-h-11 decoration-edge underline-offset-2 hover:decoration-ink ${isMine ? "font-medium" : ""}`}>{what}</Link>
        : <span className={`block ${isMine ? "font-medium" : ""}`}>{what}</span>}
      {by && <span className="block text-sm text-muted">{isMine && whose.length === 1 ? "you" : isMine ? `you, or another ${by.replace(/^everyone in the case$/, "member")}` : by}</span>}
    </>
  );
}

/** Who is in the case. */
export function CasePeople({ row, most }: { row: CaseRow; most: number }) {
  return (
    <span className="flex -space-x-0.5">
      {row.people.slice(0, most).map((person, i) => <Avatar key={person.userId} userId={person.userId} color={peopleColors[i % peopleColors.length]} name={person.name} note={roleNames[person.role]} size={24} />)}
      {row.people.length > most && <span className="pl-3 text-muted">+{row.people.length - most}</span>}
    </span>
  );
}

/** Who is in the room now, by name; nothing while nobody is. */
export function InTheRoom({ row }: { row: CaseRow }) {
  if (row.presentIds.length === 0) return null;
  return (
    <span data-present={row.presentIds.length} className="mt-1 flex items-center gap-1.5 text-sm text-pass">
      <span aria-hidden className="size-1.5 rounded-full bg-pass" />
      {row.people.filter(({ userId }) => row.presentIds.includes(userId)).map(({ name }) => name).join(", ")} in the room
    </span>
  );
}

const dueTone = { plain: "", attention: "text-attention", fail: "text-fail" } as const;

/** The due day; for those who may set it a button that does. */
export function DueMark({ row, now, onDue }: { row: CaseRow; now: Date } & Pick<CaseActions, "onDue">) {
  const due = row.dueAt && formatDue(row.dueAt, now);
  const tone = due ? dueTone[due.tone] : "text-muted";
  if (row.status !== "open" || !isAllowed(row.role, "case.plan")) return <span className={tone}>{due ? due.text : "–"}</span>;
  return (
    <button type="button" className={`relative z-10 rounded px-1.5 py-0.5 hover:bg-raised hover:text-ink pointer-coarse:min-h-11 pointer-coarse:min-w-11 ${tone}`} aria-label={due ? `Due ${due.text}: change for ${row.code}` : `Set a due date for ${row.code}`} onClick={() => onDue(row)}>
      {due ? due.text : "Set"}
    </button>
  );
}
