import { readFile } from "node:fs/promises";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Mesh, meshVolumeMm3 } from "../../core/surface/mesh.ts";
import { readMesh } from "../../core/surface/meshFile.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import { sphereMesh } from "../core/surface/shapes.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { expectAccessible, importFile, ready, signIn, smallHead } from "./uiPage.ts";

let product: Product, browser: Browser, engineer: Page, viewer: Page;
/** A place for pictures of what the test saw; none by default. */
const pictures = process.env.CASEROOM_PICTURES;
const shot = (page: Page, name: string) => (pictures ? page.screenshot({ path: `${pictures}/${name}.png` }) : undefined);
const pane = (page: Page) => page.locator("section[aria-label='Surfaces in 3D']");

async function add(name: string, mesh: Mesh, count: number): Promise<void> {
  await engineer.setInputFiles("input[data-surface-file]", { name: "any.stl", mimeType: "model/stl", buffer: Buffer.from(encodeStl(mesh)) });
  await engineer.fill("dialog input.field", name);
  await engineer.locator("dialog select").nth(1).selectOption("mm");
  await engineer.click("dialog button:has-text('Add the surface'):not([disabled])");
  await expect.poll(() => engineer.locator("[data-file-surface]").count()).toBe(count);
}

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  engineer = await signIn(browser, product, "engineer", { viewport: { width: 1280, height: 900 } });
  await importFile(engineer, smallHead(8));
  await engineer.waitForSelector("[data-import=done]", { timeout: 60_000 });
  const row = engineer.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
  await engineer.goto(`${product.origin}/cases/${await row.getAttribute("data-case")}`);
  viewer = await signIn(browser, product, "reviewer");
  await viewer.goto(engineer.url());
  for (const page of [engineer, viewer]) await ready(page);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe("surfaces in the room", () => {
  it("a file's surface is repaired; its report is seen before anything is kept, and keeping it is in the audit", async () => {
    const ball = sphereMesh(20, 48);
    await add("Old plate", { positions: ball.positions, triangles: ball.triangles.slice(6) }, 1);
    await engineer.selectOption("[data-mend-way]", "repair");
    await engineer.click("section[aria-label='Mend a surface'] button[type=submit]");
    for (const page of [engineer, viewer]) await page.waitForSelector("[data-mend=made] [data-mend-report]", { timeout: 60_000 });
    const report = await engineer.innerText("[data-mend-report]");
    for (const said of ["1 hole filled", "open edge", "closed and manifold", "Displaced at most"]) expect(report).toContain(said);
    expect([await engineer.locator("[data-file-surface]").count(), await viewer.locator("[data-mend] button").allInnerTexts()]).toEqual([1, ["Look at it"]]);
    await engineer.click("[data-mend] button:has-text('Look at it')");
    await expect.poll(() => pane(engineer).getAttribute("data-solo")).toMatch(/^mend:[0-9a-f]{64}$/);
    await engineer.locator("[data-mend] >> text=Keep it").scrollIntoViewIfNeeded();
    await expectAccessible(engineer, "a mended surface");
    await shot(engineer, "mended");
    await engineer.click("[data-mend] button:has-text('Keep it')");
    for (const page of [engineer, viewer]) await page.waitForSelector("[data-file-surface]:has-text('Old plate repaired'):has-text('mended (at most')");
    await engineer.waitForSelector("[data-mend]", { state: "detached" });
    expect(await pane(engineer).getAttribute("data-solo")).toBe("");
    const caseId = new URL(engineer.url()).pathname.split("/")[2], events = await engineer.context().request.get(`${product.origin}/api/trpc/audit.list?input=${encodeURIComponent(JSON.stringify({ json: { caseId } }))}`);
    const told = ((await events.json()) as { result: { data: { json: { events: { action: string; object: Record<string, unknown> }[] } } } }).result.data.json.events.filter(({ action }) => action.startsWith("surface."));
    expect(told.map(({ action }) => action)).toEqual(["surface.imported", "surface.mendAsked", "surface.mended"]);
    expect(told[2].object).toMatchObject({ node: "mend@6", holesFilled: 1, holesLeftOpen: 0 });
  });

  it("what was repaired goes out of the room; what has a hole says so and does not", async () => {
    const ball = sphereMesh(20, 48);
    await engineer.click("[data-export]");
    const dialog = engineer.locator("[data-dialog=export]"), link = dialog.getByRole("link", { name: /^STL/ });
    await dialog.locator("[data-export-source]").selectOption({ label: "Old plate repaired" });
    const [file] = await Promise.all([engineer.waitForEvent("download"), link.click()]);
    expect(Math.abs(meshVolumeMm3(readMesh(new Uint8Array(await readFile(await file.path())), "a.stl").mesh) / meshVolumeMm3(ball) - 1)).toBeLessThan(0.005);
    await dialog.locator("[data-export-source]").selectOption({ label: "Old plate" });
    await link.click();
    await dialog.locator("[role=alert]:has-text('Old plate is not sound: 4 open edges')").waitFor({ timeout: 30_000 });
    await engineer.keyboard.press("Escape");
  });

  it("what cannot be made says why, and is discarded; a wrap tells how far the shell lies off", async () => {
    await engineer.selectOption("[data-mend-way]", "wrap");
    await engineer.fill("[data-mend-mm=detailMm]", "0.05");
    await engineer.click("section[aria-label='Mend a surface'] button[type=submit]");
    await engineer.waitForSelector("[data-mend=failed]:has-text('larger detail')", { timeout: 60_000 });
    await engineer.click("[data-mend=failed] button:has-text('Discard')");
    await engineer.waitForSelector("[data-mend]", { state: "detached" });
    await engineer.fill("[data-mend-mm=detailMm]", "1");
    await engineer.click("section[aria-label='Mend a surface'] button[type=submit]");
    await engineer.waitForSelector("[data-mend=made]:has-text('Shell outside of it')", { timeout: 60_000 });
    await engineer.click("[data-mend] button:has-text('Discard')");
    await engineer.waitForSelector("[data-mend]", { state: "detached" });
    await engineer.selectOption("[data-mend-way]", "simplify");
    await engineer.click("section[aria-label='Mend a surface'] button[type=submit]");
    await engineer.waitForSelector("[data-mend=made]:has-text('Simplified'):has-text('at 99.9 %')", { timeout: 60_000 });
    await engineer.click("[data-mend] button:has-text('Discard')");
    await engineer.waitForSelector("[data-mend]", { state: "detached" });
    expect(await engineer.locator("[data-file-surface]").count()).toBe(2);
  });

  it("two are chosen: mean, p95 and max in mm, and a map with a legend on the first; all surfaces come back", async () => {
    await add("Outer", sphereMesh(20.6, 48), 3);
    await engineer.locator("[data-distance='0']").selectOption({ label: "Old plate repaired" });
    await engineer.locator("[data-distance='1']").selectOption({ label: "Outer" });
    await engineer.click("section[aria-label='Distance between surfaces'] button:has-text('Measure')");
    const result = engineer.locator("[data-distance-result]");
    await result.waitFor({ timeout: 60_000 });
    const cells = (await result.locator("tbody td").allInnerTexts()).map(Number);
    expect(cells).toHaveLength(6);
    for (const mm of cells) expect(Math.abs(mm - 0.6)).toBeLessThan(0.06);
    expect(await result.innerText()).toContain("negative inside Outer");
    expect(await pane(engineer).getAttribute("data-solo")).toMatch(/^distance:/);
    const legend = engineer.locator("[data-map-legend=solo]");
    expect([await legend.locator("li").count(), await legend.innerText()]).toEqual([7, expect.stringContaining("Old plate repaired to Outer, mm")]);
    // The histogram over the bands: of two balls one round the other nearly all lies in one.
    const shares = await legend.locator("li").evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("data-map-share"))));
    expect([Math.round(shares.reduce((sum, share) => sum + share, 0)), Math.max(...shares) > 95]).toEqual([100, true]);
    await result.scrollIntoViewIfNeeded();
    await expectAccessible(engineer, "the distance between surfaces");
    await shot(engineer, "distance");
    await legend.locator("button").click();
    await expect.poll(() => pane(engineer).getAttribute("data-solo")).toBe("");
    // Nobody else is shown it, and what is measured to is not the same any more once it is gone.
    expect(await pane(viewer).getAttribute("data-solo")).toBe("");
    await engineer.click("[aria-label='Remove Outer']");
    await engineer.waitForSelector("[data-distance-result]:has-text('Out of date')");
  });
});
