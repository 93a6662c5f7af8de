// The command line of the workers (JOBS.md): one kind a file in cli/, each with `help` and `run(args)`.
import { randomUUID } from "node:crypto";
import { endProgress } from "./cli/progress.ts";

interface Command {
  help: string;
  run: (args: string[]) => Promise<{ exitCode: number; line: Record<string, unknown> }>;
}

const kinds: Record<string, () => Promise<Command>> = {
  import: () => import("./cli/import.ts"),
  segment: () => import("./cli/segment.ts"),
  surface: () => import("./cli/surface.ts"),
  export: () => import("./cli/export.ts"),
  repair: () => import("./cli/repair.ts"),
  implant: () => import("./cli/implant.ts"),
  check: () => import("./cli/check.ts"),
  package: () => import("./cli/package.ts"),
  verify: () => import("./cli/verify.ts"),
  ticket: () => import("./cli/ticket.ts"),
};

const usage = `npm run --silent job -- <kind> [options]
Kinds: ${Object.keys(kinds).join(", ")}. Each has --help.
`;

const isHelp = (arg: string) => arg === "--help" || arg === "-h";

/** Writes all of the text before it resolves, so that a pipe gets the whole line. */
const write = (text: string): Promise<void> => new Promise((done, failed) => process.stdout.write(text, (error) => error ? failed(error) : done()));

/** Runs one kind. @returns the exit code: 0 done, 1 our fault, 2 wrong usage, 3 input refused */
export async function main(args: string[]): Promise<number> {
  const [kind, ...options] = args;
  if (kind !== undefined && isHelp(kind)) {
    await write(usage);
    return 0;
  }
  const load = kind !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!load) {
    const message = kind === undefined ? "no kind given" : `unknown kind ${kind}`;
    await write(`${JSON.stringify({ ok: false, error: { code: "usage", message: `${message}; known: ${Object.keys(kinds).join(", ")}`, details: {} } })}\n`);
    return 2;
  }
  try {
    const command = await load();
    if (options.some(isHelp)) {
      await write(command.help.endsWith("\n") ? command.help : `${command.help}\n`);
      return 0;
    }
    const { exitCode, line } = await command.run(options);
    endProgress();
    await write(`${JSON.stringify(line)}\n`);
    return exitCode;
  } catch (error) {
    const id = randomUUID();
    endProgress();
    process.stderr.write(`${id} ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    await write(`${JSON.stringify({ ok: false, error: { code: "internal", message: `This is our fault; stderr tells more under ${id}.`, details: { id } } })}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
