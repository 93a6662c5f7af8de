import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
let host: Server, dir: string;
const asked: string[] = [];

/** What `findBrowser` says in a process of its own that sees no browser on its path. */
async function find(env: Record<string, string>): Promise<{ path?: string; remedy: string }> {
  const code = `import { findBrowser } from ${JSON.stringify(join(root, "tests/support/browser.mjs"))};
    console.log("\\nanswer " + JSON.stringify(await findBrowser(${JSON.stringify(root)}, process.execPath)));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { env: { NODE_ENV: "test", PATH: dir, HOME: dir, ...env } });
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => { said += bytes.toString(); });
  await new Promise((resolve) => child.on("close", resolve));
  return JSON.parse(/^answer (.*)$/m.exec(said)?.[1] ?? "null") as { path?: string; remedy: string };
}

// Playwright's own host cannot be reached from everywhere: a host of ours serves a browser that leads to the installed one.
describe.skipIf(process.platform !== "linux" || process.arch !== "x64")("a machine without a browser", () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "caseroom-browser-"));
    const script = strToU8(`#!/bin/sh\nexec "${process.env.CHROMIUM_PATH}" "$@"\n`), runnable = { os: 3, attrs: 0o755 << 16 } as const;
    const zip = zipSync({ "chrome-linux64/chrome": [script, runnable], "chrome-headless-shell-linux64/chrome-headless-shell": [script, runnable], "ffmpeg-linux": [script, runnable] });
    host = createServer((req, res) => { asked.push(req.url ?? ""); res.setHeader("content-length", zip.length); res.end(zip); });
    await new Promise<void>((done) => host.listen(0, "127.0.0.1", done));
  });
  afterAll(async () => {
    host.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("gets Playwright's own, which runs, and does not fetch it twice", async () => {
    expect(process.env.CHROMIUM_PATH, "the tests' own browser").toBeTruthy();
    const { port } = host.address() as AddressInfo;
    const env = { PLAYWRIGHT_BROWSERS_PATH: join(dir, "browsers"), PLAYWRIGHT_DOWNLOAD_HOST: `http://127.0.0.1:${port}` };
    const { path } = await find(env);
    expect(path?.startsWith(join(dir, "browsers"))).toBe(true);
    const before = asked.length;
    expect(before).toBeGreaterThan(0);
    expect((await find(env)).path).toBe(path);
    expect(asked.length).toBe(before);
  });

  it("says what to install when none can be had, or when the one named does not run", async () => {
    const nobody = await find({ PLAYWRIGHT_BROWSERS_PATH: join(dir, "none"), PLAYWRIGHT_DOWNLOAD_HOST: "http://127.0.0.1:9" });
    expect(nobody.path).toBeUndefined();
    expect(nobody.remedy).toContain("apt-get install chromium");
    const wrong = await find({ CHROMIUM_PATH: "/bin/false" });
    expect(wrong).toMatchObject({ remedy: expect.stringContaining("CHROMIUM_PATH is /bin/false, which does not run.") });
    expect(wrong.path).toBeUndefined();
  });
});
