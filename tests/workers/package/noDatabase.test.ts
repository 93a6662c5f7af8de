import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { draftPackage } from "../../../workers/package/draftPackage.ts";
import { inThread } from "../../../workers/inThread.ts";
import type { PackageQuestion } from "../../../workers/package/packageThread.ts";

beforeEach(() => { vi.stubEnv("CASEROOM_DATABASE", ""); vi.stubEnv("DATABASE_URL", "postgres://a:b@127.0.0.1:1/none"); });
afterEach(() => { vi.unstubAllEnvs(); });

const caseId = "00000000-0000-0000-0000-000000000000", draft = { volume: "none" as const, logs: [], segments: [] };

it("a draft's package without a database is refused as such, as every command is", async () => {
  await expect(draftPackage(caseId, draft, "1", () => undefined)).rejects.toMatchObject({ exitCode: 3, code: "no-database" });
});

it("a database that does not answer is no refusal of the case: the thread fails, so that its job is tried again", async () => {
  const questions: PackageQuestion[] = [{ caseId, draft, appVersion: "1" }, { caseId, number: 1, volume: "none" }];
  for (const question of questions) {
    await expect(inThread(new URL("../../../workers/package/packageThread.ts", import.meta.url), question, 60_000)).rejects.toThrow(/does not answer/);
  }
}, 60_000);
