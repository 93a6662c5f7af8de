// Compiles core/**/kernel/*.as.ts (AssemblyScript, SIMD) into <name>.wasm.ts beside the source: a module
// that holds the bytes, so that Node, a page and a Web Worker load it alike. Plain JavaScript for Node 20.9.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Options that decide the bytes; part of what a compiled module is recognised by. */
const options = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory"];

const sourcesOf = () => readdirSync(join(root, "core"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".as.ts")).map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();

/** Builds each kernel whose source, options or compiler changed. @throws Error with the compiler's words */
export async function ensureKernels() {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", "assemblyscript", "package.json"), "utf8"));
  for (const source of sourcesOf()) {
    const text = readFileSync(source, "utf8"), target = source.replace(/\.as\.ts$/, ".wasm.ts");
    const stamp = createHash("sha256").update([version, ...options, text].join("\0")).digest("hex").slice(0, 16);
    const head = `// Made by \`npm run kernels\` from ${source.slice(root.length + 1).replaceAll("\\", "/")}; ${stamp}\n`;
    if (existsSync(target) && readFileSync(target, "utf8").startsWith(head)) continue;
    const { default: asc } = await import("assemblyscript/asc");
    let bytes;
    const complaints = [];
    const { error } = await asc.main([source.split(/[\\/]/).at(-1), "--outFile", "kernel.wasm", ...options], {
      stdout: { write: () => true }, stderr: { write: (chunk) => complaints.push(String(chunk)) },
      readFile: (name) => { try { return readFileSync(isAbsolute(name) ? name : join(dirname(source), name), "utf8"); } catch { return null; } },
      writeFile: (name, contents) => { if (name.endsWith(".wasm")) bytes = Buffer.from(contents); },
      listFiles: () => [],
    });
    if (error || !bytes) throw new Error(`${source}: the kernel does not compile.\n${complaints.join("")}${error ?? ""}`);
    const half = `${target}.${process.pid}.part`;
    writeFileSync(half, `${head}/** The compiled kernel; base64. */\nexport const wasmBase64 =\n  "${bytes.toString("base64")}";\n`);
    renameSync(half, target);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureKernels();
