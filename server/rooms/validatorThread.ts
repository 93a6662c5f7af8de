// The validator's thread: a shell round `RoomTwin`, one for each open room. Answers come in the order of the questions.
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { RoomTwin } from "./roomTwin.ts";
import type { ThreadAnswer, ThreadAnswers, ThreadQuestion, ThreadQuestions } from "./validator.ts";

const progress = new Int32Array(workerData as SharedArrayBuffer);
const twins = new Map<string, RoomTwin>();

function answer({ room, ask }: ThreadQuestion): ThreadAnswer["told"] {
  if (ask.kind === "open") {
    twins.get(room)?.destroy();
    twins.set(room, new RoomTwin([ask.state.committed, ...ask.state.uncommitted], ask.state.horizon));
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

/** Answers go back together, but none waits longer than this for those behind it. */
const togetherMs = 2;

parentPort?.on("message", (questions: ThreadQuestions) => {
  let answers: ThreadAnswer[] = [], since = performance.now();
  const tell = () => {
    if (answers.length === 0) return;
    parentPort?.postMessage(answers satisfies ThreadAnswers);
    answers = [];
    since = performance.now();
  };
  for (const question of questions) {
    // A rebase comes between two turns of the room's loop: what was accepted before it is on its way to the log by then.
    const isCheck = question.ask.kind === "check";
    if (!isCheck) tell();
    let told: ThreadAnswer["told"];
    try {
      told = answer(question);
    } catch (error) {
      told = { kind: "failed", message: error instanceof Error ? error.message : "unknown" };
    }
    Atomics.add(progress, 0, 1);
    answers.push({ id: question.id, told });
    if (!isCheck || performance.now() - since >= togetherMs) tell();
  }
  tell();
});
/** What the system calls this thread, where it says. */
function ownThread(): { thread?: string } {
  try {
    return { thread: basename(readlinkSync("/proc/thread-self")) };
  } catch {
    return {};
  }
}
parentPort?.postMessage([{ id: 0, told: { kind: "opened" }, ...ownThread() }] satisfies ThreadAnswers);
