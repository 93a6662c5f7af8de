import type { Role } from "../../core/review/permissions.ts";
import { nextActionOf, type CaseFacts } from "../../core/review/phase.ts";
import { formatDue } from "../ui/format.ts";

/** What the list shows; the part of it that differs from the default is in the URL. */
export interface CaseFilter { view: "open" | "mine" | "waiting" | "overdue" | "archived"; layout: "table" | "board"; region: string | null; text: string; sort: "newest" | "code" | "due" }

const views = ["open", "mine", "waiting", "overdue", "archived"] as const;
const sorts = ["newest", "code", "due"] as const;

/** Reads a filter from a URL's query; what is unknown falls back to the default. */
export function readFilter(query: URLSearchParams): CaseFilter {
  return {
    view: views.find((view) => view === query.get("view")) ?? "open",
    layout: query.get("layout") === "board" ? "board" : "table",
    region: query.get("region"),
    text: query.get("q") ?? "",
    sort: sorts.find((sort) => sort === query.get("sort")) ?? "newest",
  };
}

/** The query of a filter, empty for the default. */
export function writeFilter(filter: CaseFilter): string {
  const query = new URLSearchParams();
  if (filter.view !== "open") query.set("view", filter.view);
  if (filter.layout !== "table") query.set("layout", filter.layout);
  if (filter.region) query.set("region", filter.region);
  if (filter.text) query.set("q", filter.text);
  if (filter.sort !== "newest") query.set("sort", filter.sort);
  return query.toString();
}

/** What filtering needs to know of a case. */
export interface FilterableCase {
  code: string; region: string; status: "open" | "archived"; createdBy: string; createdAt: Date; dueAt: Date | null;
  people: readonly { name: string }[]; role: Role | null; facts: CaseFacts;
}

/** Who looks, and when. */
export interface Reader { userId: string | undefined; now: Date }

/** Whether a case is in a view, apart from region and text. */
export function isInView(row: FilterableCase, view: CaseFilter["view"], { userId, now }: Reader): boolean {
  if (view === "archived") return row.status === "archived";
  if (row.status !== "open") return false;
  switch (view) {
    case "open": return true;
    case "mine": return row.createdBy === userId;
    case "waiting": return row.role !== null && nextActionOf(row.facts).whose.includes(row.role);
    case "overdue": return row.dueAt !== null && formatDue(row.dueAt, now).tone === "fail";
  }
}

/** The cases that a filter shows, in its order. Text matches code, region and people, every word of it. */
export function filterCases<Row extends FilterableCase>(rows: readonly Row[], filter: CaseFilter, reader: Reader): Row[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.filter((row) => {
    if (!isInView(row, filter.view, reader) || (filter.region && row.region !== filter.region)) return false;
    const text = [row.code, row.region, ...row.people.map((person) => person.name)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const byCode = (a: Row, b: Row) => b.code.localeCompare(a.code, "en", { numeric: true });
  const due = (row: Row) => row.dueAt?.getTime() ?? Infinity;
  const order = {
    newest: (a: Row, b: Row) => b.createdAt.getTime() - a.createdAt.getTime() || byCode(a, b),
    code: byCode,
    due: (a: Row, b: Row) => (due(a) === due(b) ? byCode(a, b) : due(a) - due(b)),
  };
  return kept.sort(order[filter.sort]);
}
