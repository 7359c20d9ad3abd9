import { Command } from "commander";
import type { EngineChoice } from "../core/engine.ts";
import { engineFlagsOption, reproducibleOption } from "./flags.ts";

/** `shift-vae info`: what this machine and engine offer, a self-test, and how fast a training step is. */
export function infoCommand(): Command {
  return new Command("info")
    .description(
      "show the engine's features, the chosen build of the core, a self-test with its speed, and the formats",
    )
    .addOption(reproducibleOption())
    .addOption(engineFlagsOption())
    .option("--json", "print it as JSON")
    .action(async ({ json, ...choice }: { readonly json?: boolean } & EngineChoice) => {
      const { gatherInfo, describeInfo } = await import("./info_run.ts");
      const info = await gatherInfo(choice);
      process.stdout.write(json ? `${JSON.stringify(info, null, 2)}\n` : describeInfo(info));
      if (!info.selfTest.passed) process.exitCode = 1;
    });
}
