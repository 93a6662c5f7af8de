import { appendFileSync } from "node:fs";

/** What a long test found, for the table at the end of `npm run test:chaos` and `npm run test:soak`. */
export interface Figure {
  /** Of RELIABILITY. */
  id: string;
  /** What was counted, e.g. "frames". */
  counted: string;
  count: number;
  /** What came of it, with its unit. */
  result: string;
}

const rounded = (value: number) => (Number.isInteger(value) || value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** Tells a figure to whoever runs the tests (CASEROOM_FIGURES names a file); nothing in a plain `npm test`. */
export function figure(id: string, counted: string, count: number, result: Readonly<Record<string, number>>): void {
  const path = process.env.CASEROOM_FIGURES;
  if (!path) return;
  const told: Figure = { id, counted, count, result: Object.entries(result).map(([name, value]) => `${name} ${rounded(value)}`).join(", ") };
  appendFileSync(path, `${JSON.stringify(told)}\n`);
}
