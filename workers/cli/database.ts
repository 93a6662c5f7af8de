import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSettings, type Settings } from "../../server/platform/settings.ts";
import { inputRefused } from "./command.ts";

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
