import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DrawingRoom } from "./drawingRoom.ts";

let room: DrawingRoom;
const told = () => room.page.textContent("[data-effect-told]");
const choose = (label: string) => room.page.getByRole("combobox", { name: "What to do" }).selectOption({ label });
const shot = async (name: string) => { if (process.env.SHOT_DIR) await room.page.screenshot({ path: `${process.env.SHOT_DIR}/${name}.png` }); };

describe("what a tool would do is seen before anything is written", () => {
  beforeAll(async () => { room = await DrawingRoom.open(); });
  afterAll(async () => { await room?.close(); });

  it("the threshold's range is dragged on the volume's histogram, found by itself, and seen in the slices", async () => {
    const { page } = room, before = await room.picture();
    await page.keyboard.press("t");
    await page.waitForSelector("[data-histogram] svg", { timeout: 20_000 });
    const from = () => page.getAttribute("[data-hu-handle=From]", "aria-valuenow").then(Number);
    expect(await from()).toBe(226);
    await expect.poll(async () => Buffer.compare(await room.picture(), before), { timeout: 20_000 }).not.toBe(0);
    const bone = await room.picture();
    await shot("threshold");
    // The lower end, dragged to the left, takes soft tissue in.
    const handle = await page.locator("[data-hu-handle=From]").boundingBox(), bars = await page.locator("[data-histogram] svg").boundingBox();
    if (!handle || !bars) throw new Error("no histogram");
    await page.mouse.move(handle.x + handle.width / 2, bars.y + 30);
    await page.mouse.down();
    await page.mouse.move(handle.x - 40, bars.y + 30, { steps: 6 });
    await page.mouse.up();
    expect(await from()).toBeLessThan(200);
    expect(await page.inputValue("#hu-From")).toBe(String(await from()));
    await expect.poll(async () => Buffer.compare(await room.picture(), bone), { timeout: 20_000 }).not.toBe(0);
    await page.locator("[data-hu-handle=From]").focus();
    const dragged = await from();
    await page.keyboard.press("ArrowRight");
    expect(await from()).toBe(dragged + 1);
    // Each automatic method says what it finds, and finds what parts air and tissue, or tissue and bone.
    const found: number[] = [];
    for (const method of ["otsu", "isodata", "triangle", "maximumEntropy"]) {
      await page.click(`[data-method=${method}]`);
      found.push(await from());
      expect(await page.getAttribute(`[data-method=${method}]`, "title")).toBe(`From ${found.at(-1)} HU on`);
    }
    for (const hu of found) expect(hu).toBeGreaterThan(-1000);
    expect(new Set(found).size).toBeGreaterThan(1);
    // What a method found is proposed unless one says otherwise; what one sets oneself is written.
    const proposes = page.getByRole("checkbox", { name: "As a proposal, to be accepted" });
    expect(await proposes.isChecked()).toBe(true);
    await page.selectOption("section[aria-label=Threshold] select", "bone");
    expect(await proposes.isChecked()).toBe(false);
    expect(await from()).toBe(226);
    // Nothing was written by any of it.
    expect(await room.voxels()).toBe(0);
    await page.click("button:has-text('Put this range into')");
    const written = await room.changed(0);
    expect(written).toBeGreaterThan(1000);
    await page.click('button[aria-label="Undo"]');
    expect(await room.changed(written)).toBe(0);
    await page.click('button[aria-label="Redo"]');
    expect(await room.changed(0)).toBe(written);
  });

  it("MK9: a margin is shown while its number changes, and Apply writes what was shown; a number out of bounds says so", async () => {
    const { page } = room, before = await room.voxels(), plain = await room.picture();
    await page.keyboard.press("m");
    const would = () => page.textContent("[data-preview]", { timeout: 20_000 });
    await expect.poll(would, { timeout: 20_000 }).toMatch(/Would add/);
    const first = await would();
    await page.locator("section:has([data-apply-effect]) input[type=number]").first().fill("6");
    await expect.poll(would, { timeout: 20_000 }).not.toBe(first);
    await expect.poll(async () => Buffer.compare(await room.picture(), plain), { timeout: 20_000 }).not.toBe(0);
    await shot("margin");
    expect(await room.voxels()).toBe(before);
    await page.uncheck("text=Show in the slices what it would do");
    await expect.poll(async () => Buffer.compare(await room.picture(), plain), { timeout: 20_000 }).toBe(0);
    await page.check("text=Show in the slices what it would do");
    await page.locator("section:has([data-apply-effect]) input[type=number]").first().fill("600");
    expect(await page.textContent("[data-effect-problem]")).toBe("Margin must lie between 0.1 and 20 mm.");
    await page.click("[data-apply-effect]");
    expect(await told()).toBe("Margin must lie between 0.1 and 20 mm.");
    expect(await room.voxels()).toBe(before);
    await page.locator("section:has([data-apply-effect]) input[type=number]").first().fill("6");
    await expect.poll(would, { timeout: 20_000 }).toMatch(/Would add/);
    const [, added] = /add ([\d.]+) mL/.exec(await would() ?? "") ?? [];
    await page.click("[data-apply-effect]");
    const grown = await room.changed(before), { spacing } = room.grid;
    expect(((grown - before) * spacing[0] * spacing[1] * spacing[2]) / 1000).toBeCloseTo(Number(added), 1);
    expect(await told()).toContain(`${added} mL added`);
  });

  it("MK7: what an effect wrote is taken back as one, also after a reload", async () => {
    const { page } = room, before = await room.voxels();
    await page.keyboard.press("s");
    await choose("Median");
    await page.locator("section:has([data-apply-effect]) input[type=number]").first().fill("3");
    await expect.poll(() => page.textContent("[data-preview]"), { timeout: 20_000 }).toMatch(/add [\d.]*[1-9][\d.]* mL and take [\d.]*[1-9][\d.]* mL away/);
    const hash = () => page.getAttribute("[data-room]", "data-mask-hash"), drawn = await hash();
    await page.click("[data-apply-effect]");
    await expect.poll(hash, { timeout: 20_000 }).not.toBe(drawn);
    await room.saved();
    await page.reload();
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    await expect.poll(hash, { timeout: 20_000 }).not.toBe("");
    await page.click('button[aria-label="Undo"]');
    await expect.poll(hash, { timeout: 20_000 }).toBe(drawn);
    expect(await room.voxels()).toBe(before);
  });

  it("MK6: growing from seeds follows each seed that is drawn, and lands in a proposal that changes nobody's work", async () => {
    const { page } = room;
    for (let left = await room.voxels(); left > 0; left = await room.voxels()) {
      await page.click('button[aria-label="Undo"]');
      await room.changed(left);
    }
    await page.click("button:has-text('Add segment')");
    await page.waitForSelector("[data-segment='2']");
    await page.keyboard.press("b");
    await room.drag([0.4, 0.5], [0.45, 0.5]);
    await room.changed(0, 2);
    await page.locator("[data-segment='1'] button[aria-pressed]").first().click();
    await room.drag([0.55, 0.5], [0.6, 0.5]);
    const seeds = [await room.changed(0), await room.voxels(2)];
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await choose("From seeds, all visible segments");
    await page.click("[data-apply-effect]");
    const revision = () => page.getAttribute("[data-growth]", "data-growth");
    await expect.poll(revision, { timeout: 30_000 }).not.toBe("");
    const first = await revision(), shown = await room.picture();
    await shot("growth");
    expect([await room.voxels(), await room.voxels(2)]).toEqual(seeds);
    // One more seed, with the brush: the growing follows.
    await page.keyboard.press("b");
    await room.drag([0.5, 0.42], [0.52, 0.42]);
    await room.changed(seeds[0]);
    await expect.poll(revision, { timeout: 20_000 }).not.toBe(first);
    await expect.poll(async () => Buffer.compare(await room.picture(), shown), { timeout: 20_000 }).not.toBe(0);
    console.log(`growing after a seed stroke: ${await page.getAttribute("[data-growth]", "data-growth-ms")} ms`);
    const after = [await room.voxels(), await room.voxels(2)];
    await page.click("[data-propose-growth]");
    await page.waitForSelector("[data-proposal]", { timeout: 20_000 });
    await room.saved();
    expect([await room.voxels(), await room.voxels(2)]).toEqual(after);
    await page.locator("[data-proposal]").getByRole("button", { name: "Accept" }).click();
    const accepted = await room.changed(after[0]);
    expect(accepted).toBeGreaterThan(after[0]);
    // Accepting is one act: undo proposes it again.
    await page.click('button[aria-label="Undo"]');
    expect(await room.changed(accepted)).toBe(after[0]);
    await page.waitForSelector("[data-proposal]", { timeout: 20_000 });
  });
});
