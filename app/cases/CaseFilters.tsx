import { Columns3, Rows3, Search } from "lucide-react";
import { isInView, type CaseFilter, type Reader } from "./caseFilter.ts";
import type { CaseRow } from "./CaseParts.tsx";

const views = [["open", "All open"], ["mine", "Made by me"], ["waiting", "Waiting for me"], ["overdue", "Overdue"], ["archived", "Archived"]] as const;
const layouts = [["table", "Table", Rows3], ["board", "Board", Columns3]] as const;

interface Props { filter: CaseFilter; rows: readonly CaseRow[]; reader: Reader; onChange(filter: CaseFilter): void }

/** Views, regions, search and order; what is chosen is in the address, so that it can be shared. */
export function CaseFilters({ filter, rows, reader, onChange }: Props) {
  const regions = [...new Set(rows.map((row) => row.region))].sort();
  return (
    <search className="flex flex-wrap items-center gap-2">
      <div role="group" aria-label="Filter" className="flex flex-1 flex-wrap gap-2 max-sm:w-full max-sm:flex-none">
        {views.map(([view, name]) => (
          <Chip key={view} isOn={filter.view === view} onClick={() => onChange({ ...filter, view })}>
            {name} <span className="opacity-80">{rows.filter((row) => isInView(row, view, reader)).length}</span>
          </Chip>
        ))}
        {regions.length > 1 && regions.map((region) => (
          <Chip key={region} isOn={filter.region === region} onClick={() => onChange({ ...filter, region: filter.region === region ? null : region })}>
            <span className="inline-block first-letter:uppercase">{region}</span>
          </Chip>
        ))}
      </div>
      <label className="relative max-sm:w-full">
        <span className="sr-only">Search the cases</span>
        <Search aria-hidden size={14} className="absolute left-2.5 top-1/2 -translate-y-1/2 text-muted" />
        <input
          type="search" value={filter.text} placeholder="Code, region or person" className="field w-56 pl-8 max-sm:w-full pointer-coarse:min-h-11"
          onChange={(event) => onChange({ ...filter, text: event.target.value })}
        />
      </label>
      <label className="flex items-center gap-2 text-muted">
        <span className="max-sm:sr-only">Sort</span>
        <select value={filter.sort} className="field pointer-coarse:min-h-11" onChange={(event) => onChange({ ...filter, sort: event.target.value as CaseFilter["sort"] })}>
          <option value="newest">Newest first</option>
          <option value="due">Due first</option>
          <option value="code">By code</option>
        </select>
      </label>
      <div role="group" aria-label="Shown as" className="flex">
        {layouts.map(([layout, name, Sign]) => (
          <button
            key={layout} type="button" aria-pressed={filter.layout === layout} title={name} onClick={() => onChange({ ...filter, layout })}
            className={`flex h-8 items-center gap-1.5 border pointer-coarse:h-11 px-2.5 text-sm font-medium first:rounded-l-md last:-ml-px last:rounded-r-md ${filter.layout === layout ? "z-10 border-accent bg-accent/15 text-ink" : "border-line text-muted hover:text-ink"}`}
          >
            <Sign aria-hidden size={14} />{name}
          </button>
        ))}
      </div>
    </search>
  );
}

function Chip({ isOn, onClick, children }: { isOn: boolean; onClick(): void; children: React.ReactNode }) {
  return (
    <button
      type="button" aria-pressed={isOn} onClick={onClick}
      className={`whitespace-nowrap rounded-full border px-3 py-1 text-sm font-medium pointer-coarse:min-h-11 ${isOn ? "border-accent bg-accent/15 text-ink" : "border-line text-muted hover:border-edge hover:text-ink"}`}
    >
      {children}
    </button>
  );
}
