import { ShiftVaeError } from "../errors.ts";

/** Exit codes: a user's error, a fault of ours, Ctrl-C (128 + signal 2, as shells have it). */
export const EXIT_USER = 2;
export const EXIT_BUG = 1;
export const EXIT_INTERRUPTED = 130;

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, "; ");
}

/** Says on stderr what went wrong, in one line where the user can mend it, and gives the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof ShiftVaeError) {
    process.stderr.write(`shift-vae: ${oneLine(error.message)}\n`);
    if (process.env.DEBUG) process.stderr.write(`${error.stack}\n`);
    return EXIT_USER;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(
    `shift-vae: a fault in shift-vae itself, please report it with the command: ${oneLine(text)} (DEBUG=1 shows where)\n`,
  );
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT_BUG;
}

/** A user's error whose message names the file or folder it is about; other errors pass as they are. */
export function blaming(name: string, error: unknown): unknown {
  if (!(error instanceof ShiftVaeError) || error.message.includes(name)) return error;
  error.message = `${name}: ${error.message}`;
  return error;
}
