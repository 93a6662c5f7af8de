import { goldenHashes } from "./goldenPackage.ts";

process.stdout.write(`${JSON.stringify({ node: process.version, zone: new Date(2026, 0, 1).getTimezoneOffset(), hashes: await goldenHashes() })}\n`);
