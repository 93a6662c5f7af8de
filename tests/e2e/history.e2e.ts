import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DrawingRoom } from "./drawingRoom.ts";

let room: DrawingRoom, other: Page;
const hash = () => room.page.getAttribute("[data-room]", "data-mask-hash").then((text) => text ?? "");
const shot = async (name: string) => { if (process.env.SHOT_DIR) await room.page.screenshot({ path: `${process.env.SHOT_DIR}/${name}.png` }); };

/** Draws, and gives the mask's hash once it rests in both pages. */
async function draw(page: Page, from: [number, number], to: [number, number]): Promise<string> {
  const before = await hash();
  await page.keyboard.press("b");
  await room.drag(from, to, page);
  const after = await room.rested(page);
  expect(after).not.toBe(before);
  for (const one of [room.page, other]) await expect.poll(() => one.getAttribute("[data-room]", "data-mask-hash"), { timeout: 20_000 }).toBe(after);
  return after;
}

describe("two in a room: near each other, and what was when", () => {
  beforeAll(async () => {
    room = await DrawingRoom.open();
    other = await DrawingRoom.enter(room.product, room.browser, room.caseId, "segmentationSpecialist");
  });
  afterAll(async () => { await room?.close(); });

  it("who draws within 10 mm of another in the same segment is told softly, and nobody else is", async () => {
    const { page } = room, notice = page.locator("[data-nearby]");
    const box = await page.locator("[data-tile=axial]").boundingBox(), theirs = await other.locator("[data-tile=axial]").boundingBox();
    if (!box || !theirs) throw new Error("no axial view");
    for (const one of [page, other]) await one.keyboard.press("b");
    await other.mouse.move(theirs.x + 0.5 * theirs.width, theirs.y + 0.5 * theirs.height);
    await page.mouse.move(box.x + 0.51 * box.width, box.y + 0.5 * box.height);
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(1);
    expect(await notice.textContent()).toMatch(/ is drawing in Bone within 10 mm$/);
    // Farther away than that.
    await page.mouse.move(box.x + 0.7 * box.width, box.y + 0.5 * box.height);
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(0);
    await page.mouse.move(box.x + 0.51 * box.width, box.y + 0.5 * box.height);
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(1);
    // The other one only looks.
    await other.keyboard.press("v");
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(0);
    await other.keyboard.press("b");
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(1);
    // It stops nobody: both draw there.
    await draw(page, [0.5, 0.5], [0.52, 0.5]);
    // Another segment is none of each other's business.
    await page.click("button:has-text('Add segment')");
    await page.waitForSelector("[data-segment='2']");
    await page.mouse.move(box.x + 0.51 * box.width, box.y + 0.5 * box.height);
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(0);
    await page.locator("[data-segment='1'] button[aria-pressed]").first().click();
  });

  it("MK8: the log is looked back through, read-only, with who and when; what is clicked says who drew it", async () => {
    const { page } = room, seen = [await hash()];
    seen.push(await draw(other, [0.3, 0.4], [0.36, 0.4]));
    seen.push(await draw(page, [0.6, 0.6], [0.68, 0.6]));
    await page.click('button[aria-label="Undo"]');
    await expect.poll(hash, { timeout: 20_000 }).not.toBe(seen.at(-1));
    seen.push(await room.rested());
    await page.click('button[aria-label="Redo"]');
    await expect.poll(hash, { timeout: 20_000 }).not.toBe(seen.at(-1));
    seen.push(await room.rested());
    await page.keyboard.press("v");
    const now = await room.picture();
    await page.getByRole("tab", { name: "History" }).click();
    await page.click("[data-replay-begin]");
    const past = page.locator("[data-replay]"), slider = page.getByRole("slider", { name: "Instant" });
    await past.waitFor({ timeout: 20_000 });
    const last = Number(await past.getAttribute("data-replay-last"));
    await expect.poll(() => past.getAttribute("data-replay"), { timeout: 20_000 }).toBe(String(last));
    const at = async (moment: number) => {
      await slider.fill(String(moment));
      await expect.poll(() => past.getAttribute("data-replay"), { timeout: 20_000 }).toBe(String(moment));
      return { hash: await past.getAttribute("data-replay-hash"), said: await past.locator("p").first().textContent() };
    };
    const instants: { hash: string | null; said: string | null }[] = [];
    for (let moment = 0; moment <= last; moment++) instants.push(await at(moment));
    // Everything that was seen is there, in its order; the last instant is now.
    let from = 0;
    for (const one of seen) {
      const found = instants.findIndex((instant, i) => i >= from && instant.hash === one);
      expect(found, `instants ${instants.map((instant) => instant.hash?.slice(0, 6)).join(" ")}`).toBeGreaterThanOrEqual(from);
      from = found;
    }
    expect(instants.at(-1)?.hash).toBe(seen.at(-1));
    expect(instants[0].said).toContain("before anything was drawn");
    for (const name of ["Elin Berg", "Sam Okafor"]) expect(instants.some(({ said }) => said?.includes(name))).toBe(true);
    // The 3D view follows: nothing of the bone is there before anything was drawn, and all of it at the end.
    const surface = page.locator("section[aria-label='Surfaces in 3D']"), seen3d = async () => {
      // Without the marks and words that lie above it; React leaves this attribute alone.
      await surface.evaluate((section) => { for (const above of [...section.children].slice(1)) if (above instanceof HTMLElement || above instanceof SVGElement) above.style.opacity = "0"; });
      return surface.locator("canvas").screenshot({ animations: "disabled" });
    };
    await expect.poll(() => surface.locator("[role=status]").first().textContent(), { timeout: 20_000 }).toContain("as it was");
    const whole = await seen3d();
    await at(0);
    await expect.poll(async () => Buffer.compare(await seen3d(), whole), { timeout: 20_000 }).not.toBe(0);
    await shot("past");
    await expect.poll(async () => Buffer.compare(await room.picture(), now), { timeout: 20_000 }).not.toBe(0);
    // Nothing is changed from there.
    await page.keyboard.press("b");
    await room.drag([0.4, 0.7], [0.45, 0.7]);
    await expect.poll(() => page.textContent("body"), { timeout: 20_000 }).toContain("You are looking at the mask as it was");
    await page.keyboard.press("Control+z");
    expect(await hash()).toBe(seen.at(-1));
    await page.keyboard.press("v");
    await page.click("[data-replay-end]");
    await expect.poll(() => past.count(), { timeout: 20_000 }).toBe(0);
    // The word that nothing can be drawn stands over the views for some seconds.
    await expect.poll(async () => Buffer.compare(await room.picture(), now), { timeout: 20_000 }).toBe(0);
    await expect.poll(async () => Buffer.compare(await seen3d(), whole), { timeout: 20_000 }).toBe(0);
    expect(await surface.getAttribute("data-live")).toBe("made");

    // Picking a row shows where it was drawn, whatever lies over it, and writes nothing.
    const row = page.locator("[data-stroke]").nth(1);
    await row.getByRole("button", { name: /Sam Okafor/ }).click();
    await expect.poll(async () => Buffer.compare(await room.picture(), now), { timeout: 20_000 }).not.toBe(0);
    await shot("shown");
    await row.getByRole("button", { name: /Sam Okafor/ }).click();
    expect(await hash()).toBe(seen.at(-1));

    // A click asks who drew there; one's own is taken out from there, another's is not.
    const box = await page.locator("[data-tile=axial]").boundingBox(), here = page.locator("section[aria-label='At the crosshair']");
    if (!box) throw new Error("no axial view");
    await page.mouse.click(box.x + 0.33 * box.width, box.y + 0.4 * box.height);
    await expect.poll(() => here.textContent(), { timeout: 20_000 }).toMatch(/At the crosshair: Bone/);
    expect(await here.textContent()).not.toContain("Elin Berg");
    expect(await here.getByRole("button").count()).toBe(0);
    await page.mouse.click(box.x + 0.64 * box.width, box.y + 0.6 * box.height);
    await expect.poll(() => here.textContent(), { timeout: 20_000 }).toContain("Elin Berg");
    await shot("who");
    await here.getByRole("button", { name: "Take out" }).click();
    await expect.poll(() => here.textContent(), { timeout: 20_000 }).toContain("At the crosshair: Nothing");
    await expect.poll(hash, { timeout: 20_000 }).toBe(seen[1]);
  });
});
