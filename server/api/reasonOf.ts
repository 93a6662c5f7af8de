/**
 * Why something failed, for the log. A failed query's own message repeats its parameters, which may be what a person
 * wrote; its cause is the database's sentence alone.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (!error.message.startsWith("Failed query")) return error.message;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? ` ${String(cause.code)}` : "";
  return cause instanceof Error ? `query failed${code}: ${cause.message}` : "query failed";
}
