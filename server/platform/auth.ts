import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { fromNodeHeaders } from "better-auth/node";
import { serializeSignedCookie } from "better-call";
import { getRequest, setResponse } from "better-call/node";
import { and, eq, gt, isNull, sql } from "drizzle-orm";
import * as schema from "../../drizzle/schema.ts";
import { AuthActs, type By, type WriteEvent } from "./authActs.ts";
import type { Database, Db, Tx } from "./db.ts";
import type { Settings } from "./settings.ts";

/** Who is signed in. */
export interface Session {
  userId: string;
  sessionId: string;
  name: string;
  email: string;
  isAdministrator: boolean;
}

export interface NewUser {
  name: string;
  email: string;
  /** 12 to 128 characters. Left out: nobody can sign in by password as this person. */
  password?: string;
  isAdministrator?: boolean;
}

export interface Auth {
  /** Answers /api/auth/*: signing in, signing out here and everywhere, and whose session it is. */
  handler(req: IncomingMessage, res: ServerResponse): Promise<void>;
  sessionOf(headers: IncomingHttpHeaders | Headers): Promise<Session | null>;
  /**
   * Signs in as a demo person and gives the values of the Set-Cookie headers.
   * @throws DemoOnly outside a demo workspace, and for anybody who is not a demo person.
   */
  signInDemo(userId: string): Promise<string[]>;
  /** Adds a person, within the caller's transaction when one is given; resolves with the id. */
  createUser(person: NewUser, within?: Tx): Promise<string>;
}

export class DemoOnly extends Error {
  override name = "DemoOnly";
}
/** A person who cannot be added as asked; the message is fit to be shown. */
export class UserRefused extends Error {
  override name = "UserRefused";
}

const passwordLength = { least: 12, most: 128 };
const sessionSeconds = 7 * 24 * 3600;

/** The key that signs cookies: CASEROOM_SECRET, else made once and kept in the data folder. */
function secretOf(dataDir: string): string {
  if (process.env.CASEROOM_SECRET) return process.env.CASEROOM_SECRET;
  const path = join(dataDir, "secret");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(path, randomBytes(32).toString("base64url"), { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(path, "utf8");
}

/** A body's fields; none where it is no object. */
function jsonOf(text: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}

const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

/** What of better-auth is open, and how a session ends or begins there. All else of it writes without an audit event, and nothing of ours needs it. */
const openPaths: Readonly<Record<string, By>> = { "/sign-in/email": "password", "/sign-out": "signOut", "/revoke-sessions": "everywhere", "/get-session": "expired" };
const basePath = "/api/auth", mostBodyBytes = 16 * 1024;

/** An answer that tells of a failure: what was written on the way to it does not stay. */
class Failed extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super("better-auth failed");
    this.response = response;
  }
}

/**
 * better-auth on our tables. Nobody signs up: people come by the set-up link or an invitation.
 * @param write takes down each session that begins or ends, and each sign-in that is refused, in the same transaction
 */
export function createAuth(database: Database, settings: Settings, write: WriteEvent): Auth {
  const acts = new AuthActs(database, write);
  const secret = secretOf(settings.dataDir);
  const isSecure = settings.origin.startsWith("https://");
  const { user, session, account, verification } = schema;
  const auth = betterAuth({
    appName: "Caseroom", baseURL: settings.origin, basePath, secret,
    trustedOrigins: [settings.origin],
    database: drizzleAdapter(acts.db, { provider: "pg", schema: { user, session, account, verification }, transaction: true }),
    emailAndPassword: {
      enabled: settings.mode === "real", disableSignUp: true,
      minPasswordLength: passwordLength.least, maxPasswordLength: passwordLength.most,
    },
    user: {
      additionalFields: {
        isAdministrator: { type: "boolean", input: false, defaultValue: false },
        isDemo: { type: "boolean", input: false, defaultValue: false },
      },
    },
    session: { expiresIn: sessionSeconds, updateAge: 24 * 3600, cookieCache: { enabled: false } },
    rateLimit: { enabled: true, window: 60, max: 200, customRules: { "/sign-in/email": { window: 60, max: 10 } } },
    advanced: {
      cookiePrefix: "caseroom", useSecureCookies: isSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", secure: isSecure },
      ipAddress: { ipAddressHeaders: settings.trustedProxy ? ["x-forwarded-for"] : [] },
    },
    databaseHooks: acts.hooks,
    telemetry: { enabled: false },
    logger: { disabled: true },
  });

  /** Who has an address, for the event of a refused sign-in: what was typed may be anything, and is not kept. */
  async function personAt(email: unknown): Promise<string | null> {
    if (typeof email !== "string") return null;
    const [person] = await acts.db.select({ id: user.id }).from(user).where(eq(user.email, email.trim().toLowerCase()));
    return person?.id ?? null;
  }
  async function answer(request: Request, path: string, body: Record<string, unknown>): Promise<Response> {
    const response = await auth.handler(request);
    if (response.status >= 500) throw new Failed(response);
    // Nobody acted: the address alone proves no one.
    if (path === "/sign-in/email" && response.status === 401) await acts.write({ actorId: null, caseId: null, action: "signIn.refused", object: { by: "password", userId: await personAt(body.email) } });
    return response;
  }
  let turn: Promise<unknown> = Promise.resolve();
  /** One after the other: hashing a password takes a tenth of a second, for which an act holds one of the few connections that rooms and pages share. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const own = turn.then(act, act);
    turn = own;
    return own;
  }
  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url ?? "/", settings.origin).pathname.slice(basePath.length), by = Object.hasOwn(openPaths, path) ? openPaths[path] : null;
    if (by === null) return setResponse(res, new Response(null, { status: 404 }));
    let request: Request, text: string;
    try {
      const asked = getRequest({ request: req, base: settings.origin, bodySizeLimit: mostBodyBytes });
      // Before the transaction begins: a slow line must not hold a connection to the database.
      text = await asked.text();
      request = new Request(asked.url, { method: asked.method, headers: asked.headers, ...text !== "" && { body: text } });
    } catch {
      return setResponse(res, Response.json({ message: `A request of more than ${mostBodyBytes / 1024} KiB, or one that was cut off, is not read.` }, { status: 413 }));
    }
    const act = () => acts.run(by, () => answer(request, path, jsonOf(text)));
    const response = await (by === "password" ? inTurn(act) : act()).catch((error: unknown) => {
      if (error instanceof Failed) return error.response;
      throw error;
    });
    await setResponse(res, response);
  }

  async function addUser(person: NewUser, db: Db | Tx): Promise<string> {
    const email = person.email.trim().toLowerCase();
    const { password } = person;
    if (password !== undefined && (password.length < passwordLength.least || password.length > passwordLength.most)) {
      throw new UserRefused(`A password has ${passwordLength.least} to ${passwordLength.most} characters.`);
    }
    const id = randomUUID();
    const added = await db.insert(user)
      .values({ id, name: person.name.trim(), email, isAdministrator: person.isAdministrator ?? false })
      .onConflictDoNothing().returning({ id: user.id });
    if (added.length === 0) throw new UserRefused("Somebody with this e-mail address is here already.");
    if (password !== undefined) {
      const hashed = await (await auth.$context).password.hash(password);
      await db.insert(account).values({ id: randomUUID(), accountId: id, providerId: "credential", userId: id, password: hashed });
    }
    return id;
  }

  return {
    handler: handle,
    sessionOf: async (headers) => {
      const found = await auth.api.getSession({ headers: headers instanceof Headers ? headers : fromNodeHeaders(headers), query: { disableCookieCache: true } });
      if (!found || (found.user.isDemo && settings.mode !== "demo")) return null;
      return {
        userId: found.user.id, sessionId: found.session.id, name: found.user.name, email: found.user.email,
        isAdministrator: found.user.isAdministrator === true,
      };
    },
    signInDemo: async (userId) => {
      if (settings.mode !== "demo") throw new DemoOnly("signing in by one click is for demo workspaces");
      const [person] = await database.db.select({ isDemo: user.isDemo }).from(user).where(eq(user.id, userId));
      if (!person?.isDemo) throw new DemoOnly("not a demo person");
      const context = await auth.$context;
      const { token } = await acts.run("demo", () => context.internalAdapter.createSession(userId));
      const { name, attributes } = context.authCookies.sessionToken;
      return [await serializeSignedCookie(name, token, context.secret, { ...attributes, maxAge: sessionSeconds })];
    },
    createUser: (person, within) => (within ? addUser(person, within) : database.db.transaction((tx) => addUser(person, tx))),
  };
}

/**
 * Makes the link by which the first administrator comes in; null once there is one.
 * The token itself is stored nowhere: a later start makes a new one, and older ones end.
 */
export async function issueSetupToken(db: Db, lifetimeMs = 24 * 3600_000): Promise<string | null> {
  return db.transaction(async (tx) => {
    const [someone] = await tx.select({ id: schema.user.id }).from(schema.user).where(eq(schema.user.isAdministrator, true)).limit(1);
    if (someone) return null;
    await tx.delete(schema.setupToken).where(isNull(schema.setupToken.usedAt));
    const token = randomBytes(32).toString("base64url");
    await tx.insert(schema.setupToken).values({ hash: hashOf(token), expiresAt: new Date(Date.now() + lifetimeMs) });
    return token;
  });
}

/** Whether a set-up link would be taken now. */
export async function isSetupTokenGood(db: Db | Tx, token: string): Promise<boolean> {
  const { setupToken } = schema;
  const rows = await db.select({ hash: setupToken.hash }).from(setupToken)
    .where(and(eq(setupToken.hash, hashOf(token)), isNull(setupToken.usedAt), gt(setupToken.expiresAt, sql`now()`)));
  return rows.length === 1;
}

/** Takes a set-up link, once: false when it is unknown, used or too old. Belongs in the transaction that adds the person. */
export async function redeemSetupToken(tx: Tx, token: string): Promise<boolean> {
  const { setupToken } = schema;
  const rows = await tx.update(setupToken).set({ usedAt: sql`now()` })
    .where(and(eq(setupToken.hash, hashOf(token)), isNull(setupToken.usedAt), gt(setupToken.expiresAt, sql`now()`)))
    .returning({ hash: setupToken.hash });
  return rows.length === 1;
}
