import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { goldenBundle } from "./bundles.ts";
import type { GoldenHashes } from "./goldenPackage.ts";

/** What one run said: which Node, minutes from UTC in its zone, and the hashes. */
export interface GoldenRun { node: string; zone: number; hashes: GoldenHashes }

/** The bundle for Node in a file from which its packages are found. */
export async function goldenFile(): Promise<string> {
  const dir = resolve("node_modules/.cache/golden");
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `node${process.pid}.mjs`);
  writeFileSync(file, await goldenBundle("node"));
  return file;
}

/** The golden package, made by a Node in a time zone. */
export function goldenRun(node: string, file: string, zone: string): Promise<GoldenRun> {
  return new Promise((done, fail) => {
    const child = spawn(node, [file], { env: { ...process.env, TZ: zone, NODE_OPTIONS: "" }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "", errors = "";
    child.stdout.on("data", (part: Buffer) => { said += part.toString(); });
    child.stderr.on("data", (part: Buffer) => { errors += part.toString(); });
    child.once("error", fail).once("close", (code) => { if (code === 0) done(JSON.parse(said) as GoldenRun); else fail(new Error(errors)); });
  });
}

/** A Node 20 on the path; null where there is none (the test says so). */
export function node20(): string | null {
  const found = (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, "node")).find((path) => spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.startsWith("v20."));
  if (!found) console.warn("no Node 20 is on the path: not judged");
  return found ?? null;
}
