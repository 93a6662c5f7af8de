// What every kind of the command line promises (JOBS.md): its ends, where it may not write or read, and what is left when it is stopped.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Grid } from "../../core/space/grid.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { parseOptions, text } from "../../workers/cli/options.ts";
import { endProgress, progress } from "../../workers/cli/progress.ts";

const grid: Grid = { dims: [12, 12, 12], spacing: [1, 1, 1], origin: [0, 0, 0] };
const labels = new Uint8Array(1728), ct = new Int16Array(1728).fill(-1000);
for (let z = 4; z < 8; z++) for (let y = 4; y < 8; y++) { labels.fill(1, 4 + 12 * y + 144 * z, 8 + 12 * y + 144 * z); ct.fill(500, 4 + 12 * y + 144 * z, 8 + 12 * y + 144 * z); }
// An empty setting is none.
const plain = { ...process.env, DATABASE_URL: "", CASEROOM_DATABASE: "" };

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "caseroom-jobs-"));
  writeFileSync(join(dir, "labels.nii"), encodeNifti({ grid, data: labels }));
  writeFileSync(join(dir, "ct.nii"), encodeNifti({ grid, data: ct }));
  writeFileSync(join(dir, "file"), "kept");
  mkdirSync(join(dir, "folder.nrrd"));
});
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

interface Line { ok: boolean; error?: { code: string; message: string; details: Record<string, unknown> }; [key: string]: unknown }
const job = (args: string[], env: Record<string, string> = {}, as: { uid?: number; gid?: number } = {}) => {
  const { status, stdout } = spawnSync(process.execPath, [resolve("workers/job.mjs"), ...args], { encoding: "utf8", timeout: 60_000, env: { ...plain, ...env, INIT_CWD: dir }, ...as });
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  return { status, line: JSON.parse(stdout) as Line };
};
const ends = ({ status, line }: ReturnType<typeof job>) => [status, line.error?.code];
const isRoot = process.getuid?.() === 0;
/** Who is refused a file without rights: this user, or where that is root «nobody», if the repository is open to them; null where nobody is. */
const stranger = process.platform === "win32" ? null : !isRoot ? {} : spawnSync(process.execPath, ["-e", `require("node:fs").readdirSync(${JSON.stringify(resolve("workers"))})`], { uid: 65534, gid: 65534 }).status === 0 ? { uid: 65534, gid: 65534 } : null;

describe("job: where an output cannot be written", { timeout: 120_000 }, () => {
  it("is exit 2, told before anything is computed, and leaves what is there", () => {
    for (const out of ["file/out.nrrd", "folder.nrrd"]) expect({ out, ends: ends(job(["export", "--labels", "labels.nii", "--out", out])) }).toEqual({ out, ends: [2, "not-writable"] });
    expect(ends(job(["import", "--in", "ct.nii", "--out", "file"]))).toEqual([2, "not-writable"]);
    expect(ends(job(["import", "--in", "ct.nii", "--out", "file/below"]))).toEqual([2, "not-writable"]);
    expect(readFileSync(join(dir, "file"), "utf8")).toBe("kept");
    expect(readdirSync(join(dir, "folder.nrrd"))).toEqual([]);
    expect(readdirSync(dir).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it.runIf(process.platform === "linux")("says so of a folder that lets nothing be made in it, instead of trying for ever", () => {
    expect(ends(job(["export", "--labels", "labels.nii", "--out", "/proc/caseroom/out.nrrd"]))).toEqual([2, "not-writable"]);
    expect(ends(job(["import", "--in", "ct.nii", "--out", "/proc/caseroom"]))).toEqual([2, "not-writable"]);
  });
});

describe("job: what cannot be read", { timeout: 120_000 }, () => {
  it.skipIf(!stranger)("is exit 3 with the file's name, of a file and of one among the slices", () => {
    const secret = join(dir, "secret");
    mkdirSync(secret);
    for (const name of ["a.nii", "b.nii"]) writeFileSync(join(secret, name), readFileSync(join(dir, "labels.nii")));
    chmodSync(join(secret, "b.nii"), 0);
    chmodSync(dir, 0o755);
    expect(ends(job(["export", "--labels", "secret/b.nii", "--out", "out.nrrd"], {}, stranger ?? {}))).toEqual(isRoot ? [2, "not-writable"] : [3, "not-readable"]);
    chmodSync(dir, 0o777);
    expect(ends(job(["export", "--labels", "secret/b.nii", "--out", "out.nrrd"], {}, stranger ?? {}))).toEqual([3, "not-readable"]);
    const one = job(["import", "--in", "secret", "--out", "made/below"], {}, stranger ?? {});
    expect(ends(one)).toEqual([3, "unreadable-file"]);
    expect(one.line.error?.message).toContain("b.nii cannot be read: permission denied");
    expect(existsSync(join(dir, "made"))).toBe(false);
  });

  it("a link that leads nowhere beside what is imported is not read, and does not break the end", () => {
    mkdirSync(join(dir, "linked"));
    writeFileSync(join(dir, "linked", "a.nii"), readFileSync(join(dir, "ct.nii")));
    symlinkSync(join(dir, "nowhere"), join(dir, "linked", "b.dcm"));
    const linked = job(["import", "--in", "linked", "--out", "besideLink"]);
    expect(linked).toMatchObject({ status: 0, line: { ok: true } });
    expect(Object.keys(linked.line.inputs as object)).toEqual(["linked"]);
  });

  it("links in a folder are not followed, and a person is told which: in a finding, and in the message where the rest is refused", () => {
    mkdirSync(join(dir, "links", "below"), { recursive: true });
    writeFileSync(join(dir, "links", "a.nii"), readFileSync(join(dir, "ct.nii")));
    symlinkSync(join(dir, "links"), join(dir, "links", "below", "round"));
    symlinkSync(join(dir, "ct.nii"), join(dir, "links", "slice.dcm"));
    const { line: { findings } } = job(["import", "--in", "links", "--out", "besideLinks"]);
    expect((findings as { code: string }[]).filter(({ code }) => code === "links")).toMatchObject([{ severity: "attention", value: 2, files: ["slice.dcm", "round"] }]);
    expect((job(["import", "--in", "ct.nii", "--out", "noLinks"]).line.findings as { code: string }[]).filter(({ code }) => code === "links")).toEqual([]);
    rmSync(join(dir, "links", "a.nii"));
    const alone = job(["import", "--in", "links", "--out", "linksAlone"]);
    expect(ends(alone)).toEqual([3, "no-input"]);
    expect(alone.line.error).toMatchObject({ message: expect.stringContaining("links are not followed"), details: { skipped: ["slice.dcm", "round"] } });
    // What is given itself may be a link: it was named.
    symlinkSync(join(dir, "ct.nii"), join(dir, "given.nii"));
    expect(job(["import", "--in", "given.nii", "--out", "givenLink"]).line).toMatchObject({ ok: true });
  });

  it("a database that is not named, does not answer, or a setting that cannot be used is not our fault", () => {
    const ticket = ["ticket", "--case", "00000000-0000-0000-0000-000000000000", "--user", "ana@example.org"], deaf = { DATABASE_URL: "postgres://a:b@127.0.0.1:1/none" };
    expect(ends(job(ticket, { CASEROOM_DATA: join(dir, "empty") }))).toEqual([3, "no-database"]);
    const unanswered = job(ticket, deaf);
    expect(ends(unanswered)).toEqual([3, "no-database"]);
    expect(unanswered.line.error?.message).not.toContain("a:b");
    expect(ends(job(["package", "--case", "CR-1", "--version", "1", "--out", "p.zip"], deaf))).toEqual([3, "no-database"]);
    expect(ends(job(ticket, { ...deaf, CASEROOM_MODE: "maybe" }))).toEqual([2, "usage"]);
    expect(existsSync(join(dir, "p.zip"))).toBe(false);
  });
});

describe("job: stopped", { timeout: 120_000 }, () => {
  it.skipIf(process.platform === "win32")("Ctrl-C on an import leaves nothing and says so in the one line", async () => {
    const wide = Math.ceil(900 ** 0.5), big = new Int16Array(256 * 256 * wide * 4);
    for (let i = 0; i < big.length; i++) big[i] = Math.imul(i, 2654435761) % 1000;
    writeFileSync(join(dir, "big.nii"), encodeNifti({ grid: { dims: [256, 256, wide * 4], spacing: [1, 1, 1], origin: [0, 0, 0] }, data: big }));
    const child = spawn(process.execPath, [resolve("workers/job.mjs"), "import", "--in", "big.nii", "--out", "stopped/below"], { env: { ...plain, INIT_CWD: dir }, stdio: ["ignore", "pipe", "ignore"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => { stdout += part; });
    const over = new Promise<number | null>((done) => child.once("close", (code) => { done(code); }));
    for (let n = 0; n < 2000 && !existsSync(join(dir, "stopped", "below")); n++) await wait(10);
    await wait(150);
    expect(readdirSync(join(dir, "stopped", "below"))).toHaveLength(1); // at work
    child.kill("SIGINT");
    expect(await over).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "stopped", details: { signal: "SIGINT" } } });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(existsSync(join(dir, "stopped"))).toBe(false);
  });
});

describe("job: options", { timeout: 120_000 }, () => {
  it("a number below zero may follow its option; an option twice, without a value or unknown is wrong usage", () => {
    const skin = job(["surface", "--labels", "labels.nii", "--segment", "1", "--volume", "ct.nii", "--iso", "-200", "--out", "skin.stl"]);
    expect(skin.line).toMatchObject({ ok: true });
    expect(ends(job(["export", "--labels", "labels.nii", "--labels", "labels.nii", "--out", "twice.nrrd"]))).toEqual([2, "usage"]);
    expect(existsSync(join(dir, "twice.nrrd"))).toBe(false);
    expect(parseOptions(["--a", "-.5", "--b=-3"], { a: text, b: text })).toMatchObject({ a: "-.5", b: "-3" });
    expect(parseOptions(["--a", "1", "--a", "-2"], { a: { ...text, multiple: true } })).toMatchObject({ a: ["1", "-2"] });
    for (const args of [["--a"], ["--a", "--b", "1"], ["--c", "1"], ["loose"]]) expect(() => parseOptions(args, { a: text, b: text })).toThrow(expect.objectContaining({ exitCode: 2, code: "usage" }));
  });

  it("every output has the rights that the caller's umask gives", () => {
    expect(job(["export", "--labels", "labels.nii", "--out", "rights.nrrd"]).status).toBe(0);
    const usual = statSync(join(dir, "file")).mode;
    // Four slices of a gantry tilt: resampled, so that they are kept as acquired beside the volume.
    expect(job(["import", "--in", resolve("../shared/data/odd_geometry/gantry_tilt_4slices"), "--out", "tilted"]).line).toMatchObject({ ok: true });
    const files = readdirSync(join(dir, "tilted"), { withFileTypes: true }).filter((one) => one.isFile()).map(({ name }) => `tilted/${name}`);
    expect(files).toContain("tilted/acquired.nrrd");
    for (const name of ["rights.nrrd", ...files]) expect({ name, mode: statSync(join(dir, name)).mode }).toEqual({ name, mode: usual });
  });
});

describe("progress", () => {
  const said = (isTerminal: boolean, body: () => void) => {
    const lines: string[] = [], was = process.stderr.isTTY;
    const spy = vi.spyOn(process.stderr, "write").mockImplementation((part) => { lines.push(String(part)); return true; });
    process.stderr.isTTY = isTerminal;
    try { body(); } finally { process.stderr.isTTY = was; spy.mockRestore(); }
    return lines;
  };
  it("is plain lines where stderr is no terminal: one a step, one each tenth", () => {
    expect(said(false, () => { progress("reading"); for (let n = 0; n <= 100; n++) progress("drawing", n / 100); endProgress(); })).toEqual(["reading\n", ...Array.from({ length: 11 }, (_, n) => `drawing, ${10 * n} %\n`)]);
  });
  it("is a bar that is written over on a terminal, and gone at the end", () => {
    const lines = said(true, () => { progress("drawing", 0.5); progress("writing"); endProgress(); });
    expect(lines).toEqual([`\r\u001b[K${"█".repeat(12)}${"░".repeat(12)}  50 %  drawing`, "\r\u001b[Kwriting", "\r\u001b[K"]);
  });
});
