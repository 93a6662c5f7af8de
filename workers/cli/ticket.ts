import { and, eq } from "drizzle-orm";
import { member, user } from "../../drizzle/schema.ts";
import { roomsPath, subprotocol } from "../../core/protocol/room.ts";
import { issueTicket } from "../../server/record/tickets.ts";
import { type CommandEnd, doneLine, ended, inputRefused, usageError } from "./command.ts";
import { withDatabase } from "./database.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- ticket --case ID --user EMAIL [--minutes N]

Makes a ticket for a stock y-websocket provider outside a browser. Needs the database (that of DATABASE_URL, else the
one that «npm start» runs; CASEROOM_MODE=real for a real workspace) and, where it is not http://localhost:PORT, CASEROOM_ORIGIN.
  --case ID       the case's id
  --user EMAIL    a member of the case
  --minutes N     lifetime, 1 to 60 minutes (default 10)`;

/** Goes up when the line's keys mean something else. */
const ticketNode = "ticket@1";

/** `job ticket`: see `help`. */
export function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now(), values = parseOptions(args, { case: text, user: text, minutes: text }), minutes = Number(values.minutes ?? "10"), { case: caseId, user: email } = values;
    if (!caseId || !/^[0-9a-f-]{36}$/.test(caseId) || !email || !(minutes >= 1 && minutes <= 60)) throw usageError("--case ID and --user EMAIL are needed; --minutes is 1 to 60; see --help");
    return withDatabase(async (db, settings) => {
      const [person] = await db.select({ id: user.id }).from(user).innerJoin(member, eq(member.userId, user.id)).where(and(eq(user.email, email.trim().toLowerCase()), eq(member.caseId, caseId)));
      if (!person) throw inputRefused("not-a-member", "This person is not a member of a case with this id.");
      const ttlMs = minutes * 60_000;
      const secret = await issueTicket(db, { caseId, userId: person.id, sessionId: null, origin: null, ttlMs });
      return doneLine("ticket", ticketNode, begin, {}, {}, {
        url: settings.origin.replace(/^http/, "ws") + roomsPath, rooms: { masks: `${caseId}/masks`, plan: `${caseId}/plan` }, params: {},
        protocols: [subprotocol, `ticket.${secret}`], expires: new Date(Date.now() + ttlMs).toISOString(),
      });
    });
  });
}
