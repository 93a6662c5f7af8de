import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedDemo } from "../../../drizzle/seedDemo.ts";
import { type Auth, createAuth, DemoOnly, isSetupTokenGood, issueSetupToken, redeemSetupToken, UserRefused } from "../../../server/platform/auth.ts";
import { type Database, openDatabase } from "../../../server/platform/db.ts";
import { parseSettings } from "../../../server/platform/settings.ts";
import { freshDatabase } from "../../support/database.ts";

let fresh: Awaited<ReturnType<typeof freshDatabase>>, database: Database, dataDir = "";
let demo: Auth, real: Auth, server: Server, origin = "";
beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.url);
  dataDir = await mkdtemp(join(tmpdir(), "caseroom-auth-"));
  server = createServer((req, res) => void real.handler(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settings = parseSettings({ CASEROOM_DATABASE: fresh.url, CASEROOM_DATA: dataDir, PORT: String(port) });
  origin = `http://127.0.0.1:${port}`;
  demo = createAuth(database, settings);
  real = createAuth(database, { ...settings, mode: "real" });
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
