import { Command } from "commander";

/** `shift-vae info`: what this machine and engine offer, a self-test, and how fast a training step is. */
export function infoCommand(): Command {
  return new Command("info")
    .description(
      "show the engine's features, the chosen build of the core, a self-test with its speed, and the formats",
    )
    .option("--json", "print it as JSON")
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { gatherInfo, describeInfo } = await import("./info_run.ts");
      const info = await gatherInfo();
      process.stdout.write(json ? `${JSON.stringify(info, null, 2)}\n` : describeInfo(info));
      if (!info.selfTest.passed) process.exitCode = 1;
    });
}
