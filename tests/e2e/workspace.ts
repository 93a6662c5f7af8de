import { spawnSync } from "node:child_process";
import { chromium, type Browser, type Page } from "playwright";
import { expect } from "vitest";
import { startProduct, type Product } from "../support/product.ts";
import { ready } from "./uiPage.ts";

export const password = "correct horse battery";

/** What `npm run job` says last. */
export interface JobLine { ok: boolean; verdict?: string; signatures?: { meaning: string; method: string }[]; error?: { code: string; message: string; details: { findings?: { code: string; where: string; file?: string }[] } } }

/** A product as a workspace of its own people, with passwords and passkeys, not the demo's. */
export class Workspace {
  readonly product: Product;
  readonly browser: Browser;

  private constructor(product: Product, browser: Browser) {
    this.product = product;
    this.browser = browser;
  }

  static async open(): Promise<Workspace> {
    const product = await startProduct(240_000, ["--real"]);
    return new Workspace(product, await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] }));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.product.stop();
  }

  /** A page of somebody who is not signed in. */
  async page(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const page = await (await this.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })).newPage();
    page.setDefaultTimeout(20_000);
    return page;
  }

  /** Makes the first account with the link that the product printed, and signs in. */
  async setUp(page: Page, name: string, email: string): Promise<void> {
    const link = () => /\/setup\?token=[\w-]+/.exec(this.product.output())?.[0] ?? "";
    await expect.poll(link, { timeout: 20_000 }).not.toBe("");
    await page.goto(this.product.origin + link());
    for (const [field, value] of [["name", name], ["email", email], ["password", password], ["again", password]] as const) await page.fill(`input[name=${field}]`, value);
    await page.click("button[type=submit]");
    await page.waitForURL(/sign-in/);
    await this.signIn(page, email);
  }

  async signIn(page: Page, email: string): Promise<void> {
    await page.goto(`${this.product.origin}/sign-in`);
    await page.fill("input[name=email]", email);
    await page.fill("input[name=password]", password);
    await page.click("button[type=submit]");
    await page.waitForSelector("[data-import-files]", { state: "attached" });
  }

  /** Somebody follows an invitation into a case's room. */
  async join(host: Page, caseId: string, page: Page, name: string, email: string, role: string): Promise<void> {
    const { link } = await call<{ link: string }>(host, "invitations.create", { caseId, email, role });
    await page.goto(link);
    await page.fill("input[name=name]", name);
    await page.fill("input[name=password]", password);
    await page.fill("input[name=again]", password);
    await page.click("button[type=submit]");
    await ready(page);
  }

  environment() {
    return { ...process.env, CASEROOM_DATA: this.product.dataDir, CASEROOM_MODE: "real", PORT: new URL(this.product.origin).port, DATABASE_URL: "", CASEROOM_DATABASE: "", INIT_CWD: this.product.dataDir };
  }

  /** A command of `npm run job` on this product's data. */
  job(...args: string[]): { status: number | null; line: JobLine } {
    const { stdout, status } = spawnSync(process.execPath, ["workers/job.mjs", ...args], { env: this.environment(), encoding: "utf8" });
    return { status, line: JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as JobLine };
  }
}

/** A procedure of the API, asked by a page's person. */
export async function call<T>(page: Page, path: string, input: unknown): Promise<T> {
  const body = await page.evaluate(async ({ at, value }) => {
    const answer = await fetch(`/api/trpc/${at}`, { method: "POST", headers: { "content-type": "application/json", "x-caseroom": "1" }, body: JSON.stringify({ json: value }) });
    return await answer.json() as { result?: { data: { json: unknown } }; error?: unknown };
  }, { at: path, value: input });
  if (!body.result) throw new Error(JSON.stringify(body.error));
  return body.result.data.json as T;
}

/** Chromium's own authenticator in software: present, and with the person verified. */
export async function withAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
}

/** Enrols a passkey on the review page. */
export async function enrolPasskey(page: Page): Promise<void> {
  await page.click("button[aria-label='How you sign']");
  await page.fill("dialog input[name=password]", password);
  await page.click("dialog button:has-text('Enrol a passkey')");
  await page.waitForSelector("dialog [data-passkey]");
  await page.keyboard.press("Escape");
}

/** Overrides every blocked finding on the CT report's page that is open, in writing. @returns their codes */
export async function overrideBlocked(page: Page, reason: string): Promise<(string | null)[]> {
  const blocked = await page.locator("[data-finding]").filter({ has: page.locator("button:has-text('Override in writing')") }).evaluateAll((cards) => cards.map((card) => card.getAttribute("data-finding")));
  for (const code of blocked) {
    const card = page.locator(`[data-finding='${code}']`);
    await card.locator("button:has-text('Override in writing')").click();
    await card.locator("textarea").fill(reason);
    await card.locator("button[type=submit]").click();
    await card.locator("blockquote").waitFor();
  }
  return blocked;
}

/** Judges every check that asks for it on the review page, in writing, with the same reason. */
export async function judgeAll(page: Page, reason: string): Promise<void> {
  const open = page.locator("[data-check] form"), asks = page.locator("[data-check] > button :is([data-verdict=fail], [data-verdict=needsJudgement])");
  // The forms come once the page knows its person's role.
  await expect.poll(async () => [await asks.count() > 0, await open.count() === await asks.count()], { timeout: 20_000 }).toEqual([true, true]);
  for (let left = await open.count(); left > 0; left--) {
    await page.locator("[data-check] textarea").first().fill(reason);
    await open.locator("button").first().click();
    await expect.poll(() => open.count(), { timeout: 20_000 }).toBe(left - 1);
  }
}
