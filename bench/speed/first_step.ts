/**
 * Loaded before the command line (`node --import`): ends the process after the first training job, which a fit of one step makes the first training step,
 * and writes to file descriptor 3 when that was, in milliseconds since 1970.
 */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";

const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (this: Worker, order: { job?: { name: string } }, ...rest: never[]) {
  if (order.job?.name === "train") {
    this.once("message", () => {
      writeSync(3, String(performance.timeOrigin + performance.now()));
      process.exit(0);
    });
  }
  postMessage.call(this, order, ...rest);
};
