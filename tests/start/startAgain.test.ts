import { expect, it } from "vitest";
import { until } from "../support/until.ts";
import { databasePid, endOf, isAlive, launch, processes, ready, useOwnPlace } from "./launch.ts";

useOwnPlace();

it("ends everything at SIGINT to the group, as Ctrl-C sends it, and starts again in 10 s", async () => {
  const first = launch("npm", ["start"]);
  await ready(first);
  const pids = [...Object.values(processes()), databasePid()];
  process.kill(-Number(first.child.pid), "SIGINT");
  await endOf(first.child);
  await until("nothing is left", () => !pids.some(isAlive), 15_000);
  const began = performance.now();
  await ready(launch("npm", ["start"]));
  expect(performance.now() - began).toBeLessThan(10_000);
});
