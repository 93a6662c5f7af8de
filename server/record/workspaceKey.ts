import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Statement, statementBytes } from "../../core/review/statements.ts";

/** The workspace's Ed25519 key: countersigns signatures, enrolments, audit heads and packages. */
export interface WorkspaceKey {
  /** SPKI PEM, for people who verify packages. */
  publicKey: string;
  /** Ed25519 over the statement's canonical bytes, base64url. */
  countersign(statement: Statement): string;
}

/** Opens the key in the data folder, made once: `workspace.key` (only for the server) and `workspace.pub` beside it. */
export function openWorkspaceKey(dataDir: string): WorkspaceKey {
  const path = join(dataDir, "workspace.key");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(path, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }), { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`${path} is not an Ed25519 key; put the right one back, or the packages already given out cannot be told from forged ones`);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  writeFileSync(join(dataDir, "workspace.pub"), publicKey);
  return { publicKey, countersign: (statement) => sign(null, statementBytes(statement), key).toString("base64url") };
}

/** The secret under which one-time codes are stored: CASEROOM_SECRET, else the one that signs cookies, made at the first start. */
export const workspaceSecret = (dataDir: string): string => process.env.CASEROOM_SECRET || readFileSync(join(dataDir, "secret"), "utf8");
