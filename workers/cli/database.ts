import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Db, openDatabase } from "../../server/platform/db.ts";
import { parseSettings, type Settings, SettingsError } from "../../server/platform/settings.ts";
import { inputRefused, usageError } from "./command.ts";

/** Name of the database inside the embedded PostgreSQL, as `npm start` makes it. */
const embeddedName = (mode: string | undefined): string => (mode === "real" ? "caseroom" : "caseroom_demo");

/**
 * The settings of a command that needs the database: the one that the environment names, else the embedded one that
 * `npm start` keeps running on the data folder (CASEROOM_DATA, `.caseroom` unless set; the demo's unless CASEROOM_MODE is real). @throws CommandRefused where none runs
 */
export function databaseSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  if (env.CASEROOM_DATABASE || env.DATABASE_URL) return parseSettings(env);
  const dataDir = resolve(env.CASEROOM_DATA || ".caseroom"), note = join(dataDir, "database-is-at");
  try {
    const place = existsSync(note) ? readFileSync(note, "utf8").trim() : join(dataDir, "postgres");
    const port = Number(readFileSync(join(place, "postmaster.pid"), "utf8").split("\n")[3]), password = readFileSync(join(dataDir, "database-password"), "utf8").trim();
    return parseSettings({ ...env, CASEROOM_DATABASE: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${embeddedName(env.CASEROOM_MODE)}` });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw inputRefused("no-database", `No database is named (DATABASE_URL), and none runs on ${dataDir}. Start Caseroom (npm start), or set CASEROOM_DATA to its data folder.`);
  }
}

/** What PostgreSQL and the way to it answer where there is none, it lets nobody in, or it is another's. */
const deafCodes = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "CONNECT_TIMEOUT", "CONNECTION_CLOSED", "28000", "28P01", "3D000", "53300", "57P03", "42P01", "3F000"]);

/** The innermost code of an error and its causes. */
function deafCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const parts: unknown[] = [at, ...at instanceof AggregateError ? at.errors : []];
    for (const part of parts) if (part instanceof Error && "code" in part && deafCodes.has(String(part.code))) return String(part.code);
  }
  return undefined;
}

/**
 * Runs a command's body on the database and closes it. @throws CommandRefused where a setting cannot be used (exit 2), and
 * where the database is not there, lets nobody in, or is not Caseroom's (exit 3, `no-database`)
 */
export async function withDatabase<T>(body: (db: Db, settings: Settings) => Promise<T>): Promise<T> {
  let settings;
  try {
    settings = databaseSettings();
  } catch (error) {
    throw error instanceof SettingsError ? usageError(error.message) : error;
  }
  const { host, pathname } = URL.canParse(settings.databaseUrl) ? new URL(settings.databaseUrl) : { host: "", pathname: "" };
  if (!host) throw usageError("The database's address (DATABASE_URL) is not one of the form postgres://user:password@host:port/name");
  const { db, close } = openDatabase(settings.databaseUrl);
  try {
    return await body(db, settings);
  } catch (error) {
    const code = deafCode(error);
    if (code === undefined) throw error;
    throw inputRefused("no-database", `The database ${pathname.slice(1)} at ${host} does not answer as Caseroom's (${code}). Start it, or mend DATABASE_URL.`, { host, database: pathname.slice(1), code });
  } finally {
    await close();
  }
}
