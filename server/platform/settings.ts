import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

/** What a process needs to know of its surroundings; parsed once, at its start. */
export interface Settings {
  /** TCP port and address listened on. */
  port: number;
  host: string;
  /** Scheme, host and port that browsers use, without a trailing slash. */
  origin: string;
  mode: "demo" | "real";
  tls?: { certPath: string; keyPath: string };
  /** Address of the one proxy whose X-Forwarded headers are believed. */
  trustedProxy: string | null;
  /** Absolute folder of blobs, uploads and the embedded database. */
  dataDir: string;
  databaseUrl: string;
  dev: boolean;
  /** Greatest size of one upload, bytes. */
  uploadLimitBytes: number;
  version: string;
}

/** A setting that cannot work; the message says which one and how to mend it. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

const packageVersion = z.object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))).version;

const blank = (value: unknown) => (value === "" ? undefined : value);
const optional = z.preprocess(blank, z.string().optional());
const environment = z.object({
  PORT: z.preprocess(blank, z.coerce.number().int().min(1).max(65535).default(3000)),
  HOST: z.preprocess(blank, z.string().default("127.0.0.1")),
  CASEROOM_ORIGIN: optional,
  CASEROOM_MODE: z.preprocess(blank, z.enum(["demo", "real"]).optional()),
  CASEROOM_TLS_CERT: optional,
  CASEROOM_TLS_KEY: optional,
  CASEROOM_TRUSTED_PROXY: optional,
  CASEROOM_DATA: z.preprocess(blank, z.string().default(".caseroom")),
  CASEROOM_DATABASE: optional,
  DATABASE_URL: optional,
  CASEROOM_DEV: optional,
  CASEROOM_UPLOAD_LIMIT_MIB: z.preprocess(blank, z.coerce.number().positive().default(4096)),
});

const loopbackHosts = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether only this machine can reach an address (the ones that HOST may name). */
export function isLoopbackHost(host: string): boolean {
  return loopbackHosts.has(host);
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash || url.username) {
    throw new SettingsError(`CASEROOM_ORIGIN is "${text}"; it must be scheme, host and port only, such as https://caseroom.example.org`);
  }
  return url.origin;
}

/**
 * Reads the settings from environment variables.
 * @throws SettingsError with the remedy when a value cannot work.
 */
export function parseSettings(env: Record<string, string | undefined>): Settings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SettingsError(`${issue.path.join(".")} cannot be used: ${issue.message}`);
  }
  const e = parsed.data;
  const databaseUrl = e.CASEROOM_DATABASE ?? e.DATABASE_URL;
  if (!databaseUrl) throw new SettingsError("No database is named. Start with `npm start`, or set DATABASE_URL.");
  if (!e.CASEROOM_TLS_CERT !== !e.CASEROOM_TLS_KEY) {
    throw new SettingsError("CASEROOM_TLS_CERT and CASEROOM_TLS_KEY belong together: set both or neither.");
  }
  const tls = e.CASEROOM_TLS_CERT && e.CASEROOM_TLS_KEY
    ? { certPath: resolve(e.CASEROOM_TLS_CERT), keyPath: resolve(e.CASEROOM_TLS_KEY) } : undefined;
  const origin = e.CASEROOM_ORIGIN ? parseOrigin(e.CASEROOM_ORIGIN) : `${tls ? "https" : "http"}://localhost:${e.PORT}`;
  if (!isLoopbackHost(e.HOST) && !(e.CASEROOM_ORIGIN && origin.startsWith("https://"))) {
    throw new SettingsError(
      `HOST=${e.HOST} can be reached from other machines, and browsers give passkeys, secure cookies and shared memory to https pages only. `
      + "Set CASEROOM_ORIGIN=https://… (with CASEROOM_TLS_CERT and CASEROOM_TLS_KEY, or behind a proxy named by CASEROOM_TRUSTED_PROXY), or leave HOST at 127.0.0.1.",
    );
  }
  return {
    port: e.PORT, host: e.HOST, origin,
    mode: e.CASEROOM_MODE ?? (e.DATABASE_URL || e.CASEROOM_ORIGIN ? "real" : "demo"),
    ...(tls ? { tls } : {}),
    trustedProxy: e.CASEROOM_TRUSTED_PROXY ?? null,
    dataDir: resolve(e.CASEROOM_DATA), databaseUrl, dev: e.CASEROOM_DEV === "1",
    uploadLimitBytes: Math.floor(e.CASEROOM_UPLOAD_LIMIT_MIB * 1024 * 1024), version: packageVersion,
  };
}
