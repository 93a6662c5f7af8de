/** Waits until an answer is there (not false, not undefined) and gives it. @param standing what to say of the state it is in when it does not come. @throws Error naming what did not come */
export async function until<T>(what: string, ask: () => Promise<T | false | undefined> | T | false | undefined, timeoutMs = 30_000, standing?: () => string): Promise<T> {
  for (const late = performance.now() + timeoutMs;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > late) throw new Error(`not within ${timeoutMs / 1000} s: ${what}${standing ? `\n${standing()}` : ""}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
