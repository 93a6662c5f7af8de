export type LogLevel = "debug" | "info" | "warn" | "error";
/** Ids, counts and codes. Never names of people, file names, or text that somebody wrote. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Longest text kept of one field, characters. */
const longestText = 500;

/** One line of JSON; control characters are escaped, so that a value cannot start a line of its own. */
export function logLine(at: Date, level: LogLevel, event: string, fields: LogFields = {}): string {
  const kept = Object.entries(fields).map(([name, value]) =>
    [name, typeof value === "string" && value.length > longestText ? `${value.slice(0, longestText)}…` : value]);
  return JSON.stringify({ at: at.toISOString(), level, event, ...Object.fromEntries(kept) })
    .replace(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Writes to stderr; `debug` only when CASEROOM_DEV is 1. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  if (level === "debug" && process.env.CASEROOM_DEV !== "1") return;
  process.stderr.write(`${logLine(new Date(), level, event, fields)}\n`);
}
