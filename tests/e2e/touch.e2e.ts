import type { CDPSession, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DrawingRoom } from "./drawingRoom.ts";

let room: DrawingRoom, page: Page, touch: CDPSession;
type XY = readonly [number, number];

/** Fingers on the axial view, in shares of its size: all go down, all move in steps, all are lifted. */
async function fingers(ways: readonly (readonly XY[])[]): Promise<void> {
  const box = await page.locator("[data-tile=axial]").boundingBox();
  if (!box) throw new Error("no axial view");
  const at = (n: number) => ways.map((way, id) => { const [u, v] = way[Math.min(n, way.length - 1)]; return { x: box.x + u * box.width, y: box.y + v * box.height, id }; });
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (let n = 1; n < Math.max(...ways.map(({ length }) => length)); n++) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(n) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
const tap = (p: XY) => fingers([[p]]);
const ring = (u: number, v: number, radius: number): XY[] => Array.from({ length: 25 }, (_, n) => [u + radius * Math.cos((n / 24) * 2 * Math.PI), v + radius * Math.sin((n / 24) * 2 * Math.PI)] as const);
/** Where the axial view stands: zoom and centre show in the length of its scale bar and the place of the pixels. */
const barWidth = async () => (await page.locator("[data-tile=axial] span.border-b").first().boundingBox())?.width ?? 0;

describe("drawing by touch", () => {
  beforeAll(async () => {
    room = await DrawingRoom.open();
    const other = await room.browser.newContext({ viewport: { width: 1180, height: 820 }, hasTouch: true });
    page = await other.newPage();
    await page.goto(`${room.product.origin}/sign-in`);
    await page.tap("[data-person=surgeon]");
    await page.waitForSelector("tr[data-case]");
    await page.goto(`${room.product.origin}/cases/${room.caseId}`);
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    touch = await other.newCDPSession(page);
    await page.locator("[data-segment='1'] button[aria-pressed]").first().tap();
  });
  afterAll(async () => { await room?.close(); });
  const voxels = () => room.voxels(1, page);
  const changed = async (from: number) => {
    await expect.poll(voxels, { timeout: 20_000 }).not.toBe(from);
    await room.rested(page);
    return voxels();
  };

  it("a finger draws an outline, which the other sees while it is drawn; corners by taps make a polygon; scissors cut", async () => {
    const before = await voxels();
    await page.locator('button[aria-label="Draw outline"]').tap();
    await page.locator("[data-shape=freeForm]").tap();
    await fingers([ring(0.5, 0.5, 0.12)]);
    const round = await changed(before);
    expect(round).toBeGreaterThan(before + 20);

    await page.locator("[data-shape=polygon]").tap();
    const corners: XY[] = [[0.2, 0.2], [0.35, 0.2], [0.35, 0.35]];
    for (const corner of corners) { await tap(corner); await page.waitForTimeout(500); }
    // The engineer's page stands in the same slice and sees the surgeon's shape before it is written.
    await expect.poll(() => room.page.locator("[data-peer-outline] [data-outline=polygon]").count(), { timeout: 20_000 }).toBe(1);
    expect(await room.page.locator("[data-peer-outline] [data-outline=polygon]").getAttribute("data-corners")).toBe("3");
    expect(await room.voxels()).toBe(round);
    await tap(corners[0]);
    const angled = await changed(round);
    expect(angled).toBeGreaterThan(round + 10);
    await expect.poll(() => room.page.locator("[data-peer-outline]").count(), { timeout: 20_000 }).toBe(0);

    await page.locator('button[aria-label="Scissors"]').tap();
    await page.locator("[data-shape=freeForm]").tap();
    await fingers([ring(0.5, 0.5, 0.2)]);
    expect(await changed(angled)).toBeLessThan(angled);
  });

  it("two fingers zoom and draw nothing, also when the second comes after the first has begun", async () => {
    const before = await voxels(), bar = await barWidth();
    await page.locator('button[aria-label="Brush"]').tap();
    await fingers([[[0.45, 0.5], [0.4, 0.5], [0.3, 0.5], [0.2, 0.5]], [[0.55, 0.5], [0.6, 0.5], [0.7, 0.5], [0.8, 0.5]]]);
    await expect.poll(barWidth, { timeout: 20_000 }).not.toBe(bar);
    await page.waitForTimeout(500);
    expect(await voxels()).toBe(before);
    await tap([0.5, 0.7]);
    expect(await changed(before)).not.toBe(before);
  });

  it("in a low window the tools scroll under «All actions» and «Keys», which stay in sight", async () => {
    await page.setViewportSize({ width: 1024, height: 700 });
    const tools = page.locator("[role=toolbar][aria-label=Tools]");
    const isSeen = (label: string) => tools.locator(`button[aria-label='${label}']`).evaluate((button) => { const { left, top, right, bottom } = button.getBoundingClientRect(); return bottom <= innerHeight && button.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2)); });
    await tools.evaluate((rail) => rail.scrollTo(0, 0));
    expect([await tools.evaluate((rail) => rail.scrollHeight > rail.clientHeight), await isSeen("All actions"), await isSeen("Keys")]).toEqual([true, true, true]);
    await tools.evaluate((rail) => rail.scrollTo(0, rail.scrollHeight));
    expect(await isSeen("Redo")).toBe(true);
  });

  it("in the list of cases a finger hits whatever can be touched: 44 px each way, but for the link that is the whole row", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(room.product.origin);
    for (const layout of ["Board", "Table"]) {
      await page.tap(`search button:has-text('${layout}')`);
      await page.waitForSelector(layout === "Board" ? "[data-column] [data-case]" : "tr[data-case]");
      const small = await page.locator("a, button, input:not([type=file]), select").evaluateAll((all) => all
        .map((one) => ({ name: (one.getAttribute("aria-label") ?? one.textContent ?? "").trim(), box: one.getBoundingClientRect(), isRow: getComputedStyle(one, "::after").position === "absolute" }))
        .filter(({ box, isRow }) => box.width > 1 && !isRow && (box.width < 43.5 || box.height < 43.5)).map(({ name, box }) => `${name}: ${box.width} × ${box.height}`));
      expect([layout, small]).toEqual([layout, []]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
