import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readArchive, writeArchive } from "../../workers/package/archive.ts";
import { drag, expectAccessible, saved } from "./uiPage.ts";
import { enrolPasskey, judgeAll, overrideBlocked, withAuthenticator, Workspace } from "./workspace.ts";

const head = resolve("../shared/data/head_ct_0051"), look = process.env.CASEROOM_LOOK;
if (!existsSync(head)) console.log("The whole road on the real head CT is left out: ../shared/data is not there.");

let workspace: Workspace, engineer: Page, surgeon: Page, specialist: Page, caseId: string;
/** A picture for people to look at, where CASEROOM_LOOK names a folder. */
const shot = async (page: Page, name: string) => { if (look) await page.screenshot({ path: join(look, `road-${name}.png`) }); };
const room = async (page: Page) => { await page.goto(`${workspace.product.origin}/cases/${caseId}`); await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 }); };
const review = (page: Page) => page.goto(`${workspace.product.origin}/cases/${caseId}/review`);
const implant = "[data-implant]", current = `${implant}[data-implant-state=current]`;
const field = (page: Page, key: string) => page.locator(`${implant} [data-parameter=${key}] input:not([type=checkbox])`).first();
async function setNumber(page: Page, key: string, value: string): Promise<void> {
  await field(page, key).fill(value);
  await field(page, key).press("Enter");
}
/** Only the axial slices: three pages that draw surfaces without a graphics card wait for each other. */
const slicesOnly = (page: Page) => page.selectOption("#room-layout", "axial");
const verdictOf = (page: Page, check: string) => page.locator(`[data-check=${check}]`).getAttribute("data-verdict");
/** Opens what a check tells. */
async function unfolded(page: Page): Promise<void> {
  for (const check of ["fit", "print"]) {
    const closed = page.locator(`[data-check=${check}] button[aria-expanded=false]`);
    if (await closed.count() > 0) await closed.first().click();
  }
}
/** Until a check is of the plan and the bone as they stand. */
const settled = async (page: Page) => { for (const check of ["fit", "print"]) await page.waitForSelector(`[data-check=${check}] [data-freshness=current]`, { timeout: 120_000 }); };

beforeAll(async () => {
  workspace = await Workspace.open();
  [engineer, surgeon, specialist] = await Promise.all([workspace.page(), workspace.page({ viewport: { width: 1180, height: 820 } }), workspace.page({ viewport: { width: 1024, height: 768 } })]);
  await Promise.all([withAuthenticator(engineer), withAuthenticator(surgeon)]);
});
afterAll(async () => { await workspace?.close(); });

describe.skipIf(!existsSync(head))("the whole road, on the real head CT with its own defect", () => {
  it("the scan comes in through the page; what blocks a release is overridden in writing and stands in the report", async () => {
    await workspace.setUp(engineer, "Eva Engineer", "eva@example.org");
    await engineer.setInputFiles("input[data-import-files]", readdirSync(head).map((name) => join(head, name)));
    await engineer.waitForSelector("[data-import=review]", { timeout: 60_000 });
    // The last gap is half of the others: the 107 even slices would be taken; here all 108 are kept, which the report then tells.
    expect(await engineer.isChecked("[data-odd-end] label:has-text('Take the 107 even slices') input")).toBe(true);
    await engineer.check("[data-odd-end] label:has-text('Keep all 108') input");
    await shot(engineer, "import");
    await engineer.click("button:has-text('De-identify and upload')");
    await engineer.waitForSelector("[data-import=done]", { timeout: 120_000 });
    caseId = /cases\/([0-9a-f-]+)/.exec(await engineer.getAttribute("[data-import] a.button-primary", "href") ?? "")?.[1] ?? "";
    await engineer.goto(`${workspace.product.origin}/cases/${caseId}/report`);
    await engineer.waitForSelector("[data-finding=CT1]");
    expect(await engineer.innerText("[data-finding=uneven-end-slice]")).toMatch(/1(\.0+)? mm|1,0 mm/);
    for (const code of ["metal", "fov"]) expect(await engineer.locator(`[data-finding=${code}] figure [data-letter]`).allInnerTexts()).toEqual(["R", "L"]);
    expect(await overrideBlocked(engineer, "Training data without a patient behind it: accepted for a trial plate.")).toEqual(expect.arrayContaining(["CT1", "CT11"]));
    expect(await engineer.innerText("[data-finding=CT1]")).toMatch(/overridden[\s\S]*accepted for a trial plate/);
    await shot(engineer, "report");
  }, 300_000);

  it("three people are in the room; the bone is segmented, and two draw at once", async () => {
    await workspace.join(engineer, caseId, surgeon, "Sam Surgeon", "sam@example.org", "surgeon");
    await workspace.join(engineer, caseId, specialist, "Sia Specialist", "sia@example.org", "segmentationSpecialist");
    await room(engineer);
    for (const page of [engineer, surgeon, specialist]) await slicesOnly(page);
    await specialist.keyboard.press("t");
    await specialist.click("section[aria-label=Threshold] button.button-primary");
    await saved(specialist);
    const voxels = (page: Page) => page.getAttribute("[data-segment='1']", "data-voxels").then(Number);
    await expect.poll(() => voxels(engineer), { timeout: 30_000 }).toBeGreaterThan(1_000_000);
    const before = await voxels(engineer);
    await Promise.all([specialist, surgeon].map((page) => page.click('button[aria-label="Brush"]')));
    // In the nose and above an ear: far from the defect and from each other.
    await Promise.all([drag(specialist, "axial", [0.48, 0.2], [0.52, 0.2]), drag(surgeon, "axial", [0.3, 0.6], [0.3, 0.63])]);
    await Promise.all([specialist, surgeon].map(saved));
    await expect.poll(async () => { const all = await Promise.all([engineer, surgeon, specialist].map(voxels)); return new Set(all).size === 1 && all[0] > before; }, { timeout: 30_000 }).toBe(true);
    for (const page of [specialist, surgeon]) { await page.click('button[aria-label="Undo"]'); await saved(page); }
    await expect.poll(() => voxels(engineer), { timeout: 30_000 }).toBe(before);
  }, 300_000);

  it("the defect is found by itself, two people shape the plate at once, and the checks come by themselves", async () => {
    await engineer.click("#tab-implant");
    await engineer.click("[data-add-implant]");
    await engineer.waitForSelector(current, { timeout: 180_000 });
    await surgeon.click("#tab-implant");
    await surgeon.waitForSelector(current, { timeout: 120_000 });
    await Promise.all([setNumber(engineer, "marginMm", "0.7"), setNumber(surgeon, "bevelDeg", "8")]);
    for (const page of [engineer, surgeon]) {
      await expect.poll(() => Promise.all(["marginMm", "bevelDeg"].map((key) => field(page, key).inputValue())), { timeout: 20_000 }).toEqual(["0.7", "8"]);
      await page.waitForSelector(current, { timeout: 120_000 });
    }
    await shot(engineer, "plate");
    for (const page of [engineer, surgeon]) await page.click("#tab-checks");
    await settled(engineer);
    expect(await verdictOf(engineer, "ctQuality")).toBe("pass");
    await expectAccessible(engineer, "checks of the real head");
    await shot(engineer, "checks");
  }, 400_000);

  it("a verdict that needs judgement is judged in the room, and the judgement falls when the plan changes", async () => {
    // Thinner than the material's least wall, thicker than half of it.
    await surgeon.click("#tab-implant");
    await setNumber(surgeon, "thickness", "1");
    await surgeon.click("#tab-checks");
    await surgeon.waitForSelector("[data-check=print][data-verdict=needsJudgement]", { timeout: 120_000 });
    await settled(surgeon);
    const open = surgeon.locator("[data-check]:not([data-verdict=pass]) [data-judge-reason]");
    for (const page of [surgeon, engineer]) await unfolded(page);
    const asked = await open.count();
    expect(asked, "the real head's plate is not beyond every question").toBeGreaterThan(0);
    await open.first().fill("Looked at on every slice with the engineer: acceptable for this trial.");
    await surgeon.locator("[data-check] form:has([data-judge-reason]) button[type=submit]").first().click();
    await surgeon.waitForSelector("[data-judgement]:has-text('Sam Surgeon')");
    await engineer.waitForSelector("[data-judgement]:has-text('acceptable for this trial')", { timeout: 20_000 });
    await shot(surgeon, "judged");
    await engineer.click("#tab-implant");
    await setNumber(engineer, "marginMm", "0.8");
    await expect.poll(() => surgeon.locator("[data-judgement]").count(), { timeout: 120_000 }).toBe(0);
    await settled(surgeon);
    expect(await surgeon.locator("[data-judgement]").count()).toBe(0);
  }, 400_000);

  it("a version is frozen while somebody draws on, judged, and signed by two with their passkeys", async () => {
    await review(engineer);
    await engineer.click("button:has-text('Freeze version 1')");
    await engineer.fill("dialog input[name=indication]", "frontal defect");
    await engineer.selectOption("dialog select[name=side]", "right");
    await engineer.fill("dialog input[name=region]", "frontal");
    await engineer.click("dialog button:text-is('Freeze')");
    await drag(specialist, "axial", [0.48, 0.2], [0.52, 0.2]);
    await saved(specialist);
    await engineer.waitForSelector("[data-review='1'][data-state=frozen]", { timeout: 180_000 });
    await engineer.waitForSelector("main:has-text('The draft was changed since version 1')", { timeout: 30_000 });
    await engineer.click("#tab-checks");
    await expect.poll(() => engineer.locator("[data-check]").count(), { timeout: 60_000 }).toBe(4);
    await judgeAll(engineer, "Looked at on every slice: acceptable for this trial.");
    await engineer.click("[data-change=submit]");
    await engineer.waitForSelector("[data-review='1'][data-state=inReview]");
    await shot(engineer, "review");
    await enrolPasskey(engineer);
    await engineer.click("button:has-text('Sign with passkey')");
    await engineer.waitForSelector("[data-signature=designed]");
    await review(surgeon);
    await surgeon.waitForSelector("[data-review='1'][data-state=inReview]");
    await enrolPasskey(surgeon);
    await surgeon.click("button:has-text('Sign with passkey')");
    await surgeon.waitForSelector("[data-review='1'][data-state=signed]");
    await surgeon.click("[data-change=release]");
    await surgeon.waitForSelector("[data-review='1'][data-state=released]");
    await shot(surgeon, "released");
  }, 400_000);

  it("the package proves itself away from the server, and one changed byte is named", async () => {
    await engineer.reload();
    await engineer.click("button:has-text('Make the package')");
    const link = engineer.locator("a:has-text('Download the package')");
    await link.waitFor({ timeout: 180_000 });
    const [download] = await Promise.all([engineer.waitForEvent("download"), link.click()]);
    const zip = join(workspace.product.dataDir, "road.zip"), pub = join(workspace.product.dataDir, "workspace.pub");
    await download.saveAs(zip);
    const valid = workspace.job("verify", "--package", zip, "--trust", pub);
    expect([valid.status, valid.line.verdict, valid.line.signatures?.map(({ meaning }) => meaning).sort()]).toEqual([0, "valid", ["approved", "designed"]]);
    const files = readArchive(new Uint8Array(readFileSync(zip))), stl = [...files.keys()].find((name) => /implant.*\.stl$/.test(name)) ?? "", bytes = files.get(stl)?.slice() ?? new Uint8Array();
    bytes[bytes.length >> 1] ^= 1;
    files.set(stl, bytes);
    writeFileSync(join(workspace.product.dataDir, "bad.zip"), writeArchive(files));
    const bad = workspace.job("verify", "--package", "bad.zip", "--trust", pub);
    expect(bad.status).toBe(3);
    expect(JSON.stringify(bad.line.error)).toContain(stl);
  }, 400_000);
});
