#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { VERSION } from "../core/version.ts";
import { EXIT_USER, reportError } from "./errors.ts";

/** The commands, each loaded when it is asked for. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  fit: async () => (await import("./fit.ts")).fitCommand(),
  encode: async () => (await import("./encode.ts")).encodeCommand(),
  inspect: async () => (await import("./inspect.ts")).inspectCommand(),
  scan: async () => (await import("./scan.ts")).scanCommand(),
  simulate: async () => (await import("./simulate.ts")).simulateCommand(),
  info: async () => (await import("./info.ts")).infoCommand(),
};

/** @param asked the first argument: where it names no command, all are there, for help and for what resembles it */
async function program(asked = ""): Promise<Command> {
  const root = new Command("shift-vae")
    .description("Finds the repeating motif of an atomically resolved image, where it sits and how it varies")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, "shift-vae: ")
            .replace(/\s*\n\s*/g, " ")}\n`,
        ),
    });
  const wanted = Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands);
  for (const load of wanted) root.addCommand((await load()).copyInheritedSettings(root));
  return root;
}

/** A reader of the output that went away (`| head`) is no fault. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  await (await program(process.argv[2])).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USER;
  else process.exitCode = reportError(error);
}
