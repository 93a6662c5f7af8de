import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProduct, type Product } from "../support/product.ts";
import { expectAccessible, importFile, ready, smallHead } from "./uiPage.ts";

let product: Product, browser: Browser, admin: Page, guest: Page;
const password = "correct horse battery";

beforeAll(async () => {
  product = await startProduct(240_000, ["--real"]);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  [admin, guest] = await Promise.all([1, 2].map(async () => (await browser.newContext({ viewport: { width: 1024, height: 768 } })).newPage()));
  for (const page of [admin, guest]) page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

async function signIn(page: Page, email: string, word = password): Promise<void> {
  await page.goto(`${product.origin}/sign-in`);
  await page.fill("input[name=email]", email);
  await page.fill("input[name=password]", word);
  await page.click("button[type=submit]");
}

describe("a real workspace", () => {
  it("is set up by the printed link, once", async () => {
    await expect.poll(() => /\/setup\?token=[\w-]+/.exec(product.output())?.[0] ?? "", { timeout: 20_000 }).not.toBe("");
    const link = product.origin + (/\/setup\?token=[\w-]+/.exec(product.output())?.[0] ?? "");
    await admin.goto(link);
    await expectAccessible(admin, "setup");
    await admin.fill("input[name=name]", "Ida Admin");
    await admin.fill("input[name=email]", "ida@example.org");
    await admin.fill("input[name=password]", password);
    await admin.fill("input[name=again]", password);
    await admin.click("button[type=submit]");
    await admin.waitForURL(/sign-in/);
    await guest.goto(link);
    await guest.fill("input[name=name]", "Eve");
    await guest.fill("input[name=email]", "eve@example.org");
    await guest.fill("input[name=password]", password);
    await guest.fill("input[name=again]", password);
    await guest.click("button[type=submit]");
    await guest.waitForSelector("[role=alert]:has-text('used or too old')");
  });

  it("signs in by password, and says what is wrong without saying which", async () => {
    await signIn(admin, "ida@example.org", "not the password");
    await admin.waitForSelector("[role=alert]:has-text('is not right')");
    await expectAccessible(admin, "password sign-in");
    await signIn(admin, "ida@example.org");
    await admin.waitForSelector("[data-import-files]", { state: "attached" });
    await admin.waitForSelector("main:has-text('No case yet')");
  });

  it("invites somebody new into a case; the link works once and gives the role", async () => {
    await importFile(admin, smallHead(7));
    await admin.waitForSelector("[data-import=done]", { timeout: 60_000 });
    await admin.click("button[aria-label^='People of']");
    await admin.fill("dialog input[name=email]", "vera@example.org");
    await admin.selectOption("select[aria-label='Role of the new person']", "reviewer");
    await admin.click("dialog button:text-is('Add')");
    await admin.click("dialog button:has-text('Make an invitation')");
    const link = await admin.inputValue("input[aria-label='Link of the invitation']");
    await admin.waitForSelector("[data-invited='vera@example.org']");
    await expectAccessible(admin, "members with an invitation");
    await guest.goto(link);
    await guest.waitForSelector("input[name=again]");
    await expectAccessible(guest, "invitation");
    await guest.fill("input[name=name]", "Vera Viewer");
    await guest.fill("input[name=password]", password);
    await guest.fill("input[name=again]", password);
    await guest.click("button[type=submit]");
    await ready(guest);
    expect(await guest.innerText("[data-restriction]")).toBe("Reviewer: looking only");
    const again = await (await browser.newContext()).newPage();
    await again.goto(link);
    await again.waitForSelector("[role=alert]:has-text('was used')");
    await again.close();
  });

  it("RV4: changes a role at once in the open room, keeps the last who may invite, and takes a person out", async () => {
    const vera = admin.locator("[data-member]").filter({ hasText: "Vera Viewer" });
    await vera.waitFor();
    await vera.locator("select").selectOption("segmentationSpecialist");
    await guest.waitForSelector("[data-restriction]", { state: "detached" });
    await admin.locator("[data-member]").filter({ hasText: "Ida Admin" }).locator("select").selectOption("viewer");
    await admin.waitForSelector("dialog [role=alert]:has-text('keeps that role')");
    await vera.locator("button[aria-label^='Take']").click();
    await admin.click("dialog[data-dialog=confirm] button:has-text('Take out')");
    await vera.waitFor({ state: "detached" });
    await guest.waitForSelector("main:has-text('no longer')");
    await admin.keyboard.press("Escape");
  });

  it("lists where one is signed in, ends one session, and signs out everywhere", async () => {
    const other = await (await browser.newContext()).newPage();
    await signIn(other, "ida@example.org");
    await other.waitForSelector("[data-import-files]", { state: "attached" });
    await admin.reload();
    await admin.click("button[aria-label^='Account of']");
    await admin.click("button:has-text('Where you are signed in')");
    await admin.waitForSelector("[data-session=other]");
    await expectAccessible(admin, "sessions");
    while (await admin.locator("[data-session=other]").count() > 0) {
      const left = await admin.locator("[data-session=other]").count();
      await admin.locator("[data-session=other] button").first().click();
      await expect.poll(() => admin.locator("[data-session=other]").count()).toBeLessThan(left);
    }
    await other.reload();
    await other.waitForURL(/sign-in/);
    await admin.click("dialog button:has-text('Sign out everywhere')");
    await admin.waitForURL(/sign-in/);
    expect(await admin.evaluate(async () => (await fetch("/api/trpc/me")).status)).toBe(401);
  });
});
