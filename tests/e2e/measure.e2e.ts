import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { drag, expectAccessible, importFile, placeIn, ready, signIn, smallHead } from "./uiPage.ts";

let product: Product, browser: Browser, engineer: Page, surgeon: Page, viewer: Page;
/** A place for pictures of what the test saw; none by default. */
const pictures = process.env.CASEROOM_PICTURES;
const shot = (page: Page, name: string) => (pictures ? page.screenshot({ path: `${pictures}/${name}.png` }) : undefined);
const values = (page: Page) => page.locator("[data-tile=axial] [data-measurement]").allInnerTexts().then((all) => all.map((text) => text.split("\n").at(-1)?.trim().replace(/^(?:Length|Angle|Area|Wall) /, "")));
const listed = (page: Page) => page.locator("[data-measurements] li button:first-of-type").allInnerTexts();
const enterOnStage = async (page: Page, ...keys: string[]) => {
  await page.locator("[data-stage]").focus();
  for (const key of keys) await page.keyboard.press(key);
};

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  engineer = await signIn(browser, product, "engineer");
  await importFile(engineer, smallHead(5));
  await engineer.waitForSelector("[data-import=done]", { timeout: 60_000 });
  const row = engineer.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
  await engineer.goto(`${product.origin}/cases/${await row.getAttribute("data-case")}`);
  [surgeon, viewer] = [await signIn(browser, product, "surgeon"), await signIn(browser, product, "reviewer")];
  for (const page of [surgeon, viewer]) await page.goto(engineer.url());
  for (const page of [engineer, surgeon, viewer]) await ready(page);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe("measuring in the room", () => {
  it("a ruler set by keys is as long as the voxels between say, and everybody sees it", async () => {
    const spacing = await engineer.evaluate(async () => {
      const id = location.pathname.split("/").at(-1);
      const answer = await fetch(`/api/trpc/cases.get?input=${encodeURIComponent(JSON.stringify({ json: { caseId: id } }))}`);
      return ((await answer.json()) as { result: { data: { json: { grid: { spacing: number[] } } } } }).result.data.json.grid.spacing;
    });
    await engineer.keyboard.press("r");
    await enterOnStage(engineer, "Enter", "Shift+ArrowRight", "Enter");
    const wanted = `${(10 * spacing[0]).toFixed(1)} mm`;
    for (const page of [engineer, surgeon, viewer]) await expect.poll(() => values(page)).toEqual([wanted]);
    expect(await listed(engineer)).toEqual([wanted]);
  });

  it("an angle by clicks and an area closed at its first point; a handle moved by another person changes the value for all", async () => {
    await engineer.keyboard.press("Escape");
    await engineer.keyboard.press("n");
    for (const [x, y] of [[0.3, 0.3], [0.3, 0.6], [0.6, 0.6]] as const) await engineer.mouse.click(...await placeIn(engineer, "axial", x, y));
    await expect.poll(async () => (await listed(engineer)).filter((text) => text.endsWith("°"))).toEqual(["90.0°"]);
    await engineer.keyboard.press("u");
    for (const [x, y] of [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.35]] as const) await engineer.mouse.click(...await placeIn(engineer, "axial", x, y));
    await expect.poll(async () => (await listed(engineer)).filter((text) => text.endsWith("mm²")).length).toBe(1);
    await expectAccessible(engineer, "measuring");
    await shot(engineer, "measuring");
    await surgeon.click("#tab-implant");
    const before = (await listed(surgeon)).find((text) => text.endsWith("°"));
    const handle = surgeon.locator("[data-tile=axial] [data-plan-point='Angle, point 3']");
    await handle.focus();
    for (let n = 0; n < 3; n++) await handle.press("Shift+ArrowUp");
    await expect.poll(async () => (await listed(engineer)).find((text) => text.endsWith("°"))).not.toBe(before);
    await expect.poll(async () => (await listed(engineer)).sort().join() === (await listed(surgeon)).sort().join()).toBe(true);
  });

  it("a ruler by dragging; who only looks sees it and has no tool for it", async () => {
    const count = (await listed(engineer)).length;
    await engineer.keyboard.press("r");
    await drag(engineer, "coronal", [0.3, 0.4], [0.7, 0.4]);
    await expect.poll(async () => (await listed(engineer)).length).toBe(count + 1);
    expect(await viewer.isDisabled("button[aria-label=Ruler]")).toBe(true);
    await viewer.keyboard.press("r");
    await viewer.waitForSelector("[data-notice]");
    await viewer.click("#tab-implant");
    expect((await listed(viewer)).length).toBe(count + 1);
    expect(await viewer.locator("[data-plan-point]").count()).toBe(0);
  });

  it("PL3: an outline placed by one and a screw by another stay both; each undoes their own", async () => {
    await engineer.click("#tab-implant");
    await engineer.click("[data-add-implant]");
    await surgeon.waitForSelector("[data-implant]");
    await engineer.click("[data-points=outline] button[aria-pressed]");
    for (const [x, y] of [[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]] as const) await engineer.mouse.click(...await placeIn(engineer, "axial", x, y));
    await expect.poll(() => surgeon.getAttribute("[data-points=outline]", "data-count")).toBe("4");
    await surgeon.selectOption("[data-parameter=fixation] select", '"tabs"');
    await surgeon.click("[data-points=fixationPoints] button[aria-pressed]");
    await surgeon.mouse.click(...await placeIn(surgeon, "axial", 0.7, 0.45));
    await expect.poll(() => engineer.getAttribute("[data-points=fixationPoints]", "data-count")).toBe("1");
    await shot(engineer, "outline");
    await engineer.click('button[aria-label="Undo your last change of the plan"]');
    for (const page of [engineer, surgeon]) await expect.poll(() => Promise.all(["outline", "fixationPoints"].map((list) => page.getAttribute(`[data-points=${list}]`, "data-count")))).toEqual(["3", "1"]);
    const handle = engineer.locator("[data-tile=axial] [data-plan-point='Outline point 2']");
    await handle.focus();
    await handle.press("Delete");
    await expect.poll(() => surgeon.getAttribute("[data-points=outline]", "data-count")).toBe("2");
    await surgeon.waitForSelector("[data-points=outline] [role=alert]");
  });
});
