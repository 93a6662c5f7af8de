// The validator's thread: a shell round `RoomTwin`, one for each open room. Answers come in the order of the questions.
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { RoomTwin } from "./roomTwin.ts";
import type { ThreadAnswer, ThreadQuestion } from "./validator.ts";

const progress = new Int32Array(workerData as SharedArrayBuffer);
const twins = new Map<string, RoomTwin>();

function answer({ room, ask }: ThreadQuestion): ThreadAnswer["told"] {
  if (ask.kind === "open") {
    twins.get(room)?.destroy();
    twins.set(room, new RoomTwin(ask.state.updates, ask.state.horizon));
    return { kind: "opened" };
  }
  if (ask.kind === "close") {
    twins.get(room)?.destroy();
    twins.delete(room);
    return { kind: "opened" };
  }
  const twin = twins.get(room);
  if (!twin) throw new Error("the room is not open here");
  return ask.kind === "rebase" ? twin.rebase(ask.request) : twin.check(ask.request);
}

parentPort?.on("message", (question: ThreadQuestion) => {
  let told: ThreadAnswer["told"];
  try {
    told = answer(question);
  } catch (error) {
    told = { kind: "failed", message: error instanceof Error ? error.message : "unknown" };
  }
  Atomics.add(progress, 0, 1);
  parentPort?.postMessage({ id: question.id, told } satisfies ThreadAnswer);
});
/** What the system calls this thread, where it says. */
function ownThread(): { thread?: string } {
  try {
    return { thread: basename(readlinkSync("/proc/thread-self")) };
  } catch {
    return {};
  }
}
parentPort?.postMessage({ id: 0, told: { kind: "opened" }, ...ownThread() } satisfies ThreadAnswer);
