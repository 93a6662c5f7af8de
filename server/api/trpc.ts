import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { ZodError } from "zod";
import type { Auth, Session } from "../platform/auth.ts";
import { UserRefused } from "../platform/auth.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { Database } from "../platform/db.ts";
import { log } from "../platform/log.ts";
import type { Settings } from "../platform/settings.ts";
import { CaseNotFound, Impossible, NotAllowed } from "../record/members.ts";
import { reasonOf } from "./reasonOf.ts";

/** What a procedure stands on. `session` is null for somebody who is not signed in. */
export interface ApiContext {
  database: Database; settings: Settings; auth: Auth; session: Session | null;
  blobs: Blobs;
  /** Who is in a case's room of this server now. */
  presentIn(caseId: string): string[];
  removeUploadFiles(uploadId: string): Promise<void>;
  uploadFileSize(uploadId: string, name: string): Promise<number>;
}

const t = initTRPC.context<ApiContext>().create({
  transformer: superjson,
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    message: error.cause instanceof ZodError ? error.cause.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ") : shape.message,
    data: { code: shape.data.code, httpStatus: shape.data.httpStatus, path: shape.data.path },
  }),
});

/** One place where the record's refusals become answers; what is not one of them is our fault and gets an id. */
const answering = t.middleware(async ({ next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  const refuse = (code: TRPCError["code"], message: string) => { throw new TRPCError({ code, message }); };
  if (cause instanceof CaseNotFound) refuse("NOT_FOUND", cause.message);
  if (cause instanceof NotAllowed) refuse("FORBIDDEN", cause.message);
  if (cause instanceof Impossible || cause instanceof UserRefused) refuse("CONFLICT", cause.message);
  if (result.error.code === "INTERNAL_SERVER_ERROR") {
    const id = crypto.randomUUID();
    log("error", "api.failed", { id, path, reason: reasonOf(cause ?? result.error) });
    refuse("INTERNAL_SERVER_ERROR", `Something went wrong on the server (id ${id}). Nothing was changed.`);
  }
  return result;
});

export const router = t.router;
/** For anybody, signed in or not. */
export const open = t.procedure.use(answering);
/** For a signed-in person. Membership and action are checked by each procedure itself. */
export const signedIn = open.use(({ ctx, next }) => {
  if (!ctx.session) throw new TRPCError({ code: "UNAUTHORIZED", message: "Please sign in." });
  return next({ ctx: { ...ctx, session: ctx.session } });
});
