import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { caption, drag, expectAccessible, importFile, placeIn, ready, saved, signIn, smallHead, unsavedOf, voxelsOf } from "./uiPage.ts";

let product: Product, browser: Browser, one: Page, two: Page;
let caseUrl = "";

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  one = await signIn(browser, product, "engineer");
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe("the list of cases", () => {
  it("goes on with a broken upload where the server stopped receiving it", async () => {
    const file = smallHead(5);
    const half = Math.floor(file.buffer.length / 2);
    const offsets: number[] = [];
    await one.route("**/api/uploads/*/file?*", async (route) => {
      const url = new URL(route.request().url());
      offsets.push(Number(url.searchParams.get("offset")));
      if (offsets.length > 1) return route.continue();
      // The first half arrives, then the line breaks.
      await one.context().request.put(url.href, { data: file.buffer.subarray(0, half), headers: { "content-type": "application/octet-stream", "x-caseroom": "1", origin: product.origin } });
      return route.abort("connectionreset");
    });
    await importFile(one, file);
    await one.waitForSelector("[data-import=done]", { timeout: 60_000 });
    await one.unroute("**/api/uploads/*/file?*");
    expect(offsets).toEqual([0, half]);
    const row = one.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
    caseUrl = `${product.origin}/cases/${await row.getAttribute("data-case")}`;
    expect(await row.innerText()).toContain("Segment the bone");
  });

  it("waits when the line stays away, goes on or cancels, and keeps nothing of what was cancelled", async () => {
    let isAway = true;
    await one.route("**/api/uploads/*/file?*", (route) => (isAway ? route.abort("connectionreset") : route.continue()));
    await importFile(one, smallHead(6));
    await one.waitForSelector("[data-import=sending]:has-text('The connection broke; it goes on by itself')");
    isAway = false;
    await one.waitForSelector("[data-import=done]", { timeout: 60_000 });
    isAway = true;
    await importFile(one, smallHead(8));
    await one.waitForSelector("[data-import=sending]");
    const cancelled = one.waitForResponse((answer) => answer.url().includes("uploads.cancel"));
    await one.click("[data-import] button:has-text('Cancel')");
    expect((await cancelled).status()).toBe(200);
    await one.waitForSelector("[data-import]", { state: "detached" });
    await one.unroute("**/api/uploads/*/file?*");
    expect(await one.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" }).count()).toBe(2);
  });

  it("takes a due date, and shows the cases as a board by phase that the address keeps", async () => {
    const id = caseUrl.split("/").at(-1);
    await one.click(`tr[data-case="${id}"] button[aria-label^="Set a due date"]`);
    const yesterday = new Date(Date.now() - 86_400_000), two = (n: number) => String(n).padStart(2, "0");
    await one.fill("[data-dialog=due] input[type=date]", `${yesterday.getFullYear()}-${two(yesterday.getMonth() + 1)}-${two(yesterday.getDate())}`);
    await one.keyboard.press("Enter");
    await one.waitForSelector(`tr[data-case="${id}"] button:has-text("Overdue 1 day")`);
    await one.click("button:has-text('Overdue')");
    expect(await one.locator("tr[data-case]").count()).toBe(1);
    await one.click("button[title=Board]");
    await one.reload();
    await one.waitForSelector(`[data-column=segmentation] article[data-case="${id}"]`);
    expect(await one.locator("section[data-column] h2").allInnerTexts()).toHaveLength(7);
    expect(await one.locator("article[data-case]").count()).toBe(1);
    await expectAccessible(one, "the board");
    await one.click("article button:has-text('Overdue 1 day')");
    await one.click("text=No due date");
    await one.waitForSelector("text=No case matches");
    await one.goto(product.origin);
    await one.waitForSelector("tr[data-case]");
  });

  it("says why a file is refused, and what to do", async () => {
    await one.setInputFiles("input[data-import-files]", { name: "letter.nii", mimeType: "application/octet-stream", buffer: Buffer.from("Dear colleague, please find enclosed".repeat(40)) });
    await one.waitForSelector("[data-import=refused]", { timeout: 30_000 });
    expect(await one.innerText("[data-import]")).toMatch(/letter\.nii|volume|NIfTI/);
    await one.click("[data-import] button:has-text('Close')");
  });

  it("is usable with keyboard, screen reader and a phone", async () => {
    await expectAccessible(one, "cases");
    await one.click("button[aria-label^='People of']");
    await one.waitForSelector("dialog[data-dialog=members] [data-member]");
    await expectAccessible(one, "members");
    await one.keyboard.press("Escape");
    expect(await one.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^People of/);
    await one.setViewportSize({ width: 390, height: 844 });
    expect(await one.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await expectAccessible(one, "cases on a phone");
    await one.setViewportSize({ width: 1024, height: 768 });
    const stranger = await browser.newPage();
    await stranger.goto(`${product.origin}/sign-in`);
    await stranger.waitForSelector("[data-person]");
    await expectAccessible(stranger, "sign-in");
    await stranger.goto(`${product.origin}/cases/nothing-here`);
    await stranger.waitForURL(/sign-in/);
    await stranger.close();
  });
});

describe("a case that does not open", () => {
  it("says what happened and what to do", async () => {
    await one.goto(`${product.origin}/cases/nothing-here`);
    await one.waitForSelector("[role=alert]:has-text('There is no such case.')");
    await expectAccessible(one, "no such case");
    await one.route("**/api/cases/*/volume", (route) => route.fulfill({ status: 500, contentType: "application/json", body: JSON.stringify({ error: { code: "failed", message: "Something went wrong on the server (id 7). Nothing was changed." } }) }));
    await one.goto(caseUrl);
    await one.waitForSelector("[role=alert]:has-text('(id 7)')");
    await one.unroute("**/api/cases/*/volume");
  });
});

describe("the room", () => {
  it("opens for two, and nothing on the views overlaps at 1024 × 768", async () => {
    two = await signIn(browser, product, "surgeon");
    await Promise.all([one.goto(caseUrl), two.goto(caseUrl)]);
    await Promise.all([ready(one), ready(two)]);
    const overlaps = await one.evaluate(() => [...document.querySelectorAll("[data-tile]")].flatMap((tile) => {
      const boxes = [...tile.querySelectorAll("p, [data-letter]")].map((element) => ({ text: element.textContent, box: element.getBoundingClientRect() }));
      return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(({ box: b }) => a.box.left < b.right && b.left < a.box.right && a.box.top < b.bottom && b.top < a.box.bottom).map((b) => `${a.text} × ${b.text}`));
    }));
    expect(overlaps).toEqual([]);
    await expectAccessible(one, "room");
  });

  it("takes wheel, Ctrl+wheel, middle and right drag, double-click and layouts as elsewhere", async () => {
    const before = await caption(one, "axial");
    await one.mouse.move(...await placeIn(one, "axial", 0.5, 0.5));
    await one.mouse.wheel(0, -40);
    await expect.poll(() => caption(one, "axial")).not.toBe(before);
    const bar = async () => (await one.locator("[data-tile=axial] span.border-x").boundingBox())?.width ?? 0;
    const barBefore = await bar();
    await one.keyboard.down("Control");
    await one.mouse.wheel(0, -120);
    await one.keyboard.up("Control");
    await expect.poll(bar).not.toBe(barBefore);
    const crosshair = async () => one.locator("[data-tile=axial] svg path").first().getAttribute("d");
    const crosshairBefore = await crosshair();
    await drag(one, "axial", [0.5, 0.5], [0.6, 0.55], "middle");
    await expect.poll(crosshair).not.toBe(crosshairBefore);
    const window = () => one.locator("footer span").filter({ hasText: /^W / }).innerText();
    const windowBefore = await window();
    await drag(one, "axial", [0.5, 0.5], [0.6, 0.5], "right");
    await expect.poll(window).not.toBe(windowBefore);
    await one.click("button:has-text('Bone')[aria-pressed=false] >> nth=0");
    await one.keyboard.press("v");
    await one.mouse.dblclick(...await placeIn(one, "coronal", 0.5, 0.5));
    await expect.poll(() => one.locator("[data-tile]").count()).toBe(1);
    await one.mouse.dblclick(...await placeIn(one, "coronal", 0.5, 0.5));
    await expect.poll(() => one.locator("[data-tile]").count()).toBe(3);
  });

  it("draws with disc and ball, navigates while Space is held, erases only the chosen segment, and undoes by keys", async () => {
    await one.keyboard.press("Control+k");
    await one.keyboard.type("fit the volume");
    await one.keyboard.press("Enter");
    await one.keyboard.press("b");
    await drag(one, "axial", [0.4, 0.5], [0.6, 0.5]);
    await saved(one);
    await expect.poll(() => voxelsOf(one)).toBeGreaterThan(0);
    await one.waitForTimeout(400); // the count is read when the mask rests
    const disc = await voxelsOf(one);
    await one.keyboard.down(" ");
    await drag(one, "axial", [0.4, 0.6], [0.6, 0.6]);
    await one.keyboard.up(" ");
    expect(await voxelsOf(one)).toBe(disc);
    await one.keyboard.press("[");
    await one.keyboard.press("]");
    await one.click("button:has-text('Ball, 3D')");
    await drag(one, "axial", [0.4, 0.5], [0.6, 0.5]);
    await expect.poll(() => voxelsOf(one)).toBeGreaterThan(2 * disc);
    await saved(one);
    await one.waitForTimeout(400);
    const ball = await voxelsOf(one);
    await one.keyboard.press("e");
    await drag(one, "axial", [0.4, 0.5], [0.5, 0.5]);
    await expect.poll(() => voxelsOf(one)).toBeLessThan(ball);
    await one.keyboard.press("Control+z");
    await expect.poll(() => voxelsOf(one)).toBe(ball);
    await one.keyboard.press("Control+Shift+Z");
    await expect.poll(() => voxelsOf(one)).toBeLessThan(ball);
    await saved(one);
  });

  it("says on the canvas and at the stroke why a tool refuses", async () => {
    await one.keyboard.press("b");
    await one.click("button[aria-label='Lock Bone']");
    await one.waitForSelector("[data-restriction]:has-text('Bone locked')");
    await drag(one, "axial", [0.4, 0.4], [0.5, 0.4]);
    expect(await one.innerText("[data-notice]")).toBe("Bone is locked. Unlock it to draw in it.");
    await one.click("button[aria-label='Unlock Bone']");
    await one.waitForSelector("[data-restriction]", { state: "detached" });
    await one.click("button[aria-label='Hide Bone']");
    await drag(one, "axial", [0.4, 0.4], [0.5, 0.4]);
    await expect.poll(() => one.innerText("[data-notice]")).toBe("Bone is hidden. Show it to draw in it.");
    await one.click("button[aria-label='Show Bone']");
    const looker = await signIn(browser, product, "reviewer");
    await looker.goto(caseUrl);
    await ready(looker);
    expect(await looker.innerText("[data-restriction]")).toBe("Reviewer: looking only");
    await looker.keyboard.press("b");
    expect(await looker.innerText("[data-notice]")).toBe("Your role in this case may look, not draw.");
    await looker.close();
  });

  it("shows the others in every view and in 3D, with tool and segment in the list, and goes to where they are", async () => {
    await two.keyboard.press("b");
    await two.mouse.move(...await placeIn(two, "axial", 0.3, 0.4));
    for (const plane of ["axial", "coronal", "sagittal"]) await one.waitForSelector(`[data-tile=${plane}] [data-peer=demo-surgeon]`);
    await one.waitForSelector("[data-surface-state=current]", { timeout: 30_000 });
    await one.waitForSelector("[data-peer-3d=demo-surgeon]", { state: "attached" });
    expect(await one.textContent("[data-announcer]")).toMatch(/(joined|left)\.|surface of Bone/);
    await one.click("button[aria-label^='People, ']");
    expect(await one.innerText("[data-person=demo-surgeon]")).toContain("Surgeon · Brush · Bone");
    const before = await caption(one, "sagittal");
    await one.click("[data-person=demo-surgeon]");
    await expect.poll(() => caption(one, "sagittal")).not.toBe(before);
    expect(await one.locator("[data-surface-state] p[role=status]").innerText()).toMatch(/^current · (Elin Berg|Dr\. Ana Ruiz), \d\d:\d\d/);
  });

  it("finds every action by Ctrl+K, shows all keys by ?, and gives the focus back", async () => {
    await one.focus("button[aria-label='Brush']");
    await one.keyboard.press("?");
    await one.waitForSelector("dialog[data-dialog=keys]");
    await expectAccessible(one, "keys");
    await one.keyboard.press("Escape");
    expect(await one.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Brush");
    await one.keyboard.press("Control+k");
    await one.waitForSelector("dialog[data-dialog=palette]");
    await expectAccessible(one, "palette");
    for (let i = 0; i < 4; i++) await one.keyboard.press("Tab");
    expect(await one.evaluate(() => document.activeElement?.closest("dialog, body")?.tagName === "DIALOG" || document.activeElement === document.body)).toBe(true);
    await one.focus("[role=combobox]");
    await one.keyboard.type("layout coronal");
    await one.keyboard.press("Enter");
    await one.waitForFunction(() => document.querySelectorAll("[data-tile]").length === 1);
    await one.selectOption("#room-layout", "four");
  });

  it("reaches the panel on a narrow screen, and every control by keyboard", async () => {
    await one.setViewportSize({ width: 700, height: 768 });
    await expect.poll(() => one.locator("#room-panel").isVisible()).toBe(false);
    await one.click("button[aria-label='Panel']");
    expect(await one.locator("#room-panel").isVisible()).toBe(true);
    await expectAccessible(one, "room with the drawer");
    await one.click("button[aria-label='Close the panel']");
    await one.setViewportSize({ width: 1024, height: 768 });
    await one.focus("[data-stage]");
    const before = await caption(one, "sagittal");
    await one.keyboard.press("ArrowLeft");
    await expect.poll(() => caption(one, "sagittal")).not.toBe(before);
  });

  it("the tools are one stop for Tab with arrows within, and none is smaller than 24 pixels at 1024 × 768", async () => {
    const focusedLabel = () => one.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    const tools = one.locator("[role=toolbar][aria-label=Tools]"), crosshair = await caption(one, "sagittal");
    expect(await tools.locator("button[tabindex='0']").count()).toBe(1);
    await one.focus("button[aria-label='Brush']");
    await one.keyboard.press("ArrowDown");
    expect(await focusedLabel()).toBe("Erase");
    await one.keyboard.press("Enter");
    expect(await tools.locator("button[aria-pressed=true]").getAttribute("aria-label")).toBe("Erase");
    await one.keyboard.press("Home");
    await one.keyboard.press("ArrowUp");
    expect(await focusedLabel()).toBe("Keys");
    await one.keyboard.press("Tab");
    expect(await one.evaluate(() => document.activeElement?.closest("[role=toolbar]"))).toBe(null);
    await one.keyboard.press("Shift+Tab");
    expect(await focusedLabel()).toBe("Keys");
    expect(await caption(one, "sagittal")).toBe(crosshair);
    const sizes = await tools.locator("button").evaluateAll((buttons) => buttons.map((button) => { const { width, height, bottom } = button.getBoundingClientRect(); return Math.min(width, height) >= 24 && bottom <= innerHeight; }));
    expect(sizes).not.toContain(false);
  });

  it("draws by one finger, pans and zooms by two", async () => {
    const touch = await signIn(browser, product, "segmentationSpecialist", { hasTouch: true });
    await touch.goto(caseUrl);
    await ready(touch);
    const client = await touch.context().newCDPSession(touch);
    const send = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: [number, number][]) => client.send("Input.dispatchTouchEvent", { type, touchPoints: touchPoints.map(([x, y], id) => ({ x, y, id })) });
    const at = (x: number, y: number) => placeIn(touch, "axial", x, y);
    const before = await voxelsOf(touch);
    await touch.keyboard.press("b");
    await send("touchStart", await at(0.3, 0.7));
    for (const x of [0.35, 0.4, 0.5, 0.6]) await send("touchMove", await at(x, 0.7));
    await send("touchEnd");
    await saved(touch);
    await expect.poll(() => voxelsOf(touch)).toBeGreaterThan(before);
    await touch.waitForTimeout(400);
    const drawn = await voxelsOf(touch);
    const bar = async () => (await touch.locator("[data-tile=axial] span.border-x").boundingBox())?.width ?? 0;
    const barBefore = await bar();
    await send("touchStart", await at(0.45, 0.5), await at(0.55, 0.5));
    for (const by of [0.02, 0.05, 0.08]) await send("touchMove", await at(0.45 - by, 0.5), await at(0.55 + by, 0.5));
    await send("touchEnd");
    await expect.poll(bar).not.toBe(barBefore);
    expect(await voxelsOf(touch)).toBe(drawn);
    await touch.close();
  });
});

describe("talk", () => {
  it("pins a comment, answers, resolves, ticks the slider, and a link opens there", async () => {
    await one.keyboard.press("c");
    await one.mouse.click(...await placeIn(one, "axial", 0.35, 0.45));
    await one.fill("textarea[aria-label=Comment]", "Keep 5 mm from the suture here.");
    await one.click("button:has-text('Comment'):not([role=tab]):not([aria-label])");
    await one.waitForSelector("[data-thread]");
    const place = await caption(one, "sagittal");
    await expectAccessible(one, "talk");
    await two.waitForSelector("[data-tile=axial] [data-tick]", { state: "attached" });
    await two.click("[role=tab]:has-text('Talk')");
    await two.click("[data-thread] button:has-text('Go there')");
    await expect.poll(() => caption(two, "sagittal")).toBe(place);
    await two.fill("textarea[aria-label^='Answer to']", "Done.");
    await two.click("button:has-text('Reply')");
    await one.waitForSelector("[data-thread] :text('Done.')");
    const id = await one.getAttribute("[data-thread]", "data-thread");
    await two.goto(`${caseUrl}?comment=${id}`);
    await ready(two);
    await two.waitForSelector(`[data-thread='${id}'][data-chosen=true]`);
    expect(await caption(two, "sagittal")).toBe(place);
    await one.click("[data-thread] button:has-text('Resolve')");
    await two.waitForSelector("[data-tick]", { state: "detached" });
    await two.click("button:has-text('Show resolved')");
    expect(await two.getAttribute("[data-thread]", "data-resolved")).toBe("true");
  });
});

describe("offline and idle", () => {
  it("goes on drawing without a server, says what waits, asks before losing it, and delivers it once", async () => {
    await one.click("[role=tab]:has-text('Segments')");
    const pids = JSON.parse(readFileSync(join(product.dataDir, "processes.json"), "utf8")) as { starter: number; server: number };
    process.kill(pids.starter, "SIGSTOP"); // it would start the server again at once
    process.kill(pids.server, "SIGKILL");
    try {
      await one.keyboard.press("b");
      const before = await voxelsOf(one);
      await drag(one, "coronal", [0.3, 0.3], [0.6, 0.3]);
      await drag(one, "coronal", [0.3, 0.4], [0.6, 0.4]);
      expect(await unsavedOf(one)).toBe(2);
      await expect.poll(() => voxelsOf(one)).toBeGreaterThan(before);
      expect(await one.innerText("[data-saved-word]")).toBe("Offline · 2 edits unsaved");
      await one.waitForSelector("[data-offline]:has-text('2 edits wait in this page')");
      // Neither surfaces nor people are claimed to be what nobody can know now.
      await one.waitForSelector("[data-surface-state='not connected']");
      expect(await one.innerText("footer[aria-label=Status]")).toContain("Not connected: who else is here is not known");
      expect(await one.evaluate(() => !window.dispatchEvent(new Event("beforeunload", { cancelable: true })))).toBe(true);
      await one.click("button[aria-label^='Account of']");
      await one.click("button:text-is('Sign out')");
      await one.waitForSelector("dialog:has-text('lose unsaved edits')");
      await one.click("dialog button:has-text('Stay')");
    } finally {
      process.kill(pids.starter, "SIGCONT");
    }
    await one.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 40_000 });
    const hash = () => Promise.all([one, two].map((page) => page.getAttribute("[data-room]", "data-mask-hash")));
    await expect.poll(async () => new Set(await hash()).size, { timeout: 20_000 }).toBe(1);
  });

  it("RM6: locks an idle page, keeps its strokes, and delivers them after the same person signs in", async () => {
    const page = await signIn(browser, product, "segmentationSpecialist");
    await page.clock.install();
    await page.goto(caseUrl);
    await ready(page);
    const voxels = await voxelsOf(page);
    await page.keyboard.press("b");
    // The socket is gone and does not come back before the lock.
    await page.route("**/api/cases/*/ticket", (route) => route.abort());
    await page.evaluate(() => window.dispatchEvent(new Event("offline")));
    await page.clock.fastForward("13:30");
    await page.waitForSelector("[role=alert]:has-text('locks in two minutes')");
    await drag(page, "sagittal", [0.3, 0.3], [0.6, 0.3]);
    await page.clock.fastForward("15:30");
    await page.waitForSelector("dialog[data-dialog=lock]");
    expect(await page.innerText("dialog[data-dialog=lock]")).toContain("Continue as Sam Okafor");
    await expectAccessible(page, "lock");
    await page.keyboard.press("Escape");
    expect(await page.locator("dialog[data-dialog=lock]").isVisible()).toBe(true);
    expect(await page.evaluate(async () => (await fetch("/api/trpc/me")).status)).toBe(401);
    await page.unroute("**/api/cases/*/ticket");
    await page.click("dialog button:has-text('Continue as')");
    await page.waitForSelector("dialog[data-dialog=lock]", { state: "detached" });
    await expect.poll(async () => { await page.clock.runFor(500); return page.getAttribute("[data-room]", "data-saved"); }, { timeout: 20_000 }).toBe("true");
    expect(await voxelsOf(page)).toBeGreaterThan(voxels);
    await page.close();
  });
});
