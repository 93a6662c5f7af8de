// The start itself, under Node 24: lock, database, migration, pages, server and worker; and the stop.
import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { lockFolder } from "./lock.mjs";
import { isListening, StartError, startPostgres } from "./postgres.mjs";
import { serverNodeOptions } from "./serverNode.mjs";
import { ensureWeb } from "./web.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
process.chdir(root);
const began = performance.now();
const say = (line) => console.log(`caseroom ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${line}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isDev = process.argv.includes("--dev");
const tether = pathToFileURL(join(root, "server/start/tether.mjs")).href;

const children = new Map(); // name → child process
const undo = []; // what to give back, last first
let isStopping = false;

/** Ends one child: politely, then after 10 s for good. */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(late);
}

async function stop(exitCode, reason) {
  if (isStopping) return;
  isStopping = true;
  if (reason) say(reason);
  await Promise.all([...children.values()].map(end));
  for (const step of undo.reverse()) {
    try {
      await step();
    } catch (error) {
      console.error(`caseroom: while stopping: ${error.message}`);
      exitCode ||= 1;
    }
  }
  process.exit(exitCode);
}
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => void stop(0, "stopping"));

/** Runs Node to its end, keeping what it says. */
function runNode(env) {
  return (args) => new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    children.set("build", child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { output += part; });
    child.on("error", reject);
    child.on("close", (code) => { children.delete("build"); resolve({ code: code ?? 1, output }); });
  });
}

/** Who runs, for scripts: `<data>/processes.json`. */
function notePids(dataDir) {
  const path = join(dataDir, "processes.json");
  const pids = Object.fromEntries([...children].map(([name, child]) => [name, child.pid]));
  writeFileSync(`${path}.new`, JSON.stringify({ starter: process.pid, ...pids }));
  renameSync(`${path}.new`, path);
}

/**
 * Starts a process and starts it again when it dies. Gives up when it ends by itself just after its start three times
 * in a row; one that somebody (or the kernel, short of memory) kills is started again however often.
 */
function keepRunning(name, script, options, env, dataDir, deaths = 0) {
  const since = performance.now();
  const child = spawn(process.execPath, [...options, "--import", tether, join(root, script)], { cwd: root, env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  children.set(name, child);
  notePids(dataDir);
  child.on("exit", (code, signal) => {
    if (isStopping) return;
    const young = signal === null && performance.now() - since < 5000 ? deaths + 1 : 0;
    if (young >= 3) {
      void stop(1, `the ${name} ended three times just after its start (${signal ?? code}); its last words are above`);
      return;
    }
    say(`the ${name} ended (${signal ?? code}); starting it again`);
    setTimeout(() => { if (!isStopping) keepRunning(name, script, options, env, dataDir, young); }, 200 * (young + 1));
  });
}

function isHealthy(settings) {
  if (settings.tls) return isListening(settings.port);
  return new Promise((resolve) => {
    const host = settings.host === "0.0.0.0" ? "127.0.0.1" : settings.host === "::" ? "::1" : settings.host;
    const asked = request({ host, port: settings.port, path: "/api/health", headers: { host: new URL(settings.origin).host }, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout"))).on("error", () => resolve(false)).end();
  });
}

async function createDatabase(serverUrl, name) {
  const { default: postgres } = await import("postgres");
  const client = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    const found = await client`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await client.unsafe(`create database ${name}`);
  } finally {
    await client.end();
  }
}

async function openDatabaseUrl(settings) {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const starting = startPostgres({ dataDir: settings.dataDir, say });
  // Noted before it is up: a signal that comes meanwhile still stops what is being started.
  undo.push(() => starting.then((database) => database.stop(), () => undefined));
  const database = await starting;
  say(database.isReused ? "found the database still running" : "the database is up");
  const name = settings.mode === "demo" ? "caseroom_demo" : "caseroom";
  await createDatabase(database.urlOf("postgres"), name);
  return database.urlOf(name);
}

/** Migrates and fills; resolves with the set-up token of a real workspace without an administrator. */
async function prepare(url, mode) {
  const { migrate } = await import("../../drizzle/migrate.ts");
  try {
    await migrate(url);
  } catch (error) {
    const { hostname, port } = new URL(url);
    throw new StartError(`the database at ${hostname}:${port || 5432} could not be migrated: ${error.message || error.code}\n  Check that it runs, that DATABASE_URL names it rightly, and that its user may create tables.`);
  }
  const { openDatabase } = await import("../platform/db.ts");
  const database = openDatabase(url);
  try {
    if (mode === "demo") {
      const { seedDemo } = await import("../../drizzle/seedDemo.ts");
      await seedDemo(database.db);
      return null;
    }
    const { issueSetupToken } = await import("../platform/auth.ts");
    return await issueSetupToken(database.db);
  } finally {
    await database.close();
  }
}

async function start() {
  const isReal = process.argv.includes("--real") || process.env.DATABASE_URL || process.env.CASEROOM_ORIGIN || process.env.CASEROOM_MODE === "real";
  const env = {
    ...process.env, CASEROOM_MODE: isReal ? "real" : "demo", CASEROOM_DEV: isDev ? "1" : "0",
    NODE_ENV: isDev ? "development" : "production", NEXT_TELEMETRY_DISABLED: "1", CASEROOM_DATABASE: "postgres://not.started.yet",
  };
  const { parseSettings } = await import("../platform/settings.ts");
  const settings = parseSettings(env);
  mkdirSync(settings.dataDir, { recursive: true });
  undo.push(lockFolder(settings.dataDir));

  // Children of a starter that was killed need a moment to notice.
  for (let tries = 0; await isListening(settings.port); tries++) {
    if (tries === 0) say(`waiting for port ${settings.port}`);
    if (tries === 48) throw new StartError(`port ${settings.port} is taken by another program.\n  Choose another one: PORT=3001 npm start`);
    await pause(250);
  }
  const url = await openDatabaseUrl(settings);
  const setupToken = await prepare(url, settings.mode);
  say("the tables are up to date");
  if (!isDev) await ensureWeb(root, say, runNode(env));
  if (isStopping) return;

  const childEnv = {
    ...env, CASEROOM_DATABASE: url, CASEROOM_DATA: settings.dataDir, PORT: String(settings.port), HOST: settings.host,
    ...(env.CASEROOM_ORIGIN ? { CASEROOM_ORIGIN: settings.origin } : {}),
  };
  undo.push(() => rmSync(join(settings.dataDir, "processes.json"), { force: true }));
  keepRunning("server", "server/main.ts", serverNodeOptions, childEnv, settings.dataDir);
  keepRunning("worker", "workers/main.ts", [], childEnv, settings.dataDir);
  for (let tries = 0; !(await isHealthy(settings)); tries++) {
    if (isStopping) return;
    if (tries === 600) throw new StartError(`the server did not become healthy within a minute or two; see its words above and ${settings.origin}/api/health`);
    await pause(100);
  }
  say("ready");
  console.log(`\n  Open ${settings.origin}`);
  if (setupToken) console.log(`  First administrator (this link works once, for 24 hours):\n  ${settings.origin}/setup?token=${setupToken}`);
  else if (settings.mode === "demo") console.log("  A demo workspace: sign in as one of four people with one click, and open the demo case.\n  For real work: npm start -- --real");
  console.log(`  Data: ${settings.dataDir}\n  Stop: Ctrl-C\n`);
}

try {
  await start();
} catch (error) {
  if (!isStopping) {
    const isKnown = error instanceof StartError || error.name === "SettingsError";
    console.error(`caseroom: ${isKnown ? error.message : error.stack}`);
    await stop(1);
  }
}
