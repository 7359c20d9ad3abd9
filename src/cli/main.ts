#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { encodeCommand } from "./encode.ts";
import { EXIT_USER, reportError } from "./errors.ts";
import { fitCommand } from "./fit.ts";
import { infoCommand } from "./info.ts";
import { inspectCommand } from "./inspect.ts";
import { scanCommand } from "./scan.ts";
import { simulateCommand } from "./simulate.ts";

function program(): Command {
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
  for (const command of [
    fitCommand(),
    encodeCommand(),
    inspectCommand(),
    scanCommand(),
    simulateCommand(),
    infoCommand(),
  ]) {
    root.addCommand(command.copyInheritedSettings(root));
  }
  return root;
}

/** A reader of the output that went away (`| head`) is no fault. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USER;
  else process.exitCode = reportError(error);
}
