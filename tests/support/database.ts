import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the PostgreSQL of this run is, and the migrated database that fresh ones are copies of. */
    postgres: { serverUrl: string; template: string };
  }
}

export const templateName = () => `caseroom_template_${randomBytes(6).toString("hex")}`;

/** The same server, another database. */
export function urlOfDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdministrator(statement: string): Promise<void> {
  const client = postgres(inject("postgres").serverUrl, { max: 1, onnotice: () => undefined });
  try {
    await client.unsafe(statement);
  } finally {
    await client.end();
  }
}

/** A migrated, empty database of one's own on a real PostgreSQL; `drop` throws everybody out of it first. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { serverUrl, template } = inject("postgres");
  const name = `caseroom_test_${randomBytes(6).toString("hex")}`;
  await asAdministrator(`create database ${name} template ${template}`);
  return { url: urlOfDatabase(serverUrl, name), drop: () => asAdministrator(`drop database if exists ${name} with (force)`) };
}
