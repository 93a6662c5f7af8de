import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Folder → what of ours its files may import, and what more may be imported as types only (ARCHITECTURE §3). */
const zones: { zone: string; may: string[]; types?: string[] }[] = [
  { zone: "core", may: ["core"] },
  { zone: "drizzle", may: ["drizzle", "core"] },
  { zone: "server/platform", may: ["server/platform", "drizzle", "core"] },
  { zone: "server/record", may: ["server/record", "server/platform", "drizzle", "core"] },
  { zone: "server/rooms", may: ["server/rooms", "server/record", "server/platform", "drizzle", "core"] },
  { zone: "server/api", may: ["server/api", "server/record", "server/platform", "drizzle", "core"] },
  { zone: "server/start", may: ["server/start", "server/platform", "drizzle"] },
  { zone: "server/main.ts", may: ["server/rooms", "server/api", "server/record", "server/platform", "drizzle", "core"] },
  { zone: "server/start.mjs", may: ["server/start"] },
  { zone: "workers", may: ["workers", "server/record", "server/platform", "drizzle", "core"] },
  { zone: "app", may: ["app", "core", "server/record", "server/platform"], types: ["server/api"] },
];
const corePackages: { where: RegExp; names: RegExp }[] = [
  { where: /^core\/draft\//, names: /^(zod|yjs|@noble\/hashes\/.*)$/ },
  { where: /^core\/(surface|implant|checks)\//, names: /^(zod|@noble\/hashes\/.*|manifold-3d(\/.*)?|fflate)$/ },
  { where: /^core\//, names: /^(zod|@noble\/hashes\/.*|fflate)$/ },
];

interface Import { file: string; target: string; isType: boolean }
const within = (path: string, zone: string) => path === zone || path.startsWith(`${zone}/`);

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs|mts)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** The imports of a source: `target` is a path from the root for ours, the name for a package's. */
export function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statements = [
    ...code.matchAll(/^\s*(?:import|export)\s(type\s)?[^;"'`]*?from\s*["']([^"']+)["']/gm),
    ...code.matchAll(/^\s*import\s()["']([^"']+)["']/gm),
    ...code.matchAll(/\bimport\(\s*()["']([^"']+)["']/g),
    ...code.matchAll(/new URL\(\s*()["'](\.[^"']+\.(?:ts|tsx|mjs))["']/g),
  ];
  return statements.map(([, type, name]) => ({
    file, isType: Boolean(type),
    target: name.startsWith(".") ? relative(root, join(root, dirname(file), name)).split(sep).join("/") : name,
  }));
}

const imports = ["core", "drizzle", "server", "workers", "app"].flatMap(sourcesUnder)
  .flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")).map((found) => ({ ...found, isOurs: /^(\.\.|core|drizzle|server|workers|app|tests)(\/|$)/.test(found.target) })));

it("reads every way of importing", () => {
  const text = 'import type { A } from "./a.ts";\nimport {\n  b,\n} from "../b.ts";\nimport "./c.css";\nconst d = await import("./d.ts");\nexport { e } from "./e.ts";\n// import x from "./no.ts"';
  expect(importsOf("server/api/x.ts", text).map(({ target, isType }) => [target, isType])).toEqual([
    ["server/api/a.ts", true], ["server/b.ts", false], ["server/api/e.ts", false], ["server/api/c.css", false], ["server/api/d.ts", false],
  ]);
});

it("finds imports in every zone", () => {
  expect(imports.filter(({ isOurs }) => isOurs).length).toBeGreaterThan(50);
});

it.each(zones)("$zone imports downwards only", ({ zone, may, types = [] }) => {
  const wrong = imports.filter(({ file, target, isType, isOurs }) => isOurs && within(file, zone)
    && !may.some((allowed) => within(target, allowed)) && !(isType && types.some((allowed) => within(target, allowed))));
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

it("core imports no package but zod, @noble/hashes, fflate, compute libraries without I/O, and yjs in draft", () => {
  const wrong = imports.filter(({ file, target, isOurs }) => !isOurs && within(file, "core")
    && !corePackages.find(({ where }) => where.test(file))?.names.test(target));
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

it("only one file imports NiiVue, and nothing imports tests/", () => {
  expect(new Set(imports.filter(({ target, isType }) => target.startsWith("@niivue/") && !isType).map(({ file }) => file)).size).toBeLessThanOrEqual(1);
  expect(imports.filter(({ target }) => within(target, "tests"))).toEqual([]);
});

it("F4: what lies above the record does not know the tables, two readers apart: who writes asks the record", () => {
  const readers = ["workers/cli/ticket.ts", "workers/package/fromRecord.ts"];
  expect(imports.filter(({ file, target, isType }) => target === "drizzle/schema.ts" && !isType && !within(file, "server/record") && !within(file, "server/platform") && !within(file, "server/start") && !within(file, "drizzle")).map(({ file }) => file).sort()).toEqual(readers);
});
