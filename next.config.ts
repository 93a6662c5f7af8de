import type { NextConfig } from "next";

/** Pages only: everything under /api and /rooms is answered by server/main.ts, which also sets the headers. */
const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The WASM codecs of the import's pictures name `fs` in a branch for Node.
  turbopack: { resolveAlias: { fs: { browser: "./app/cases/import/noFiles.ts" } } },
  // One copy of Yjs per process: two would not know each other's documents (PLATFORM §5.2).
  serverExternalPackages: ["yjs", "y-protocols", "lib0"],
  // Types are checked by `npm test`; a start does not check them again.
  typescript: { ignoreBuildErrors: true },
};
export default config;
