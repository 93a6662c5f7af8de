import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles the golden package as one module: for a Node that does not read TypeScript, or for a page. @returns its code */
export async function goldenBundle(where: "node" | "page"): Promise<string> {
  const isPage = where === "page", entry = at(isPage ? "./pageEntry.ts" : "./nodeEntry.ts");
  const standIns = { find: /^node:.*/, replacement: at("./pageStandIns.ts") };
  const made = await build({
    configFile: false, logLevel: "error", root: at("../.."), publicDir: false,
    resolve: isPage ? { alias: [standIns, { find: /^pdfkit$/, replacement: at("../../node_modules/pdfkit/js/pdfkit.standalone.js") }, { find: /^buffer$/, replacement: at("../../node_modules/buffer/index.js") }] } : {},
    ...!isPage && { ssr: { noExternal: true } },
    build: {
      write: false, minify: false, target: "es2022", ...isPage ? { lib: { entry, formats: ["es"], fileName: "golden" } } : { ssr: entry },
      rollupOptions: { external: isPage ? [] : [/^node:/, "pdfkit", "@expo-google-fonts/inter", "manifold-3d"], output: { codeSplitting: false } },
    },
  });
  const [{ output }] = (Array.isArray(made) ? made : [made]) as { output: { type: string; code?: string }[] }[];
  return output.find(({ type }) => type === "chunk")?.code ?? "";
}

/** The report's fonts by the name that they are asked for, base64. */
export const goldenFonts = (): Record<string, string> => Object.fromEntries(["400Regular", "600SemiBold"].map((weight) => {
  const name = `@expo-google-fonts/inter/${weight}/Inter_${weight}.ttf`;
  return [name, readFileSync(createRequire(import.meta.url).resolve(name)).toString("base64")];
}));
