import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOTP } from "@better-auth/utils/otp";
import { gzipSync } from "fflate";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { planKey, planParametersOf } from "../../core/draft/planDoc.ts";
import { transitions } from "../../core/review/lifecycle.ts";
import type { Role } from "../../core/review/permissions.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { openDatabase } from "../../server/platform/db.ts";
import { appendToLog } from "../../server/record/draftLog.ts";
import { databaseSettings } from "../../workers/cli/database.ts";
import { readArchive, writeArchive } from "../../workers/package/archive.ts";
import { vault } from "../core/implant/vault.ts";
import { drag, expectAccessible, importFile, ready, saved } from "./uiPage.ts";
import { enrolPasskey, judgeAll, overrideBlocked, password, withAuthenticator, Workspace } from "./workspace.ts";

let workspace: Workspace, engineer: Page, surgeon: Page, specialist: Page, reviewer: Page, viewer: Page, caseId: string;
const look = process.env.CASEROOM_LOOK;
/** A picture for people to look at, where CASEROOM_LOOK names a folder. */
const shot = async (page: Page, name: string) => { if (look) await page.screenshot({ path: join(look, `${name}.png`) }); };
const planDoc = new Y.Doc();
let planEnd = { seq: 0, checksum: "" };

/** Sets parameters of the plan as the engineer, past its room: the signing is what is looked at here. */
async function setPlan(values: Record<string, string | number>): Promise<void> {
  const { db, close } = openDatabase(databaseSettings(workspace.environment()).databaseUrl);
  try {
    for (const [name, value] of Object.entries(values)) planParametersOf(planDoc).set(planKey("implant1", name), value);
    const { userId } = await engineer.evaluate(async () => (await (await fetch("/api/trpc/me")).json() as { result: { data: { json: { userId: string } } } }).result.data.json);
    planEnd = (await db.transaction((tx) => appendToLog(tx, caseId, "plan" as "masks", planEnd, [{ update: Y.encodeStateAsUpdate(planDoc), userId, sessionId: "e2e" }]))) as typeof planEnd;
  } finally {
    await close();
  }
}
const review = (page: Page, more = "") => page.goto(`${workspace.product.origin}/cases/${caseId}/review${more}`);

beforeAll(async () => {
  workspace = await Workspace.open();
  [engineer, surgeon, specialist] = await Promise.all([workspace.page(), workspace.page({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }), workspace.page({ viewport: { width: 1024, height: 768 } })]);
  await Promise.all([withAuthenticator(engineer), withAuthenticator(surgeon)]);
});
afterAll(async () => { await workspace?.close(); });

describe("from a defect to a signed package", () => {
  it("three people come into a case with a defect, and the bone is segmented", async () => {
    await workspace.setUp(engineer, "Eva Engineer", "eva@example.org");
    const { grid, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2);
    const file = gzipSync(encodeNifti({ grid, data: Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40)) }), { level: 1 });
    await importFile(engineer, { name: "head.nii.gz", mimeType: "application/gzip", buffer: Buffer.from(file) });
    const row = engineer.locator("tr[data-case]");
    await row.waitFor({ timeout: 60_000 });
    caseId = await row.getAttribute("data-case") ?? "";
    // A volume file tells neither kernel nor thickness: somebody with the right takes it as it is.
    await engineer.goto(`${workspace.product.origin}/cases/${caseId}/report`);
    await engineer.waitForSelector("[data-finding=CT8] button:has-text('Override in writing')");
    expect((await overrideBlocked(engineer, "A phantom: its planes and pixels are known to us.")).sort()).toEqual(["CT1", "CT7", "CT8"]);
    await workspace.join(engineer, caseId, surgeon, "Sam Surgeon", "sam@example.org", "surgeon");
    await workspace.join(engineer, caseId, specialist, "Sia Specialist", "sia@example.org", "segmentationSpecialist");
    await specialist.keyboard.press("t");
    await specialist.click("section[aria-label=Threshold] button.button-primary");
    await saved(specialist);
    await expect.poll(() => specialist.getAttribute("[data-segment='1']", "data-voxels").then(Number)).toBeGreaterThan(1000);
    // Thinner than the process makes: the print check asks for a judgement.
    await setPlan({ family: "cranial", bone: 1, thickness: 1 });
  });

  it("the engineer freezes from the room while the specialist draws on; the version is complete and the draft has changed since", async () => {
    await engineer.goto(`${workspace.product.origin}/cases/${caseId}`);
    await ready(engineer);
    await shot(engineer, "room-1440");
    await engineer.click("[data-review-link]");
    await engineer.waitForSelector("[data-review='0']");
    await expectAccessible(engineer, "review without a version");
    await engineer.click("button:has-text('Freeze version 1')");
    // RV6: one click on an empty form is not taken for a version that can be signed.
    await engineer.waitForSelector("dialog button:text-is('Freeze without prescription'):not(.button-primary)");
    await engineer.fill("dialog input[name=indication]", "defect after trauma");
    await engineer.selectOption("dialog select[name=side]", "right");
    await engineer.fill("dialog input[name=region]", "parietal");
    await expectAccessible(engineer, "freeze");
    await shot(engineer, "freeze-1440");
    // RV6: another material than the plan's is refused, and what was filled in stays for the next try.
    await engineer.selectOption("dialog select[name=material]", { label: "PMMA, moulded" });
    await engineer.click("dialog button:text-is('Freeze')");
    await engineer.waitForSelector("[role=alert]:has-text('«PMMA, moulded»')", { timeout: 60_000 });
    await engineer.click("button:has-text('Freeze version 1')");
    expect(await engineer.inputValue("dialog input[name=indication]")).toBe("defect after trauma");
    await engineer.selectOption("dialog select[name=material]", { label: "PEEK, machined" });
    await engineer.click("dialog button:text-is('Freeze')");
    await specialist.click('button[aria-label="Brush"]');
    await drag(specialist, "axial", [0.45, 0.5], [0.55, 0.5]);
    await saved(specialist);
    await engineer.waitForSelector("[data-review='1'][data-state=frozen]", { timeout: 60_000 });
    await engineer.waitForSelector("main:has-text('The draft was changed since version 1')", { timeout: 20_000 });
    await engineer.click("#tab-checks");
    await expect.poll(() => engineer.locator("[data-check]").count()).toBe(4);
    // The pass of the scan rests on what was overridden: said without opening it.
    expect(await engineer.innerText("[data-check=ctQuality] [data-noted]")).toMatch(/^3 overridden, \d+ to note$/);
    await engineer.click("[data-check=fit] button");
    await expectAccessible(engineer, "review, checks");
    await shot(engineer, "review-checks-1440");
  });

  it("what does not pass is judged in writing before it can be signed", async () => {
    await judgeAll(engineer, "A coarse phantom; looked at on every slice, fits.");
    await engineer.click("[data-change=submit]");
    await engineer.waitForSelector("[data-review='1'][data-state=inReview]");
    expect(await engineer.innerText("section[aria-label='Sign this version']")).toContain("Indication: defect after trauma");
    await expect.poll(() => engineer.locator("aside [role=status]:has-text('Attention')").count()).toBe(0);
    await shot(engineer, "review-1440");
  });

  it("RV1: engineer and surgeon sign with their passkeys, the surgeon by touch on a phone; nobody else's click counts", async () => {
    await engineer.click("button[aria-label='How you sign']");
    await engineer.fill("dialog input[name=password]", "wrong password here");
    await engineer.click("dialog button:has-text('Enrol a passkey')");
    await engineer.waitForSelector("dialog [role=alert]:has-text('not your password')");
    await engineer.fill("dialog input[name=password]", password);
    await engineer.click("dialog button:has-text('Enrol a passkey')");
    await engineer.waitForSelector("dialog [data-passkey]");
    await expectAccessible(engineer, "how you sign");
    await engineer.keyboard.press("Escape");
    await engineer.click("button:has-text('Sign with passkey')");
    await engineer.waitForSelector("[data-signature=designed]");
    expect(await engineer.innerText("[data-due]")).toBe("Still to be signed: «Approved for manufacture» by the surgeon.");

    await review(surgeon);
    await surgeon.waitForSelector("[data-review='1'][data-state=inReview]");
    await surgeon.tap("button:has-text('Set up signing')");
    await surgeon.fill("dialog input[name=password]", password);
    await surgeon.tap("dialog button:has-text('Enrol a passkey')");
    await surgeon.waitForSelector("dialog [data-passkey]");
    await surgeon.tap("dialog button[aria-label=Close]");
    await surgeon.waitForSelector("button:has-text('Sign with passkey')");
    await expectAccessible(surgeon, "review on a phone");
    await surgeon.locator("main").evaluate((main) => { main.scrollTop = 0; });
    await shot(surgeon, "review-390");
    // What is read first does not hide where it is signed.
    await surgeon.tap("[data-to-signature]");
    await expect.poll(() => surgeon.locator("button:has-text('Sign with passkey')").evaluate((button) => { const { top, bottom } = button.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })).toBe(true);
    await shot(surgeon, "review-390-sign");
    expect(await surgeon.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await surgeon.tap("button:has-text('Sign with passkey')");
    await surgeon.waitForSelector("[data-review='1'][data-state=signed]");
    await review(specialist);
    await specialist.waitForSelector("[data-review='1'][data-state=signed]");
    expect(await specialist.locator("button:has-text('Sign with')").count()).toBe(0);
    await specialist.waitForFunction(() => [...document.images].every((image) => image.complete));
    await shot(specialist, "review-1024");
    await expectAccessible(specialist, "a signed version");
  });

  it("a change after the signature leaves it on its version, and the room says so", async () => {
    await setPlan({ marginMm: 0.8 });
    await engineer.goto(`${workspace.product.origin}/cases/${caseId}`);
    await ready(engineer);
    await engineer.waitForSelector("[data-changed-since='1']:has-text('its signatures do not cover this')");
    await shot(engineer, "room-changed-1440");
    // With the notice the header still fits a small window: nothing is cut off at its end, no word of it breaks.
    await engineer.setViewportSize({ width: 1024, height: 768 });
    expect(await engineer.locator("header").evaluate((header) => [header.scrollWidth <= header.clientWidth, [...header.children].every((child) => child.clientHeight <= header.clientHeight)])).toEqual([true, true]);
    expect(await engineer.innerText("[data-saved-word]")).toBe("Saved");
    await engineer.setViewportSize({ width: 1440, height: 900 });
  });

  it("the package is made with a button and by the command line, verifies with the key, rebuilds, and tells tampering by name", async () => {
    await review(engineer);
    await engineer.click("button:has-text('Make the package')");
    const link = engineer.locator("a:has-text('Download the package')");
    await link.waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([engineer.waitForEvent("download"), link.click()]);
    const zip = join(workspace.product.dataDir, "button.zip"), pub = join(workspace.product.dataDir, "workspace.pub");
    await download.saveAs(zip);
    const valid = workspace.job("verify", "--package", zip, "--trust", pub, "--rebuild");
    expect([valid.status, valid.line.verdict, valid.line.signatures?.map(({ meaning }) => meaning).sort()]).toEqual([0, "valid", ["approved", "designed"]]);
    const made = workspace.job("package", "--case", caseId, "--version", "1", "--out", "own.zip");
    expect([made.status, made.line.error]).toEqual([0, undefined]);
    expect(workspace.job("verify", "--package", "own.zip").line.verdict).toBe("consistent, key not pinned");

    const whole = new Uint8Array(readFileSync(zip));
    const tamper = (path: string, change: (text: string) => string) => {
      const files = readArchive(whole);
      files.set(path, new TextEncoder().encode(change(new TextDecoder().decode(files.get(path)))));
      writeFileSync(join(workspace.product.dataDir, "bad.zip"), writeArchive(files));
      const { status, line } = workspace.job("verify", "--package", "bad.zip", "--trust", pub);
      return [status, ...line.error?.details.findings?.map(({ code }) => code) ?? []];
    };
    expect(tamper("signatures.json", (text) => text.replace("Sam Surgeon", "Max Surgeon"))).toEqual(expect.arrayContaining([3, "signature-not-countersigned"]));
    expect(tamper("audit.json", (text) => text.replace('"version.frozen"', '"version.frozem"'))).toEqual(expect.arrayContaining([3, "audit-altered"]));
    expect(tamper("checks/fit.json", (text) => text.replace("fit", "fat"))).toEqual(expect.arrayContaining([3, "file-altered", "manifest-mismatch"]));
  });

  it("F11: the next version is signed with password and one-time code, a code once; the audit names it all and its chain holds", async () => {
    await engineer.click("button:has-text('Freeze version 2')");
    await engineer.click("dialog button:text-is('Freeze')");
    await engineer.waitForSelector("[data-review='2'][data-state=frozen]", { timeout: 60_000 });
    await engineer.waitForSelector("[data-changed=marginMm]:has-text('0.8')");
    // The wider gap in 3D: the plate is less at its rim than in version 1.
    expect(await engineer.innerText("[data-compared='1']")).toBe("Compared with version 1, which is signed.");
    await engineer.waitForFunction(() => { const image = document.querySelector<HTMLImageElement>("[data-difference-picture] img"); return image !== null && image.complete && image.naturalWidth === 780; });
    expect(await engineer.innerText("[data-difference-picture]")).toMatch(/mask as before[^]*implant as before[^]*removed/);
    await expectAccessible(engineer, "what changed");
    await engineer.locator("[data-difference-picture]").scrollIntoViewIfNeeded();
    await shot(engineer, "review-v2-1440");
    await engineer.click("#tab-checks");
    await expect.poll(() => engineer.locator("[data-check]").count()).toBe(4);
    await judgeAll(engineer, "Looked at again with the wider gap.");
    await engineer.click("[data-change=submit]");
    await engineer.waitForSelector("[data-review='2'][data-state=inReview]");
    await review(specialist);
    await specialist.click("button[aria-label='How you sign']");
    await specialist.fill("dialog input[name=password]", password);
    await specialist.click("dialog button:has-text('Set up one-time codes')");
    const secret = new URL(await specialist.getAttribute("[data-totp-uri]", "data-totp-uri") ?? "").searchParams.get("secret") ?? "";
    // The app's key is base32 of the bytes that the server's code is made with.
    const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
    const otp = createOTP(Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []).toString("latin1"));
    const step = () => Math.floor(Date.now() / 30_000);
    const first = step();
    await specialist.fill("dialog input[name=code]", await otp.hotp(first));
    await shot(specialist, "factors-1024");
    await specialist.click("dialog button:text-is('Confirm')");
    await specialist.waitForSelector("dialog :text('One-time codes are set up.')");
    await specialist.keyboard.press("Escape");
    const sign = async (code: string) => {
      await specialist.waitForSelector("main input[name=password]");
      await specialist.fill("main input[name=password]", password);
      await specialist.fill("main input[name=code]", code);
      await specialist.click("button:has-text('Sign with password and code')");
    };
    await sign(await otp.hotp(first));
    await specialist.waitForSelector("[role=alert]:has-text('used already')");
    await sign(await otp.hotp(first + 1));
    await specialist.waitForSelector("[data-signature=designed]:has-text('password and code')");
    await review(surgeon);
    await surgeon.tap("button:has-text('Sign with passkey')");
    await surgeon.waitForSelector("[data-review='2'][data-state=signed]");
    await surgeon.tap("[data-change=release]");
    await surgeon.waitForSelector("[data-review='2'][data-state=released]");

    await engineer.goto(`${workspace.product.origin}/cases/${caseId}/audit`);
    await engineer.waitForSelector("[data-event='signature.added']");
    await engineer.click("button:text-is('Verify')");
    expect(await engineer.locator("main").getByText(/follow from one another|do not sign/).innerText()).toContain("follow from one another");
    await engineer.selectOption("select[aria-label='By kind']", "Signatures");
    expect(await engineer.locator("[data-event]").count()).toBe(5); // four given, one refused
    await expectAccessible(engineer, "audit");
    await shot(engineer, "audit-1440");
    await engineer.goto(workspace.product.origin);
    await engineer.waitForSelector("tr[data-case]:has-text('Released')");
    await shot(engineer, "cases-1440");
  });

  it("a version is opened by its link, read-only for every role: no room is joined, nothing is written, its content has no field", async () => {
    [reviewer, viewer] = await Promise.all([workspace.page({ viewport: { width: 1024, height: 768 } }), workspace.page({ viewport: { width: 1024, height: 768 } })]);
    await withAuthenticator(reviewer);
    await workspace.join(engineer, caseId, reviewer, "Rita Reviewer", "rita@example.org", "reviewer");
    await workspace.join(engineer, caseId, viewer, "Vera Viewer", "vera@example.org", "viewer");
    const people: Record<Role, Page> = { surgeon, engineer, segmentationSpecialist: specialist, reviewer, viewer }, hashes = new Set<string>();
    for (const [role, page] of Object.entries(people) as [Role, Page][]) {
      // Whatever the page before had begun has ended.
      await page.goto("about:blank");
      const wrote: string[] = [];
      page.on("request", (request) => { if (request.method() !== "GET") wrote.push(`${request.method()} ${request.url()}`); });
      page.on("websocket", (socket) => wrote.push(socket.url()));
      await review(page, "?version=1");
      await page.waitForSelector("[data-review='1'][data-state=signed]");
      // The person's role comes with the case.
      await page.getByText(/^Case \d\d-\d+/).waitFor();
      // The draft and version 2 say 0.8.
      await page.waitForSelector("[data-changed=marginMm]:has-text('0.5')");
      hashes.add(await page.locator("section[aria-label=Signatures] p:has-text('sha256')").innerText());
      const allowed = Object.entries(transitions.signed).flatMap(([action, { by }]) => (by.includes(role) ? [action] : [])).sort();
      await expect.poll(() => page.locator("[data-change]").evaluateAll((buttons) => buttons.map((button) => button.getAttribute("data-change")).sort())).toEqual(allowed);
      for (const tab of ["slices", "checks", "talk", "changes"]) {
        await page.click(`#tab-${tab}`);
        await page.waitForSelector(`#tab-panel[aria-labelledby=tab-${tab}]`);
        expect([role, tab, await page.locator("main").locator("input, textarea, canvas, [contenteditable]").count()]).toEqual([role, tab, 0]);
      }
      expect([role, wrote]).toEqual([role, []]);
    }
    expect(hashes.size).toBe(1);
  });

  it("the reviewer rejects a version with the reason, by passkey, and not without one; it is void, and everybody reads why", async () => {
    const why = "The rim stands proud at the temporal line.";
    await review(engineer);
    await engineer.click("button:has-text('Freeze version 3')");
    await engineer.click("dialog button:text-is('Freeze')");
    await engineer.waitForSelector("[data-review='3'][data-state=frozen]", { timeout: 60_000 });
    await engineer.click("[data-change=submit]");
    await engineer.waitForSelector("[data-review='3'][data-state=inReview]");
    await review(reviewer);
    await reviewer.waitForSelector("[data-review='3'][data-state=inReview]");
    await enrolPasskey(reviewer);
    await reviewer.click("button:has-text('Reject with reason')");
    const reject = reviewer.locator("button:has-text('Reject with passkey')");
    await reject.waitFor();
    expect(await reject.isDisabled()).toBe(true);
    await reviewer.fill("textarea[name=reason]", why);
    await expectAccessible(reviewer, "rejecting a version");
    await shot(reviewer, "reject-1024");
    await reject.click();
    for (const page of [reviewer, engineer]) {
      await page.waitForSelector("[data-review='3'][data-state=voided]");
      await page.waitForSelector(`[data-signature=rejected]:has-text('Rita Reviewer'):has-text('${why}')`);
      await expect.poll(() => page.locator("[data-change], button:has-text('Sign with')").count()).toBe(0);
    }
    await engineer.goto(`${workspace.product.origin}/cases/${caseId}/audit`);
    await engineer.waitForSelector("[data-event='signature.added']:has-text('rejected'):has-text('Rita Reviewer')");
  });
});
