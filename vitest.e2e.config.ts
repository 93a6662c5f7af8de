import { defineConfig } from "vitest/config";

// Whole products, started and stopped, and browsers: one file after the other.
export default defineConfig({
  test: {
    name: "e2e", include: ["tests/start/**/*.test.ts", "tests/e2e/**/*.e2e.ts"], fileParallelism: false, maxWorkers: 1,
    globalSetup: ["tests/support/postgresSetup.ts"], testTimeout: 300_000, hookTimeout: 300_000,
    // A state is waited for as long as a slow machine takes to come to it.
    expect: { poll: { timeout: 20_000 } },
  },
});
