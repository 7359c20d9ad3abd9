import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}

/** A file of the test folder, also where this module is compiled to below build/. */
export function testFile(path: string): string {
  return join(findRoot(import.meta.dirname), "test", path);
}
