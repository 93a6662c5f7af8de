import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { until } from "../support/until.ts";
import { DrawingRoom } from "./drawingRoom.ts";

let room: DrawingRoom, page: Page;
const voxels = () => room.voxels(), saved = () => room.saved(), changed = (from: number) => room.changed(from);

describe("effects, proposals and history in a room", () => {
  beforeAll(async () => {
    room = await DrawingRoom.open();
    page = room.page;
  });
  afterAll(async () => { await room?.close(); });

  it("MK5: a margin is one step that undo takes back", async () => {
    await page.keyboard.press("b");
    const box = await page.locator("[data-tile=axial]").boundingBox();
    if (!box) throw new Error("no axial view");
    await page.mouse.move(box.x + 0.45 * box.width, box.y + 0.5 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.55 * box.width, box.y + 0.5 * box.height, { steps: 8 });
    await page.mouse.up();
    const drawn = await changed(0);
    await page.keyboard.press("m");
    await page.locator("section:has([data-apply-effect]) input[type=number]").first().fill("5");
    await page.click("[data-apply-effect]");
    const grown = await changed(drawn);
    expect(grown).toBeGreaterThan(drawn);
    expect(await page.textContent("[data-effect-told]")).toMatch(/mL added, 0\.00 mL taken away/);
    await page.click('button[aria-label="Undo"]');
    expect(await changed(grown)).toBe(drawn);
  });

  it("fills a drawn outline in its slice, cuts with scissors through all slices, and goes over between drawn slices", async () => {
    const box = await page.locator("[data-tile=axial]").boundingBox();
    if (!box) throw new Error("no axial view");
    const round = async (radius: number, x = 0.5, y = 0.6) => {
      const at = (n: number) => [box.x + (x + radius * Math.cos(n * Math.PI / 8)) * box.width, box.y + y * box.height + radius * Math.sin(n * Math.PI / 8) * box.width] as const;
      await page.mouse.move(...at(0));
      await page.mouse.down();
      for (let n = 1; n < 16; n++) await page.mouse.move(...at(n), { steps: 2 });
      await page.waitForSelector("[data-outline]");
      await page.mouse.up();
    };
    const before = await voxels();
    await page.keyboard.press("d");
    await round(0.12);
    const drawn = await changed(before);
    expect(drawn).toBeGreaterThan(before + 50);
    // Four slices on the same outline again; then what lies between is filled.
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.6 * box.height);
    for (let n = 0; n < 4; n++) await page.mouse.wheel(0, -100);
    await page.keyboard.press("d");
    await round(0.12);
    const twice = await changed(drawn);
    await page.keyboard.press("f");
    await page.uncheck("text=As a proposal, to be accepted");
    await page.click("[data-apply-effect]");
    const filled = await changed(twice);
    expect(filled).toBeGreaterThan(twice + (twice - drawn));
    await page.keyboard.press("l");
    await round(0.3);
    const cut = await changed(filled);
    expect(cut).toBeLessThan(drawn - before);
    for (const left of [filled, twice, drawn, before]) {
      const now = await voxels();
      await page.click('button[aria-label="Undo"]');
      expect(await changed(now)).toBe(left);
    }
  });

  it("a grown region is only proposed until it is accepted, and changes nothing of the mask before", async () => {
    const before = await voxels();
    // From the crosshair in the brain, within the soft-tissue range that is set for the threshold.
    await page.keyboard.press("t");
    await page.fill("#hu-From", "-100");
    await page.keyboard.press("Enter");
    await page.fill("#hu-To", "150");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.click("[data-apply-effect]");
    await page.waitForSelector("[data-proposal]", { timeout: 20_000 });
    await saved();
    expect(await voxels()).toBe(before);
    await page.locator("[data-proposal]").getByRole("button", { name: "Accept" }).click();
    expect(await changed(before)).toBeGreaterThan(before);
    await expect.poll(() => page.locator("[data-proposal]").count(), { timeout: 20_000 }).toBe(0);
  });

  it("history tells the strokes with their author, and takes an older one out by picking it", async () => {
    const before = await voxels();
    await page.getByRole("tab", { name: "History" }).click();
    const rows = page.locator("[data-stroke]");
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    expect(await rows.first().textContent()).toContain("Elin Berg");
    // The newest is the accepted region, one act with what cleared the proposal.
    await rows.nth(0).getByRole("button", { name: "Take out" }).click();
    await page.getByRole("tab", { name: "Segments" }).click();
    expect(await changed(before)).toBeLessThan(before);
  });

  it("the rule of what may change stands on the canvas, a stroke outside it says why, and clear keeps to it", async () => {
    const before = await voxels(), box = await page.locator("[data-tile=axial]").boundingBox();
    if (!box) throw new Error("no axial view");
    await page.keyboard.press("b");
    await page.locator("[data-masking] select").first().selectOption("insideVisible");
    expect(await page.locator("[data-restriction]").first().textContent()).toContain("only inside visible segments");
    // A corner of the view where nothing is drawn.
    await page.mouse.move(box.x + 0.35 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.37 * box.width, box.y + 0.3 * box.height, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => page.textContent("body")).toContain("Nothing was drawn: the editable area is only inside visible segments");
    expect(await voxels()).toBe(before);
    // Where only the surfaces are on screen, too.
    const alone = page.getByRole("combobox", { name: "Layout" });
    await alone.selectOption("surface");
    await expect.poll(() => page.locator("[data-restriction]").allTextContents()).toEqual(["only inside visible segments"]);
    await alone.selectOption("four");
    await page.locator("[data-masking] select").first().selectOption("anywhere");
    expect(await page.locator("[data-restriction]").count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await page.getByRole("combobox", { name: "What to do" }).selectOption("clear");
    await page.click("[data-apply-effect]");
    expect(await changed(before)).toBe(0);
    await page.click('button[aria-label="Undo"]');
    expect(await changed(0)).toBe(before);
  });

  it("MK3: a stroke that leaves the volume shows nothing, is told once, and takes nothing of anybody's", async () => {
    const surgeon = await signInHeadless(room.product.origin, "demo-surgeon"), stray = new HeadlessRoom(room.product.origin, surgeon, room.caseId, room.grid);
    await until("joined", () => stray.isSynced);
    const hash = await room.rested(), told = page.locator("[data-bad-strokes]");
    stray.author.draw(1, [{ brick: 99_999, runs: Uint16Array.of(0, 7) }]);
    await until("saved", () => stray.unsaved === 0, 20_000, () => stray.standing);
    await expect.poll(() => told.count(), { timeout: 20_000 }).toBe(1);
    expect(await told.textContent()).toContain("A stroke in this case cannot be shown, for nobody: stroke ");
    expect(await told.textContent()).toContain("brick 99999 is outside the grid");
    expect([await room.rested(), stray.fold.hash()]).toEqual([hash, hash]);
    await told.getByRole("button", { name: "I have read it" }).click();
    expect(await told.count()).toBe(0);
    // Drawing goes on, and it is not told again.
    stray.author.draw(1, [{ brick: 0, runs: Uint16Array.of(40 * 32, 5) }]);
    await expect.poll(() => room.rested(), { timeout: 20_000 }).not.toBe(hash);
    expect(await told.count()).toBe(0);
    stray.author.undo();
    await expect.poll(() => room.rested(), { timeout: 20_000 }).toBe(hash);
    stray.close();
  });

  it("goes on with effects and cuts out of touch: a large stroke waits in the page with its voxels, and arrives once", async () => {
    // A page that has computed nothing yet.
    await page.reload();
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    const before = await voxels(), pids = JSON.parse(readFileSync(join(room.product.dataDir, "processes.json"), "utf8")) as { starter: number; server: number };
    process.kill(pids.starter, "SIGSTOP");
    process.kill(pids.server, "SIGKILL");
    let drawn: number;
    try {
      await expect.poll(() => page.innerText("[data-saved-word]"), { timeout: 20_000 }).toContain("Connecting");
      // Noise: more runs than the log takes.
      await page.keyboard.press("t");
      await page.fill("#hu-From", "20");
      await page.keyboard.press("Enter");
      await page.fill("#hu-To", "45");
      await page.keyboard.press("Enter");
      await page.click("button:has-text('Put this range into')");
      await expect.poll(voxels, { timeout: 30_000 }).toBeGreaterThan(before + 5000);
      const noisy = await voxels();
      await page.keyboard.press("l");
      await page.click("[data-shape=rectangle]");
      await room.drag([0.4, 0.4], [0.6, 0.6]);
      await expect.poll(voxels, { timeout: 30_000 }).toBeLessThan(noisy);
      drawn = await voxels();
      expect(await page.innerText("[data-saved-word]")).toBe("Offline · 2 edits unsaved");
      await page.keyboard.press("Escape");
    } finally {
      process.kill(pids.starter, "SIGCONT");
    }
    await page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 60_000 });
    expect(await voxels()).toBe(drawn);
    const surgeon = await signInHeadless(room.product.origin, "demo-surgeon"), peer = new HeadlessRoom(room.product.origin, surgeon, room.caseId, room.grid), hash = await room.rested();
    await expect.poll(() => peer.fold.hash(), { timeout: 20_000 }).toBe(hash);
    peer.close();
    for (let n = 0; n < 2; n++) await page.click('button[aria-label="Undo"]');
    expect(await changed(drawn)).toBe(before);
  });

  it("A14: when the server folds old strokes into a base, an open page and a new one show what was drawn, and undo still works", async () => {
    const surgeon = await signInHeadless(room.product.origin, "demo-surgeon"), many = new HeadlessRoom(room.product.origin, surgeon, room.caseId, room.grid);
    await until("joined", () => many.isSynced);
    // More entries than make the server fold, in a corner of its own; each row is written with two values in turn.
    for (let i = 0; i < 3300; i++) {
      many.author.draw(1, [{ brick: 0, runs: Uint16Array.of((i % 900) * 32 + (i % 5), 3 + (i % 7)) }]);
      if (i % 300 === 299) await until("saved", () => many.unsaved === 0, 60_000, () => many.standing);
    }
    await until("folded", () => many.doc.getArray("strokes").length < 1500, 60_000, () => many.standing);
    const hash = (of: Page) => of.getAttribute("[data-room]", "data-mask-hash"), expected = many.fold.hash();
    await expect.poll(() => hash(page), { timeout: 20_000 }).toBe(expected);
    const other = await page.context().newPage();
    await other.goto(`${room.product.origin}/cases/${room.caseId}`);
    await other.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    await expect.poll(() => hash(other), { timeout: 20_000 }).toBe(expected);
    // MK12: what lies in the base has no author in the mask; the log tells.
    const shares = () => page.locator("[data-share]").evaluateAll((all) => all.map((row) => row.getAttribute("data-share")));
    await expect.poll(shares, { timeout: 20_000 }).toContain("");
    await page.click("[data-tell-authors]");
    await expect.poll(shares, { timeout: 20_000 }).not.toContain("");
    await expect.poll(async () => (await shares()).toSorted(), { timeout: 20_000 }).toEqual(["Dr. Ana Ruiz", "Elin Berg"]);
    // The newest act was taken out already; of these the first takes the proposal back, the second changes the mask.
    for (let i = 0; i < 2; i++) await other.click('button[aria-label="Undo"]');
    await expect.poll(() => hash(page), { timeout: 20_000 }).not.toBe(expected);
    await expect.poll(() => hash(other), { timeout: 20_000 }).toBe(await hash(page));
    await expect.poll(() => hash(page), { timeout: 20_000 }).toBe(many.fold.hash());
    await other.close();
    many.close();
  });

  it("the list shows the case's surface and who is in its room", async () => {
    const list = await (await room.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await list.goto(`${room.product.origin}/sign-in`);
    await list.click("[data-person=surgeon]");
    await list.waitForSelector("tr[data-case]");
    const row = list.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
    await expect.poll(async () => { await list.reload(); await row.waitFor(); return row.locator("[data-present]").allTextContents(); }, { timeout: 30_000, interval: 1000 }).toEqual(["Elin Berg in the room"]);
    await expect.poll(async () => { await list.reload(); await row.waitFor(); return row.locator("[data-thumbnail] img").evaluateAll((all) => all.map((img) => (img as HTMLImageElement).naturalWidth)); }, { timeout: 40_000, interval: 1500 }).toEqual([144]);
    await list.screenshot({ path: process.env.SHOT_DIR ? `${process.env.SHOT_DIR}/cases.png` : undefined });
    await list.context().close();
  });
});
