import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedDemo } from "../../../drizzle/seedDemo.ts";
import { type Auth, createAuth, DemoOnly, isSetupTokenGood, issueSetupToken, redeemSetupToken, UserRefused } from "../../../server/platform/auth.ts";
import { type Database, openDatabase } from "../../../server/platform/db.ts";
import { parseSettings, type Settings } from "../../../server/platform/settings.ts";
import { appendAudit, verifyAudit } from "../../../server/record/audit.ts";
import { freshDatabase } from "../../support/database.ts";

let fresh: Awaited<ReturnType<typeof freshDatabase>>, database: Database, dataDir = "";
let settings: Settings, demo: Auth, real: Auth, server: Server, origin = "";
beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.url);
  dataDir = await mkdtemp(join(tmpdir(), "caseroom-auth-"));
  server = createServer((req, res) => void real.handler(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  settings = parseSettings({ CASEROOM_DATABASE: fresh.url, CASEROOM_DATA: dataDir, PORT: String(port) });
  origin = `http://127.0.0.1:${port}`;
  demo = createAuth(database, settings, appendAudit);
  real = createAuth(database, { ...settings, mode: "real" }, appendAudit);
  await seedDemo(database.db);
  await seedDemo(database.db);
});
afterAll(async () => {
  server.close();
  await database.close();
  await fresh.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const cookieOf = (values: string[]) => values.map((value) => value.split(";")[0]).join("; ");
const post = (path: string, body: object, cookie = "") => fetch(`${origin}/api/auth/${path}`, {
  method: "POST", body: JSON.stringify(body),
  headers: { "content-type": "application/json", origin: origin.replace("127.0.0.1", "localhost"), cookie },
});

describe("demo people", () => {
  it("sign in by one click, in a demo workspace only", async () => {
    const cookies = await demo.signInDemo("demo-surgeon");
    expect(cookies[0]).toMatch(/HttpOnly/i);
    expect(await demo.sessionOf({ cookie: cookieOf(cookies) })).toMatchObject({ userId: "demo-surgeon", isAdministrator: false });
    expect(await real.sessionOf({ cookie: cookieOf(cookies) })).toBeNull();
    await expect(real.signInDemo("demo-surgeon")).rejects.toBeInstanceOf(DemoOnly);
    await expect(demo.signInDemo("nobody")).rejects.toBeInstanceOf(DemoOnly);
  });
});

describe("people with a password", () => {
  it("a request too large to be a sign-in is refused as such, and sign-ins that come together hold one connection to the database between them", async () => {
    expect((await post("sign-in/email", { email: "a".repeat(100_000), password: "x" })).status).toBe(413);
    await real.createUser({ name: "Eve", email: "eve@example.org", password: "correct horse battery" });
    const run = { isOver: false };
    let most = 0;
    const looking = (async () => {
      while (!run.isOver) most = Math.max(most, Number((await database.sql`select count(*) as n from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`)[0].n));
    })();
    const answers = await Promise.all([1, 2].map(() => post("sign-in/email", { email: "eve@example.org", password: "wrong horse battery" })));
    run.isOver = true;
    await looking;
    expect([answers.map(({ status }) => status), most]).toEqual([[401, 401], 1]);
  });

  it("cannot sign up, sign in with the right password only, and end every session at once", async () => {
    const person = { name: "Ada", email: "Ada@Example.org", password: "correct horse battery" };
    const userId = await real.createUser({ ...person, isAdministrator: true });
    await expect(real.createUser(person)).rejects.toBeInstanceOf(UserRefused);
    await expect(real.createUser({ name: "B", email: "b@example.org", password: "short" })).rejects.toBeInstanceOf(UserRefused);
    expect((await post("sign-up/email", { ...person, email: "new@example.org" })).ok).toBe(false);
    expect((await post("sign-in/email", { email: person.email, password: "wrong horse battery" })).status).toBe(401);
    const answers = await Promise.all([1, 2].map(() => post("sign-in/email", { email: person.email, password: person.password })));
    const [one, two] = answers.map((answer) => cookieOf(answer.headers.getSetCookie()));
    expect(await real.sessionOf({ cookie: one })).toMatchObject({ userId, email: "ada@example.org", isAdministrator: true });
    expect(await real.sessionOf({ cookie: `${one}x` })).toBeNull();
    expect((await post("revoke-sessions", {}, one)).ok).toBe(true);
    expect(await real.sessionOf({ cookie: two })).toBeNull();
  });
});

describe("F4: sessions begin and end with an audit event in the same transaction", () => {
  const person = { name: "Grace", email: "grace@example.org", password: "correct horse battery" }, address = { email: " Grace@example.org", password: person.password };
  interface Event { action: string; actorId: string | null; object: unknown; xid: string }
  let userId = "";
  /** The events that an act leaves, with the transaction of each. */
  async function eventsOf(act: () => Promise<unknown>): Promise<Event[]> {
    const [{ last }] = await database.sql`select coalesce(max(id), 0)::int as last from audit_event`;
    await act();
    return await database.sql<Event[]>`select action, actor_id as "actorId", object, xmin::text as xid from audit_event where id > ${last as number} order by id`;
  }
  const signIn = async () => cookieOf((await post("sign-in/email", { ...address, email: person.email })).headers.getSetCookie());
  beforeAll(async () => { userId = await real.createUser(person); });

  it("by password, and out again", async () => {
    let cookie = "";
    const [begun, ...more] = await eventsOf(async () => { cookie = await signIn(); });
    expect([begun.action, begun.actorId, begun.object, more]).toEqual(["session.begun", userId, { by: "password" }, []]);
    const rows = await database.sql`select xmin::text as xid from session where user_id = ${userId}`;
    expect(rows.map(({ xid }) => xid)).toEqual([begun.xid]);
    const ended = await eventsOf(async () => { expect((await post("sign-out", {}, cookie)).ok).toBe(true); });
    expect(ended.map(({ action, actorId, object }) => [action, actorId, object])).toEqual([["session.ended", userId, { by: "signOut" }]]);
    expect(await real.sessionOf({ cookie })).toBeNull();
  });

  it("everywhere: one event for each session", async () => {
    const [cookie] = [await signIn(), await signIn()];
    const ended = await eventsOf(async () => { expect((await post("revoke-sessions", {}, cookie)).ok).toBe(true); });
    expect(ended.map(({ action, actorId, object }) => [action, actorId, object])).toEqual(Array.from({ length: 2 }, () => ["session.ended", userId, { by: "everywhere" }]));
    expect(new Set(ended.map(({ xid }) => xid)).size).toBe(1);
  });

  it("a refused sign-in names whose address it was, never what was typed", async () => {
    const refused = await eventsOf(async () => {
      expect((await post("sign-in/email", { email: person.email, password: "wrong horse battery" })).status).toBe(401);
      expect((await post("sign-in/email", { email: "typed-by-mistake@example.org", password: "wrong horse battery" })).status).toBe(401);
    });
    expect(refused.map(({ action, actorId, object }) => [action, actorId, object])).toEqual([
      ["signIn.refused", null, { by: "password", userId }], ["signIn.refused", null, { by: "password", userId: null }],
    ]);
  });

  it("of a demo person; a session that ran out ends with an event too", async () => {
    let cookie = "";
    const [begun, ...more] = await eventsOf(async () => { cookie = cookieOf(await demo.signInDemo("demo-reviewer")); });
    expect([begun.action, begun.actorId, begun.object, more]).toEqual(["session.begun", "demo-reviewer", { by: "demo" }, []]);
    await database.sql`update session set expires_at = now() - interval '1 second' where user_id = 'demo-reviewer'`;
    const ended = await eventsOf(async () => { expect(await demo.sessionOf({ cookie })).toBeNull(); });
    expect(ended.map(({ action, actorId, object }) => [action, actorId, object])).toEqual([["session.ended", "demo-reviewer", { by: "expired" }]]);
  });

  it("no session begins whose event cannot be written", async () => {
    const sessions = () => database.sql`select id from session where user_id = 'demo-surgeon'`, before = (await sessions()).length;
    const deaf = createAuth(database, settings, async () => { throw new Error("no record"); });
    await expect(deaf.signInDemo("demo-surgeon")).rejects.toThrow("no record");
    expect((await sessions()).length).toBe(before);
  });

  it("nothing else of better-auth is open", async () => {
    const cookie = await signIn();
    for (const path of ["update-user", "change-password", "revoke-session", "delete-user", "sign-up/email", "constructor"]) expect((await post(path, { name: "X" }, cookie)).status, path).toBe(404);
    expect((await verifyAudit(database.db)).brokenAt).toBeNull();
  });
});

describe("the set-up link", () => {
  it("is good once, and no longer made once there is an administrator", async () => {
    expect(await issueSetupToken(database.db)).toBeNull();
    const empty = await freshDatabase();
    const other = openDatabase(empty.url);
    const old = await issueSetupToken(other.db), token = await issueSetupToken(other.db);
    expect(old && token).toBeTruthy();
    expect(await isSetupTokenGood(other.db, old ?? "")).toBe(false);
    const taken = await Promise.all([1, 2].map(() => other.db.transaction((tx) => redeemSetupToken(tx, token ?? ""))));
    expect(taken.sort()).toEqual([false, true]);
    await other.close();
    await empty.drop();
  });
});

describe("the audit trail", () => {
  it("RV3 refuses a change, a deletion and emptying by the database itself", async () => {
    const { sql } = database;
    await sql`insert into audit_event (at, action, object, previous_hash, hash) values (now(), 'test', '{}', '', 'h')`;
    await expect(sql`update audit_event set action = 'other'`).rejects.toThrow("only appended");
    await expect(sql`delete from audit_event`).rejects.toThrow("only appended");
    await expect(sql`truncate audit_event`).rejects.toThrow("only appended");
  });
});
