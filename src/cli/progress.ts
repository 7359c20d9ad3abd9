import type { ProgressEvent } from "../fit/options.ts";

/** Milliseconds between redraws on a terminal, and between lines where there is none. */
const REDRAW = 100;
const LINE_EVERY = 10_000;
const BAR = 24;
/** Back to the line's start, and clear it. */
const ERASE = "\r\x1b[K";

const stages: Readonly<Record<ProgressEvent["stage"], string>> = {
  normalise: "flat-field",
  align: "align",
  train: "train",
  encode: "encode",
  motifs: "motifs",
};

/** Shows how far long work has come. */
export interface Progress {
  update(event: ProgressEvent): void;
  /** A line that stays. */
  note(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** "8 s", "3 min 20 s", "2 h 5 min" */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * How far a stage is, and of training the ELBO (nats a window) and noise σ (image's standard deviations). The remaining time is
 * that of the pace since `first`: a resumed stage starts part of the way.
 */
function facts({ done, total, latest }: ProgressEvent, first: number, elapsed: number): string {
  const parts = [`${Math.floor((100 * done) / Math.max(1, total))} %`];
  if (latest) parts.push(`ELBO ${latest.elbo.toFixed(1)}`, `σ ${latest.sigma.toFixed(3)}`);
  if (done > first && done < total) parts.push(`ETA ${duration((elapsed * (total - done)) / (done - first))}`);
  return parts.join("  ");
}

/** A bar that redraws itself on a terminal, a line now and then elsewhere, nothing where `quiet`. */
export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return { update() {}, note() {}, end() {} };
  const terminal = stream.isTTY === true;
  let stage = "";
  let began = 0;
  let first = 0;
  let shown = Number.NEGATIVE_INFINITY;
  const draw = (event: ProgressEvent, now: number) => {
    const name = stages[event.stage];
    const text = facts(event, first, (now - began) / 1000);
    if (!terminal) return void stream.write(`${name}: ${text}\n`);
    const filled = Math.round((BAR * event.done) / Math.max(1, event.total));
    const line = `${name.padEnd(10)} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${text}`;
    stream.write(`${ERASE}${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
  };
  return {
    update(event) {
      const now = performance.now();
      if (event.stage !== stage) {
        [stage, began, first, shown] = [event.stage, now, event.done, Number.NEGATIVE_INFINITY];
      }
      if (now - shown < (terminal ? REDRAW : LINE_EVERY)) return;
      shown = now;
      draw(event, now);
    },
    note(text) {
      stream.write(`${terminal ? ERASE : ""}${text}\n`);
    },
    end() {
      if (terminal) stream.write(ERASE);
    },
  };
}
