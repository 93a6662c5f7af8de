import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes; begun first, so that none of them is alone at the end. */
const longest = ["implant", "start", "twoHands", "ui", "import", "lossless", "sign"];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.e2e.ts`) || moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    return (await super.sort(files)).toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}

/** What is measured in time or memory, and the three pages with a whole head CT: one at a time, with nothing beside it. */
const alone = ["tests/start/startAgain.test.ts", "tests/e2e/largeUpload.e2e.ts", "tests/e2e/road.e2e.ts"];
const limits = {
  testTimeout: 300_000, hookTimeout: 300_000,
  // A state is waited for as long as a slow machine takes to come to it.
  expect: { poll: { timeout: 20_000 } },
};

// Whole products, started and stopped, and browsers. Each file has its own product, port, data and browser; most of its time
// is waiting, so two are under way at once.
export default defineConfig({
  test: {
    globalSetup: ["tests/support/demoSetup.ts"], sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "e2e", include: ["tests/start/**/*.test.ts", "tests/e2e/**/*.e2e.ts"], exclude: alone, maxWorkers: 2, sequence: { groupOrder: 1 }, ...limits } },
      { test: { name: "e2e alone", include: alone, fileParallelism: false, maxWorkers: 1, sequence: { groupOrder: 2 }, ...limits } },
    ],
  },
});
