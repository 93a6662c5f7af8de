import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { freePort } from "../support/product.ts";
import { until } from "../support/until.ts";

/** The folder and the port of the test that runs; each test has its own. */
export let dataDir = "", port = 0;
const started: ChildProcess[] = [];

/** Gives each test of a file its folder and port, and ends what it started. */
export function useOwnPlace(): void {
  beforeEach(async () => {
    dataDir = await mkdtemp(join("/tmp", "caseroom-start-"));
    chmodSync(dataDir, 0o755);
    port = await freePort();
  });
  afterEach(async () => {
    for (const child of started.splice(0)) if (isRunning(child)) { child.kill("SIGTERM"); await endOf(child); }
    await rm(dataDir, { recursive: true, force: true });
  });
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;
export const endOf = (child: ChildProcess) => new Promise<number | null>((resolve) => {
  if (isRunning(child)) child.once("exit", resolve);
  else resolve(child.exitCode);
});
export const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
};

/** Starts a command in a process group of its own, with the test's folder and port. */
export function launch(command: string, args: string[], more: Record<string, string> = {}) {
  const env: NodeJS.ProcessEnv = { ...process.env, PORT: String(port), CASEROOM_DATA: dataDir, ...more };
  for (const name of ["DATABASE_URL", "CASEROOM_ORIGIN", "CASEROOM_MODE", "VITEST", "NODE_ENV"]) delete env[name];
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => { text += part.toString(); });
  return { child, output: () => text };
}

/** Waits until it says where to open it. */
export async function ready(launched: ReturnType<typeof launch>, scheme = "http"): Promise<void> {
  await until("ready", () => {
    if (!isRunning(launched.child)) throw new Error(`ended early:\n${launched.output()}`);
    return launched.output().includes(`Open ${scheme}://localhost:${port}`);
  }, 240_000, launched.output);
}

export const processes = (): Record<string, number> => JSON.parse(readFileSync(join(dataDir, "processes.json"), "utf8"));
export const databasePid = () => Number(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
