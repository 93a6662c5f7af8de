import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** A running Caseroom of its own: own data directory, own database, own port. */
export interface Product { origin: string; dataDir: string; output: () => string; child: ChildProcess; /** Ends it and leaves its data. */ end(): Promise<void>; stop(): Promise<void> }

/** A port that is free now, found by the system. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/**
 * Starts the product as a person would (`server/start.mjs`) and waits until it is healthy.
 * @param again where it ran before: the same address and the data as they lie there now
 */
export async function startProduct(timeoutMs = 240_000, args: readonly string[] = [], again?: Pick<Product, "origin" | "dataDir">): Promise<Product> {
  // Not under the user's home: the unprivileged database user must reach it.
  const dataDir = again?.dataDir ?? await mkdtemp(join("/tmp", "caseroom-product-"));
  await chmod(dataDir, 0o755);
  const port = again ? Number(new URL(again.origin).port) : await freePort();
  const env: NodeJS.ProcessEnv = { ...process.env, PORT: String(port), CASEROOM_DATA: dataDir, NODE_ENV: "production" };
  for (const name of ["DATABASE_URL", "CASEROOM_ORIGIN", "CASEROOM_MODE", "CASEROOM_DATABASE", "HOST", "VITEST"]) delete env[name];
  const child = spawn(process.execPath, ["server/start.mjs", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (part: Buffer) => { text += part.toString(); });
  child.stderr.on("data", (part: Buffer) => { text += part.toString(); });
  const origin = `http://localhost:${port}`;
  const end = async () => {
    if (child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  };
  const stop = async () => {
    await end();
    await rm(dataDir, { recursive: true, force: true });
  };
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}:\n${text}`);
    const answer = await fetch(`${origin}/api/health`).catch(() => null);
    if (answer?.ok) return { origin, dataDir, output: () => text, child, end, stop };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await stop();
  throw new Error(`the product was not healthy in ${timeoutMs / 1000} s:\n${text}`);
}
