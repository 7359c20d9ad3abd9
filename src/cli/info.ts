import { Command } from "commander";
import { engineFlagsOption } from "./flags.ts";

/** `shift-vae info`: what this machine and engine offer, a self-test, and how fast a training step is. */
export function infoCommand(): Command {
  return new Command("info")
    .description(
      "show the engine's features, the chosen build of the core, a self-test with its speed, and the formats",
    )
    .addOption(engineFlagsOption())
    .option("--json", "print it as JSON")
    .action(async ({ json, engineFlags = false }: { readonly json?: boolean; readonly engineFlags?: boolean }) => {
      const { gatherInfo, describeInfo } = await import("./info_run.ts");
      const info = await gatherInfo(engineFlags);
      process.stdout.write(json ? `${JSON.stringify(info, null, 2)}\n` : describeInfo(info));
      if (!info.selfTest.passed) process.exitCode = 1;
    });
}
