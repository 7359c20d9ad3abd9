import { Command } from "commander";
import type { Axis, DatasetInfo } from "../data/dataset.ts";
import type { OpenedFile } from "../formats/format.ts";
import { blaming } from "./errors.ts";
import { addSelection, type SelectionFlags, selectionOf } from "./flags.ts";

interface Flags extends SelectionFlags {
  readonly json?: boolean;
  readonly preview: boolean;
}

/** `shift-vae inspect FILE`: what a file holds, and a glimpse of it. */
export function inspectCommand(): Command {
  const command = new Command("inspect")
    .description("show what a file holds: datasets, shapes, units, scale, metadata, and a preview")
    .argument("<file>", "file of any known format (shift-vae info lists them)");
  return addSelection(command)
    .option("--no-preview", "leave the picture out")
    .option("--json", "print it as JSON, without the picture")
    .action(runInspect);
}

async function runInspect(path: string, flags: Flags): Promise<void> {
  const { pickDataset, withFile } = await import("../formats/registry.ts");
  const { preview } = await import("./preview.ts");
  const { dataset, as, ...selection } = selectionOf(flags);
  try {
    await withFile(path, async (opened) => {
      const found = pickDataset(opened, path, { dataset });
      const chosen = pickDataset(opened, path, { dataset, as });
      const file = { ...opened, datasets: opened.datasets.map((one) => (one === found ? chosen : one)) };
      if (flags.json)
        return void process.stdout.write(
          `${JSON.stringify(factsOf(path, file, dataset !== undefined ? [chosen.info] : undefined), null, 2)}\n`,
        );
      process.stdout.write(`${describe(path, file, chosen.info)}\n`);
      if (!flags.preview) return;
      const first =
        chosen.info.kind === "stack" && selection.frame === undefined ? { ...selection, frame: 0 } : selection;
      process.stdout.write(preview(await chosen.read(first), process.stdout));
    });
  } catch (error) {
    throw blaming(path, error);
  }
}

function factsOf(path: string, file: OpenedFile, infos = file.datasets.map((handle) => handle.info)): object {
  return { file: path, format: file.format, metadata: file.metadata, datasets: infos };
}

function describe(path: string, file: OpenedFile, chosen: DatasetInfo): string {
  const lines = [
    `${path}: ${file.format}, ${file.datasets.length} ${file.datasets.length === 1 ? "dataset" : "datasets"}`,
  ];
  file.datasets.forEach(({ info }, i) => {
    const mark = file.datasets.length > 1 && info === chosen ? "*" : " ";
    lines.push(`${mark}${String(i).padStart(3)}  ${info.name}: ${describeDataset(info)}`);
  });
  const metadata = { ...file.metadata, ...chosen.metadata };
  const width = Math.max(0, ...Object.keys(metadata).map((key) => key.length));
  for (const [key, value] of Object.entries(metadata)) lines.push(`      ${key.padEnd(width)}  ${value}`);
  return lines.join("\n");
}

function describeDataset({ kind, axes, dtype, quantity }: DatasetInfo): string {
  const unit = quantity ? `, ${quantity.name}${quantity.unit ? ` in ${quantity.unit}` : ""}` : "";
  return `${kind} of ${axes.map(describeAxis).join(" × ")}, ${dtype}${unit}`;
}

function describeAxis({ name, size, scale, unit }: Axis): string {
  return unit === "px" ? `${size} ${name}` : `${size} ${name} of ${Number(scale.toPrecision(4))} ${unit}`;
}
