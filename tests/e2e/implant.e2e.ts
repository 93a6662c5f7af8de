import { readFile } from "node:fs/promises";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as verify } from "../../workers/cli/verify.ts";
import { readArchive } from "../../workers/package/archive.ts";
import { startProduct, type Product } from "../support/product.ts";
import { expectAccessible, ready, signIn } from "./uiPage.ts";

let product: Product, browser: Browser, engineer: Page, surgeon: Page, viewer: Page;
const plate = "[data-implant='demoplate']", current = `${plate}[data-implant-state=current]`;
/** A place for pictures of what the test saw; none by default. */
const pictures = process.env.CASEROOM_PICTURES;

async function shot(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}
async function enter(role: string): Promise<Page> {
  const page = await signIn(browser, product, role, { viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.click("tr[data-case] a");
  await ready(page);
  return page;
}
const openTab = (page: Page, tab: "implant" | "checks" | "segments") => page.click(`#tab-${tab}`);
const field = (page: Page, key: string) => page.locator(`${plate} [data-parameter=${key}] input:not([type=checkbox])`).first();
async function setNumber(page: Page, key: string, value: string): Promise<void> {
  await field(page, key).fill(value);
  await field(page, key).press("Enter");
}
const valueOf = (page: Page, key: string) => field(page, key).inputValue();

beforeAll(async () => {
  product = await startProduct();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  [engineer, surgeon, viewer] = [await enter("engineer"), await enter("surgeon"), await enter("reviewer")];
  for (const page of [engineer, surgeon, viewer]) await openTab(page, "implant");
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe("the implant in the room", () => {
  it("opens with a plate in place and its checks passed", async () => {
    await engineer.waitForSelector(current, { timeout: 180_000 });
    await openTab(engineer, "checks");
    for (const check of ["fit", "print"]) await engineer.waitForSelector(`[data-check=${check}][data-verdict=pass]`, { timeout: 60_000 });
    for (const [check, words] of [["fit", "Median, 95 %"], ["print", "Mass"]]) {
      await engineer.click(`[data-check=${check}] button[aria-expanded=false]`);
      expect(await engineer.innerText(`[data-check-numbers=${check}]`)).toContain(words);
    }
    await expectAccessible(engineer, "checks");
    await shot(engineer, "checks");
    await openTab(engineer, "implant");
    await expectAccessible(engineer, "implant");
    await shot(engineer, "implant");
  });

  it("the demo case waits for the surgeon: version 1 with the plate and its checks green, in review, nothing in the way of a signature", async () => {
    const room = surgeon.url();
    await surgeon.goto(product.origin);
    // While nobody works in it, the demo's designer freezes and submits.
    const row = surgeon.locator("tr[data-case]");
    await row.locator("[data-phase=review]").waitFor({ timeout: 240_000 });
    expect(await row.locator("[data-next-action]").innerText()).toBe("Sign version 1");
    expect(await row.innerText()).toContain("you");
    await row.locator("[data-next-action]").click();
    await surgeon.waitForSelector("[data-review='1'][data-state=inReview]");
    await surgeon.waitForSelector("h1:text-is('Cranial plate, right parietal, PEEK, machined')");
    // The tabs by keys, as in the room.
    await surgeon.focus("#tab-changes");
    for (let n = 0; n < 2; n++) await surgeon.keyboard.press("ArrowRight");
    await surgeon.waitForSelector("#tab-checks[aria-selected=true]:focus");
    for (const check of ["ctQuality", "soundness", "fit", "print"]) await surgeon.waitForSelector(`[data-check=${check}] [data-verdict=pass]`);
    await surgeon.waitForSelector("section[aria-label='Sign this version'] button:has-text('Set up signing')");
    await surgeon.waitForSelector("section[aria-label='Sign this version']:has-text('reports 4 of 4')");
    expect(await surgeon.locator("aside :is([role=status], [role=alert])").count()).toBe(0);
    await surgeon.waitForFunction(() => document.images.length > 0 && [...document.images].every((image) => image.complete && image.naturalWidth > 0));
    await shot(surgeon, "demo-review");
    await surgeon.goto(room);
    await ready(surgeon);
    await openTab(surgeon, "implant");
  });

  it("two people change two parameters at once: both stay on both pages, and the plate follows", async () => {
    await Promise.all([setNumber(engineer, "marginMm", "0.8"), setNumber(surgeon, "bevelDeg", "9")]);
    for (const page of [engineer, surgeon, viewer]) {
      await expect.poll(() => Promise.all([valueOf(page, "marginMm"), valueOf(page, "bevelDeg")]), { timeout: 20_000 }).toEqual(["0.8", "9"]);
    }
    for (const page of [engineer, surgeon, viewer]) await page.waitForSelector(current, { timeout: 120_000 });
  });

  it("each undoes only their own; a value that a peer overwrote since is left alone, and it says so", async () => {
    await setNumber(surgeon, "marginMm", "0.6");
    await expect.poll(() => valueOf(engineer, "marginMm"), { timeout: 20_000 }).toBe("0.6");
    await engineer.click("button[aria-label^='Undo your last change of the plan']");
    expect(await engineer.locator("[data-notice]").innerText()).toContain("was changed by somebody else since");
    expect(await valueOf(engineer, "marginMm")).toBe("0.6");
    await surgeon.click("button[aria-label^='Undo your last change of the plan']");
    await expect.poll(() => valueOf(engineer, "marginMm"), { timeout: 20_000 }).toBe("0.8");
    expect(await valueOf(engineer, "bevelDeg")).toBe("9");
  });

  it("a committed parameter brings the new plate to the peer's screen, with its checks", async () => {
    const shown = () => surgeon.locator("[data-implant-shown]").getAttribute("data-implant-shown"), took: number[] = [];
    await openTab(surgeon, "checks");
    for (const thickness of ["4.4"]) {
      const before = await shown(), start = performance.now();
      await setNumber(engineer, "thickness", thickness);
      await expect.poll(shown, { timeout: 60_000, interval: 50 }).not.toBe(before);
      took.push(Math.round(performance.now() - start));
      for (const check of ["fit", "print"]) await surgeon.waitForSelector(`[data-check=${check}][data-verdict=pass] [data-freshness=current]`, { timeout: 60_000 });
      took.push(Math.round(performance.now() - start));
    }
    if (pictures) console.info(`mesh on the peer's screen, then checks, ms: ${took.join(" ")}`);
    await openTab(surgeon, "implant");
  });

  it("a value that breaks a rule is shown at its field; the last good plate stays, marked", async () => {
    await engineer.waitForSelector(current, { timeout: 120_000 });
    await setNumber(engineer, "marginMm", "7");
    await engineer.waitForSelector(`${plate} [data-parameter=marginMm] [role=alert]`);
    await surgeon.waitForSelector(`${plate} [data-parameter=marginMm] [role=alert]`);
    await surgeon.waitForSelector("[data-implant-stale]");
    await shot(surgeon, "broken-rule");
    await engineer.click("button[aria-label^='Undo your last change of the plan']");
    await surgeon.waitForSelector(current, { timeout: 120_000 });
  });

  it("who looks only cannot change a parameter, and reads the rule behind it all the same", async () => {
    expect(await field(viewer, "marginMm").isDisabled()).toBe(true);
    await viewer.focus(`${plate} [data-parameter=marginMm]`);
    expect(await viewer.innerText(`${plate} [data-rule=marginMm]`)).toMatch(/CR3.*Allowed 0 to 3 mm, usual 0.3 to 1 mm, default 0.5 mm. Source: unverified/);
    await viewer.focus(`${plate} [data-points=outline]`);
    expect(await viewer.innerText(`${plate} [data-rule=outline]`)).toMatch(/Points on the bone.*Source/);
    expect(await viewer.locator("[data-add-implant], button[aria-label^='Undo your last change of the plan']").count()).toBe(0);
  });

  it("the map of a check lies on the plate with its legend, and a worst spot brings the views there", async () => {
    await openTab(engineer, "checks");
    const fit = engineer.locator("[data-check=fit]");
    if (await fit.locator("button[aria-expanded=false]").count() > 0) await fit.locator("button[aria-expanded=false]").click();
    await fit.locator("button[aria-pressed]").click();
    await engineer.waitForSelector("[data-map-legend=fit]", { timeout: 60_000 });
    const before = await engineer.locator("[data-tile=axial] p").first().innerText();
    await fit.locator("[data-spot]").first().click();
    await expect.poll(() => engineer.locator("[data-tile=axial] p").first().innerText()).not.toBe(before);
    // The colours of the map on the plate's outline, in every slice that cuts it.
    for (const tile of ["axial", "coronal", "sagittal"]) await expect.poll(() => engineer.locator(`[data-tile=${tile}] [data-outline-map=fit] path[stroke^=rgb]`).count()).toBeGreaterThan(2);
    await shot(engineer, "fit-map");
    // Where the pane is low the legend is one line until somebody asks for it.
    await engineer.setViewportSize({ width: 1024, height: 560 });
    const legend = engineer.locator("[data-map-legend=fit]");
    await expect.poll(() => legend.locator("li").count()).toBe(0);
    await shot(engineer, "fit-map-small");
    await legend.locator("button[aria-expanded=false]").click();
    await expect.poll(() => legend.locator("li").count()).toBeGreaterThan(3);
    await legend.locator("button[aria-expanded=true]").click();
    await engineer.setViewportSize({ width: 1440, height: 900 });
  });

  it("CK1: while the stored numbers are not those of plate and bone as they stand, the map is live and says that it is a preview", async () => {
    const legend = engineer.locator("[data-map-legend=fit]");
    await engineer.waitForSelector("[data-map-legend=fit][data-map-preview=false]", { timeout: 120_000 });
    /** What the legend was from now on, each change once. */
    const follow = () => engineer.evaluate(() => {
      const seen: string[] = (window as unknown as { seen: string[] }).seen = [];
      new MutationObserver(() => {
        const one = document.querySelector("[data-map-legend=fit]"), now = one && `${one.getAttribute("data-map-preview")} ${/preview/.test(one.textContent ?? "")}`;
        if (now && seen.at(-1) !== now) seen.push(now);
      }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-map-preview"] });
    });
    const seen = () => engineer.evaluate(() => (window as unknown as { seen: string[] }).seen.join(", "));
    await follow();
    await setNumber(surgeon, "marginMm", "0.65");
    await expect.poll(seen, { timeout: 120_000 }).toMatch(/true true.*false false$/);
    expect(await legend.innerText()).toContain("0.65 ±");
    // The bone is drawn on beside the plate: the map follows before anything is saved of it.
    await openTab(engineer, "segments");
    await engineer.click("[data-segment='1']");
    await engineer.click('button[aria-label="Brush"]');
    const tile = await engineer.locator("[data-tile=axial]").boundingBox(), outline = await engineer.locator("[data-tile=axial] [data-outline-map=fit] path").nth(1).boundingBox();
    if (!tile || !outline) throw new Error("no outline");
    await follow();
    const at = [outline.x + outline.width / 2, outline.y + outline.height / 2];
    await engineer.mouse.move(at[0], at[1]);
    await engineer.mouse.down();
    await engineer.mouse.move(at[0] + 8, at[1] + 4, { steps: 3 });
    await engineer.waitForSelector("[data-map-legend=fit][data-map-preview=true]", { timeout: 30_000 });
    await shot(engineer, "fit-preview");
    await engineer.mouse.up();
    await expect.poll(seen, { timeout: 120_000 }).toMatch(/true true.*false false$/);
    // What was drawn is undone: the numbers stored before are those of this bone again, and shown as such.
    await follow();
    await engineer.click('button[aria-label="Undo"]');
    await expect.poll(seen, { timeout: 120_000 }).toMatch(/true true.*false false$/);
    await openTab(engineer, "checks");
    await engineer.waitForSelector("[data-check=fit] [data-freshness=current]", { timeout: 120_000 });
    // Not for a moment between two plates alone.
    await engineer.waitForTimeout(3000);
    expect(await legend.getAttribute("data-map-preview")).toBe("false");
    await engineer.click('button[aria-label="Navigate"]');
  });

  it("the insertion axis is moved by its handle with the keyboard, for everybody", async () => {
    await openTab(engineer, "implant");
    const handle = engineer.locator("[data-insertion-handle=coronal]");
    await handle.focus();
    await handle.press("ArrowUp");
    await surgeon.waitForSelector(`${plate} [data-parameter=insertionAxis] input`);
    await surgeon.waitForSelector(current, { timeout: 120_000 });
    await shot(engineer, "axis");
  });

  it("in 3D the axis is dragged by its end and moved by the keys; who looks only sees it without a handle", async () => {
    await openTab(viewer, "implant");
    const axisOf = (page: Page) => page.locator(`${plate} [data-parameter=insertionAxis] input`).evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value).join(" "));
    const handle = engineer.locator("[data-insertion-handle='3D']"), [before, box] = [await axisOf(surgeon), await handle.boundingBox()];
    if (!box) throw new Error("no handle");
    await engineer.mouse.move(box.x + 10, box.y + 10);
    await engineer.mouse.down();
    await engineer.mouse.move(box.x + 30, box.y - 5, { steps: 3 });
    await engineer.mouse.up();
    await expect.poll(() => axisOf(surgeon), { timeout: 20_000 }).not.toBe(before);
    const dragged = await axisOf(surgeon);
    await handle.focus();
    await handle.press("ArrowDown");
    await expect.poll(() => axisOf(surgeon), { timeout: 20_000 }).not.toBe(dragged);
    for (let n = 0; n < 2; n++) await engineer.click("button[aria-label^='Undo your last change of the plan']");
    await expect.poll(() => axisOf(surgeon), { timeout: 20_000 }).toBe(before);
    await viewer.waitForSelector("[data-insertion-axis='3D']");
    expect(await viewer.locator("[data-insertion-handle]").count()).toBe(0);
    await shot(engineer, "axis3d");
  });

  it("screws that are spaced evenly are taken as points, each with a handle, in one act", async () => {
    await engineer.selectOption(`${plate} [data-parameter=fixation] select`, { label: "Tabs with screws" });
    const take = engineer.locator("[data-take-built=fixationPoints]"), count = (n: number) => `${plate} [data-points=fixationPoints][data-count='${n}']`;
    await take.waitFor({ timeout: 120_000 });
    const n = Number(/\d+/.exec(await take.innerText())?.[0]);
    expect(n).toBeGreaterThan(0);
    await take.click();
    for (const page of [engineer, surgeon]) await page.waitForSelector(count(n));
    await expect.poll(() => engineer.locator("[data-plan-points=fixationPoints] [aria-label^='Screw ']").count()).toBeGreaterThan(0);
    await shot(engineer, "screws");
    for (let undone = 0; undone < 2; undone++) await engineer.click("button[aria-label^='Undo your last change of the plan']");
    await expect.poll(() => surgeon.locator(`${plate} [data-parameter=fixation] select`).inputValue(), { timeout: 20_000 }).toBe("null");
    await surgeon.waitForSelector(current, { timeout: 120_000 });
  });

  it("the package of the draft: asked for in the export dialog, made with its steps told, downloaded, and proven by verify", async () => {
    await engineer.waitForSelector(current, { timeout: 120_000 });
    await openTab(engineer, "segments");
    await engineer.click("[data-export]");
    const part = engineer.locator("[data-draft-package]");
    await part.getByRole("button", { name: "Make the package" }).click();
    await part.locator("[role=status]:has-text('Packaging:')").waitFor();
    await engineer.waitForSelector("[data-draft-package=done]", { timeout: 240_000 });
    await expectAccessible(engineer, "package of the draft");
    await shot(engineer, "draft-package");
    const [file] = await Promise.all([engineer.waitForEvent("download"), part.getByRole("link").click()]), path = await file.path();
    expect(file.suggestedFilename()).toMatch(/-draft\.zip$/);
    const files = readArchive(new Uint8Array(await readFile(path)));
    expect([...files.keys()]).toEqual(expect.arrayContaining(["manifest.json", "implant/implant.stl", "surfaces/bone.stl", "inputs/labels.nii.gz", "report.pdf"]));
    expect(files.has("inputs/volume.nii.gz")).toBe(false);
    expect((await verify(["--package", path])).exitCode).toBe(0);
    // What one made, everybody in the room who may take it finds made.
    await openTab(surgeon, "segments");
    await surgeon.click("[data-export]");
    await surgeon.waitForSelector("[data-draft-package=done] a[href*='/versions/draft/package']");
  });
});
