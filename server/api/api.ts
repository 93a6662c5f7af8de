import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { z } from "zod";
import { DemoOnly, type Auth, type Session } from "../platform/auth.ts";
import { BlobMissing, type Blobs } from "../platform/blobs.ts";
import type { Database } from "../platform/db.ts";
import { log } from "../platform/log.ts";
import type { Settings } from "../platform/settings.ts";
import { CaseNotFound, Impossible, NotAllowed } from "../record/members.ts";
import { answerJson, readJson, Refused } from "./answers.ts";
import { answerCaseFile } from "./caseFiles.ts";
import { judgeChange } from "./gate.ts";
import { readHealth } from "./health.ts";
import { NamedBlobs } from "./namedBlobs.ts";
import { Quarantine } from "./quarantine.ts";
import { receiveUids } from "./sourceUids.ts";
import { reasonOf } from "./reasonOf.ts";
import { appRouter } from "./router.ts";

export interface ApiParts {
  database: Database; settings: Settings; auth: Auth; blobs: Blobs;
  /** Who is in a case's room now; the rooms stand beside the API and know nothing of it. */
  presentIn?: (caseId: string) => string[];
}
export interface Api {
  /** Answers every request under /api; never rejects. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Deletes what uploads left behind; for the start and a timer. */
  sweep(): Promise<number>;
}

function refusalOf(error: unknown): Refused | null {
  if (error instanceof Refused) return error;
  if (error instanceof CaseNotFound) return new Refused(404, "notFound", error.message);
  if (error instanceof NotAllowed) return new Refused(403, "notAllowed", error.message);
  if (error instanceof Impossible) return new Refused(409, "impossible", error.message);
  if (error instanceof DemoOnly) return new Refused(403, "demoOnly", "This is for the people of a demo workspace only.");
  if (error instanceof BlobMissing) return new Refused(404, "notFound", "There is no such thing in this case.");
  if (error instanceof z.ZodError) return new Refused(400, "badRequest", "The request is not of the expected form.");
  return null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refused(400, "badRequest", "The address is not well formed.");
  }
}

/** The HTTP half of the server: procedures, sign-in, health, and the routes whose bodies are bytes. */
export function createApi({ database, settings, auth, blobs, presentIn = () => [] }: ApiParts): Api {
  const quarantine = new Quarantine(database, settings);
  const files = { database, settings, blobs, named: new NamedBlobs(database.db) };

  async function signedIn(req: IncomingMessage): Promise<Session> {
    const session = await auth.sessionOf(req.headers);
    if (!session) throw new Refused(401, "signedOut", "Please sign in.");
    return session;
  }

  async function signInDemo(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { userId } = z.object({ userId: z.string().max(100) }).parse(await readJson(req));
    const cookies = await auth.signInDemo(userId);
    res.setHeader("set-cookie", cookies);
    answerJson(res, 200, { userId });
  }

  async function receiveFile(id: string, query: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { userId } = await signedIn(req);
    const name = z.string().min(1).max(500).parse(query.get("name"));
    const offset = z.coerce.number().int().min(0).parse(query.get("offset") ?? 0);
    if (!z.uuid().safeParse(id).success) throw new Refused(404, "notFound", "There is no such upload.");
    answerJson(res, 200, { size: await quarantine.receive(req, userId, id, name, offset) });
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const verdict = judgeChange(req, settings);
    if (verdict.kind === "refuse") throw new Refused(verdict.status, verdict.code, verdict.message);
    const url = new URL(req.url ?? "/", settings.origin);
    const [, , area, ...rest] = url.pathname.split("/").map(decoded);
    if (area === "health" && rest.length === 0) {
      const health = await readHealth(database, settings.version);
      return answerJson(res, health.status === "ok" ? 200 : 503, health);
    }
    if (area === "trpc") {
      return nodeHTTPRequestHandler({
        req, res, path: rest.join("/"), router: appRouter, maxBodySize: 1024 * 1024,
        createContext: async () => ({
          presentIn, database, settings, auth, blobs, session: await auth.sessionOf(req.headers),
          removeUploadFiles: (id: string) => quarantine.remove(id), uploadFileSize: (id: string, name: string) => quarantine.sizeOf(id, name),
        }),
      });
    }
    if (area === "auth") return auth.handler(req, res);
    if (area === "demo" && rest.join("/") === "sign-in" && req.method === "POST") return signInDemo(req, res);
    if (area === "uploads" && rest.length === 2 && rest[1] === "file" && req.method === "PUT") return receiveFile(rest[0], url.searchParams, req, res);
    if (area === "uploads" && rest.length === 2 && rest[1] === "uids" && req.method === "PUT") return receiveUids({ database, settings }, await signedIn(req), rest[0], req, res);
    if (area === "cases" && rest.length >= 2) return answerCaseFile(files, await signedIn(req), rest[0], rest.slice(1), url.searchParams, req, res);
    throw new Refused(404, "notFound", "There is nothing at this address.");
  }

  return {
    sweep: () => quarantine.sweep(),
    handle: async (req, res) => {
      res.setHeader("cache-control", "no-store");
      try {
        await route(req, res);
      } catch (error) {
        const known = refusalOf(error);
        const id = randomUUID();
        if (!known && !req.destroyed) log("error", "api.failed", { id, reason: reasonOf(error) });
        if (res.headersSent || res.destroyed) return void res.destroy();
        // A body that nobody reads any more would keep the connection busy.
        if (!req.complete) res.setHeader("connection", "close");
        if (known) answerJson(res, known.status, { error: { code: known.code, message: known.message } });
        else answerJson(res, 500, { error: { code: "failed", message: `Something went wrong on the server (id ${id}). Nothing was changed.` } });
      }
    },
  };
}
