/** Waits until an answer is there (not false, not undefined) and gives it. @throws Error naming what did not come */
export async function until<T>(what: string, ask: () => Promise<T | false | undefined> | T | false | undefined, timeoutMs = 30_000): Promise<T> {
  for (const late = performance.now() + timeoutMs;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > late) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
