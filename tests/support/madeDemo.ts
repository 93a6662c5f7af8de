import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { freePort, startProduct, type Product } from "./product.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Data folder of a demo workspace that was made, brought to rest and ended (tests/support/demoSetup.ts). */
    madeDemo: string;
  }
}

/** Copies the run's made demo workspace into an empty folder. */
export async function copyMadeDemo(dataDir: string): Promise<void> {
  // Owners included: the database's files are its own user's.
  await promisify(execFile)("cp", ["-a", `${inject("madeDemo")}/.`, dataDir]);
}

/**
 * A running demo workspace whose case is made already. For tests that are not about how a workspace comes to be: making the
 * demo case costs three times what a start costs. Those that are start from nothing with `startProduct`.
 */
export async function startMadeDemo(): Promise<Product> {
  const dataDir = await mkdtemp(join("/tmp", "caseroom-product-"));
  await copyMadeDemo(dataDir);
  return startProduct(240_000, [], { origin: `http://localhost:${await freePort()}`, dataDir });
}
