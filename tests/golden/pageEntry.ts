import { Buffer } from "buffer";

Object.assign(globalThis, { Buffer, process: { env: {}, cwd: () => "/", stderr: { write: () => true } } });
const { goldenHashes } = await import("./goldenPackage.ts");
Object.assign(globalThis, { golden: await goldenHashes() });
