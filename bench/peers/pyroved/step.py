"""Times pyroVED's training step on 100 windows of 32 × 32, two hidden layers of 128, every pixel: about 20 GFLOP of products.

Run as README.md says; writes step.json beside this script. The data are noise: time does not depend on them.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import pyroved as pv
import torch

BATCH, SIDE, STEPS = 100, 32, 12


def milliseconds(threads: int) -> dict:
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x = torch.rand(BATCH, SIDE, SIDE)
    model = pv.models.iVAE((SIDE, SIDE), latent_dim=2, invariances=["t"], seed=1)
    trainer = pv.trainers.SVItrainer(model, seed=1)
    times = []
    for _ in range(STEPS):
        began = time.perf_counter()
        trainer.svi.step(x)
        times.append(1000 * (time.perf_counter() - began))
    # The first steps allocate.
    kept = sorted(times[2:])
    return {"threads": threads, "min": round(kept[0], 1), "median": round(float(np.median(kept)), 1), "max": round(kept[-1], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("step.json"))
    args = parser.parse_args()
    content = {
        "script": "bench/peers/pyroved/step.py",
        "shape": f"{BATCH} windows of {SIDE}²",
        "unit": "ms a step",
        "load": os.getloadavg()[0],
        "versions": {"torch": torch.__version__, "pyroved": pv.__version__, "python": platform.python_version()},
        "runs": [milliseconds(threads) for threads in (1, 2)],
    }
    args.out.write_text(json.dumps(content, indent=1) + "\n")
    print(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
