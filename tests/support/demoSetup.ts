import { rm } from "node:fs/promises";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { databaseSettings } from "../../workers/cli/database.ts";
import { startProduct } from "./product.ts";
import { until } from "./until.ts";

/**
 * Starts a product on nothing, waits until its demo case is all that it becomes (version 1 in review, no job left) and ends it.
 * It also builds the pages, so that two products that start at once afterwards find them built.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const product = await startProduct();
  try {
    const { databaseUrl } = databaseSettings({ ...process.env, DATABASE_URL: "", CASEROOM_DATABASE: "", CASEROOM_MODE: "demo", CASEROOM_DATA: product.dataDir });
    const database = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    try {
      let left = "";
      await until("the demo case at rest", async () => {
        const states = await database<{ state: string }[]>`select state from version_state`;
        const jobs = await database<{ task: string; error: string | null }[]>`select task_identifier as task, last_error as error from graphile_worker.jobs`;
        left = JSON.stringify({ states, jobs });
        return states.length === 1 && states[0].state === "inReview" && jobs.length === 0;
      }, 240_000, () => `${left}\n${product.output().slice(-4000)}`);
    } finally {
      await database.end();
    }
  } catch (error) {
    await product.stop();
    throw error;
  }
  await product.end();
  project.provide("madeDemo", product.dataDir);
  return () => rm(product.dataDir, { recursive: true, force: true });
}
