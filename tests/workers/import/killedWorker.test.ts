import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { zipSync } from "fflate";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { finishUpload, ownUpload, startUpload } from "../../../server/record/uploads.ts";
import { openDecodingFolder } from "../../../workers/decodingFolders.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { dicomSlice } from "./dicomWriter.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  bench = await openApiBench();
  await runMigrations({ connectionString: bench.settings.databaseUrl });
});
afterAll(async () => {
  await Promise.all(workers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map((worker) => new Promise((done) => { worker.once("exit", done); worker.kill("SIGKILL"); })));
  await bench.close();
});

/** A worker process as the product runs it. */
function startWorker(): ChildProcess {
  const worker = spawn(process.execPath, ["workers/main.ts"], { stdio: "ignore", env: { NODE_ENV: "production", PATH: process.env.PATH, DATABASE_URL: bench.settings.databaseUrl, CASEROOM_DATA: bench.dataDir, CASEROOM_MODE: "real" } });
  workers.push(worker);
  return worker;
}
const folders = async () => (await readdir(bench.dataDir)).filter((name) => name.startsWith("decoding-"));
/** Files under the decoding folders that still name the patient. */
async function naming(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await folders()) for (const entry of await readdir(join(bench.dataDir, folder), { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile() && (await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0))).includes("KILLED^PATIENT")) found.push(join(entry.parentPath, entry.name));
  }
  return found;
}
async function until<T>(what: string, of: () => Promise<T | false>, ms: number): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) {
    const value = await of();
    if (value !== false) return value;
  }
  throw new Error(`${what}: not within ${ms} ms`);
}
const kill = (worker: ChildProcess) => new Promise<void>((done) => { worker.once("exit", () => done()); worker.kill("SIGKILL"); });

it("F19 IM14: kill -9 of a worker while it unpacks leaves nothing that names the patient; the folder of a living one stays, and a lost upload ends", async () => {
  const { id } = await startUpload(bench.db, "engineer", {}), dir = join(bench.dataDir, "uploads", id), side = 384;
  await mkdir(dir, { recursive: true });
  const noise = Int16Array.from({ length: side * side }, (_, i) => (i * 7919 + (i >> 5) * 104_729) % 3001 - 1000), slices = Array.from({ length: 160 }, (_, k) => [`${k}.dcm`, dicomSlice({ z: k, index: k, columns: side, rows: side, stored: noise, name: "KILLED^PATIENT", sopUid: `1.2.88.${k}` })] as const);
  await writeFile(join(dir, "series.zip"), zipSync(Object.fromEntries(slices), { level: 0 }));
  await bench.db.execute(sql`update upload set received_bytes = 1000 where id = ${id}`);
  await finishUpload(bench.db, "engineer", id);
  // Somebody else's import that is under way, in this very process, and one of a worker long dead under the old name.
  const own = await openDecodingFolder(bench.dataDir, "00000000-0000-4000-8000-000000000000"), old = join(bench.dataDir, "decoding-AbCdEf");
  await mkdir(old);
  await utimes(old, 1, 1);
  try {
    for (const tries of [1, 2]) {
      const before = new Set(await folders()), worker = startWorker();
      const name = await until(`try ${tries} unpacks`, async () => {
        const left = await naming();
        return (await folders()).find((folder) => !before.has(folder) && left.filter((path) => path.includes(folder)).length > 3) ?? false;
      }, 90_000);
      await kill(worker);
      expect((await naming()).filter((path) => path.includes(name)).length).toBeGreaterThan(3);
    }
    // The last try is over: what it left goes, the upload ends, and its files go too.
    startWorker();
    await until("everything that names the patient is gone", async () => (await naming()).length === 0 && !existsSync(dir), 90_000);
    expect(await folders()).toEqual([own.path.split("/").at(-1)]);
    expect(await ownUpload(bench.db, "engineer", id)).toMatchObject({ state: "refused", error: { code: "import-failed" } });
    expect(existsSync(own.path)).toBe(true);
  } finally {
    await own.done();
  }
  expect(await folders()).toEqual([]);
}, 400_000);
