import { defineConfig } from "vitest/config";

const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: "pure", include: ["tests/core/**/*.test.ts", "tests/app/**/*.test.{ts,tsx}", "tests/*.test.ts"], ...limits } },
      {
        test: {
          name: "integration", include: ["tests/{server,workers,product,drizzle}/**/*.test.ts"],
          globalSetup: ["tests/support/postgresSetup.ts"], ...limits,
        },
      },
    ],
  },
});
