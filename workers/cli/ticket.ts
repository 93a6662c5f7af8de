import { parseArgs } from "node:util";
import { and, eq } from "drizzle-orm";
import { member, user } from "../../drizzle/schema.ts";
import { roomsPath, subprotocol } from "../../core/protocol/room.ts";
import { openDatabase } from "../../server/platform/db.ts";
import { parseSettings } from "../../server/platform/settings.ts";
import { issueTicket } from "../../server/record/tickets.ts";

export const help = `npm run --silent job -- ticket --case ID --user EMAIL [--minutes N]

Makes a ticket for a stock y-websocket provider outside a browser. Needs the database (DATABASE_URL or
CASEROOM_DATABASE) and, where it is not http://localhost:PORT, CASEROOM_ORIGIN.
  --case ID       the case's id
  --user EMAIL    a member of the case
  --minutes N     lifetime, 1 to 60 minutes (default 10)`;

/** Exit code and the one JSON line of a command. */
export interface CommandEnd { exitCode: number; line: Record<string, unknown> }

const refuse = (exitCode: number, code: string, message: string): CommandEnd => ({ exitCode, line: { ok: false, error: { code, message, details: {} } } });

/** `job ticket`. Exit codes: 0 done, 2 wrong usage, 3 refused. */
export async function run(args: string[]): Promise<CommandEnd> {
  let values: { case?: string; user?: string; minutes?: string; help?: boolean };
  try {
    ({ values } = parseArgs({ args, options: { case: { type: "string" }, user: { type: "string" }, minutes: { type: "string" }, help: { type: "boolean" } } }));
  } catch (error) {
    return refuse(2, "usage", error instanceof Error ? error.message : "wrong options");
  }
  if (values.help) return { exitCode: 0, line: { ok: true, kind: "ticket", help } };
  const minutes = Number(values.minutes ?? "10");
  if (!values.case || !/^[0-9a-f-]{36}$/.test(values.case) || !values.user || !(minutes >= 1 && minutes <= 60)) {
    return refuse(2, "usage", "--case ID and --user EMAIL are needed; --minutes is 1 to 60.");
  }
  const started = performance.now();
  const settings = parseSettings(process.env);
  const { db, close } = openDatabase(settings.databaseUrl);
  try {
    const [person] = await db.select({ id: user.id }).from(user).innerJoin(member, eq(member.userId, user.id))
      .where(and(eq(user.email, values.user.trim().toLowerCase()), eq(member.caseId, values.case)));
    if (!person) return refuse(3, "not-a-member", "This person is not a member of a case with this id.");
    const ttlMs = minutes * 60_000;
    const secret = await issueTicket(db, { caseId: values.case, userId: person.id, sessionId: null, origin: null, ttlMs });
    return { exitCode: 0, line: {
      ok: true, kind: "ticket", ms: Math.round(performance.now() - started), peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024), inputs: {}, outputs: {},
      url: settings.origin.replace(/^http/, "ws") + roomsPath, rooms: { masks: `${values.case}/masks`, plan: `${values.case}/plan` }, params: {},
      protocols: [subprotocol, `ticket.${secret}`], expires: new Date(Date.now() + ttlMs).toISOString(),
    } };
  } finally {
    await close();
  }
}
