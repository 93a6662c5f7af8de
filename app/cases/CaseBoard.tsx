import Link from "next/link";
import { phaseOf, phases } from "../../core/review/phase.ts";
import { CasePeople, CasePicture, DueMark, InTheRoom, NextAction, type CaseActions, type CaseRow } from "./CaseParts.tsx";
import { ChecksMark } from "./ChecksMark.tsx";
import { phaseLooks } from "./phaseLook.tsx";

/** The open cases by phase. Nobody moves a card: a case is where its masks, plan, checks and signatures are. */
export function CaseBoard({ rows, now, onDue }: { rows: readonly CaseRow[]; now: Date } & Pick<CaseActions, "onDue">) {
  return (
    <div role="list" aria-label="Phases" className="flex snap-x gap-3 overflow-x-auto pb-2">
      {phases.map((phase) => {
        const own = rows.filter((row) => phaseOf(row.facts) === phase);
        const { name, tone } = phaseLooks[phase];
        return (
          <section key={phase} role="listitem" data-column={phase} aria-label={name} className="flex w-[188px] shrink-0 snap-start flex-col gap-2 rounded-xl border border-line bg-pane p-2 min-[1400px]:flex-1">
            <h2 className="flex items-center gap-2 px-1.5 py-1 font-medium">
              <span aria-hidden className={`size-2 rounded-[3px] ${tone}`} />{name}<span className="ml-auto text-muted">{own.length}</span>
            </h2>
            {own.map((row) => <Card key={row.id} row={row} now={now} onDue={onDue} />)}
            {own.length === 0 && <p className="px-1.5 pb-2 text-sm text-muted">None</p>}
          </section>
        );
      })}
    </div>
  );
}

function Card({ row, now, onDue }: { row: CaseRow; now: Date } & Pick<CaseActions, "onDue">) {
  return (
    <article data-case={row.id} className="relative rounded-lg border border-line bg-ground p-2.5 hover:border-edge">
      <CasePicture row={row} className="mb-2 h-20 w-full" />
      <div className="flex items-baseline justify-between gap-2">
        <Link href={`/cases/${row.id}`} className="font-semibold after:absolute after:inset-0 after:rounded-lg focus-visible:after:outline-2 focus-visible:after:outline-accent">{row.code}</Link>
        <span className="text-sm"><DueMark row={row} now={now} onDue={onDue} /></span>
      </div>
      <p className="mb-2 text-sm text-muted first-letter:uppercase">{row.region}</p>
      <NextAction row={row} />
      <div className="mt-2 flex items-center justify-between gap-2"><CasePeople row={row} most={4} /><ChecksMark checks={row.facts.checks} /></div>
      <InTheRoom row={row} />
    </article>
  );
}
