// A Chromium for the end-to-end tests: CHROMIUM_PATH, an installed one, Playwright's own download.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const places = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
const remedy = "No browser for the end-to-end tests. Install Chromium (Debian: apt-get install chromium; macOS: brew install --cask chromium),\n"
  + "or run `npx playwright install --with-deps chromium`, or set CHROMIUM_PATH to a Chromium or Chrome.";
const runs = (path) => spawnSync(path, ["--version"], { stdio: "ignore", timeout: 30_000 }).status === 0;

/** @returns {Promise<{path?: string, remedy: string}>} */
export async function findBrowser(root, node) {
  const given = process.env.CHROMIUM_PATH;
  if (given) return runs(given) ? { path: given, remedy } : { remedy: `CHROMIUM_PATH is ${given}, which does not run.\n${remedy}` };
  const installed = [...(process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((name) => join(dir, name))), ...places]
    .find((path) => existsSync(path) && runs(path));
  if (installed) return { path: installed, remedy };
  const { chromium } = await import(pathToFileURL(join(root, "node_modules/playwright/index.mjs")).href);
  const own = chromium.executablePath();
  if (!existsSync(own)) {
    console.log("\nno Chromium is installed; asking Playwright for its own");
    spawnSync(node, [join(root, "node_modules/playwright/cli.js"), "install", "chromium"], { stdio: "inherit", timeout: 300_000 });
  }
  return existsSync(own) && runs(own) ? { path: own, remedy } : { remedy };
}
