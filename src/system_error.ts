import { getSystemErrorMap } from "node:util";

/** Why the system refused, for a message: "no such file or directory (ENOENT)". */
export function systemReason(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known ? `${known[1]} (${known[0]})` : (code ?? String(error));
}
