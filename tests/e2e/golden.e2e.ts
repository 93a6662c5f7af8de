import { readFileSync, rmSync } from "node:fs";
import { chromium } from "playwright";
import { expect, it } from "vitest";
import { goldenBundle, goldenFonts } from "../golden/bundles.ts";
import { goldenFile, goldenRun } from "../golden/run.ts";

it("JB4, JB5: Chromium makes the package that Node makes, byte for byte", async () => {
  const file = await goldenFile(), code = await goldenBundle("page"), kernel = readFileSync(new URL("../../node_modules/manifold-3d/manifold.wasm", import.meta.url));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage(), errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error.stack)));
    await page.route("http://golden.test/**", (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill(pathname.endsWith(".wasm") ? { contentType: "application/wasm", body: kernel } : pathname === "/golden.mjs" ? { contentType: "text/javascript", body: code } : { contentType: "text/html", body: "<!doctype html><title>golden</title>" });
    });
    await page.goto("http://golden.test/");
    await page.evaluate((fonts) => {
      const script = document.createElement("script");
      Object.assign(globalThis, { goldenFonts: fonts });
      Object.assign(script, { type: "module", src: "/golden.mjs" });
      document.head.append(script);
    }, goldenFonts());
    const made = page.waitForFunction(() => (globalThis as unknown as { golden?: Record<string, string> }).golden, undefined, { timeout: 240_000 });
    const [node, hashes] = await Promise.all([goldenRun(process.execPath, file, "UTC"), made.then((handle) => handle.jsonValue())]).catch((error: unknown) => { throw new Error([String(error), ...errors].join("\n")); });
    expect(hashes).toEqual(node.hashes);
    expect(Object.keys(node.hashes).length).toBeGreaterThan(30);
  } finally {
    await browser.close();
    rmSync(file, { force: true });
  }
});
