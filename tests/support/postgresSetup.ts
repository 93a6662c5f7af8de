import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { migrate } from "../../drizzle/migrate.ts";
import { startPostgres } from "../../server/start/postgres.mjs";
import { templateName, urlOfDatabase } from "./database.ts";

async function makeTemplate(serverUrl: string, template: string): Promise<void> {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    await admin.unsafe(`create database ${template}`);
  } finally {
    await admin.end();
  }
  await migrate(urlOfDatabase(serverUrl, template));
}

/** One PostgreSQL for the run: TEST_DATABASE_URL, else TEST_POSTGRES_BIN's, else the embedded one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const template = templateName();
  if (given) {
    await makeTemplate(given, template);
    project.provide("postgres", { serverUrl: given, template });
    return async () => {
      const admin = postgres(given, { max: 1 });
      await admin.unsafe(`drop database if exists ${template} with (force)`);
      await admin.end();
    };
  }
  const dataDir = await mkdtemp(join("/tmp", "caseroom-test-"));
  await chmod(dataDir, 0o755);
  const running = await startPostgres({ dataDir, bin: process.env.TEST_POSTGRES_BIN, options: ["fsync=off"] });
  const serverUrl = running.urlOf("postgres");
  await makeTemplate(serverUrl, template);
  project.provide("postgres", { serverUrl, template });
  return async () => {
    await running.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
