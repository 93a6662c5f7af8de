const cells = 24;
let shown = "", tenth = -1, isBarOpen = false;

/**
 * Progress on stderr: on a terminal one line that is written over, with a bar where a fraction is known; elsewhere plain lines,
 * one a step, and one each tenth of it. @param fraction of the step, 0 to 1
 */
export function progress(step: string, fraction?: number): void {
  if (process.stderr.isTTY) {
    const full = Math.round(cells * Math.min(1, Math.max(0, fraction ?? 0)));
    const bar = fraction === undefined ? "" : `${"█".repeat(full)}${"░".repeat(cells - full)} ${String(Math.round(100 * fraction)).padStart(3)} %  `;
    // A line that is wider than the terminal would not be written over.
    process.stderr.write(`\r\u001b[K${`${bar}${step}`.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))}`);
    isBarOpen = true;
    return;
  }
  const reached = fraction === undefined ? -1 : Math.floor(fraction * 10);
  if (step === shown && reached <= tenth && fraction !== undefined) return;
  shown = step;
  tenth = reached;
  process.stderr.write(fraction === undefined ? `${step}\n` : `${step}, ${Math.round(100 * fraction)} %\n`);
}

/** Takes the bar off the terminal, before anything else is written there. */
export function endProgress(): void {
  if (isBarOpen) process.stderr.write("\r\u001b[K");
  isBarOpen = false;
}
