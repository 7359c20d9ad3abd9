"""Trains pyroVED's shift-VAE or vanilla VAE on the benchmark shift1d and writes what it reaches as JSON.

    npm run bench:pyroved -- shift1d vanilla
    .peers/pyroved/bin/python bench/peers/pyroved/shift1d.py [--vanilla] [--epochs 250] [--seeds 1,2,3] [--out FILE]

The data are shift1d_x.npy and shift1d_mu.npy in the folder that SHIFT_VAE_BENCH_DATA names (../shared/bench beside the
project otherwise). Settings: batches of 64, two content latents, everything else pyroVED's defaults (two hidden layers of
128 units, tanh, Bernoulli, Adam at 1e-3), and a dx_prior of 0.3, with which the loss is that of the benchmark data's README.
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

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("SHIFT_VAE_BENCH_DATA", ROOT.parent / "shared" / "bench"))
# Units of x from the left to the right end of a spectrum, half of them: what a shift of 1 in pyroVED's coordinates is.
HALF_RANGE = 12.0


def shift_rmse(shift: np.ndarray, truth: np.ndarray) -> float:
    """Rms of the truth about its affine fit to the shift, units of x."""
    slope, offset = np.polyfit(shift, truth, 1)
    return float(np.sqrt(np.mean((slope * shift + offset - truth) ** 2)))


def train(x: torch.Tensor, truth: np.ndarray, seed: int, epochs: int, vanilla: bool, dx_prior: float) -> dict:
    loader = pv.utils.init_dataloader(x.unsqueeze(1), batch_size=64)
    options = {} if vanilla else {"dx_prior": dx_prior}
    model = pv.models.iVAE((x.shape[1],), latent_dim=2, invariances=None if vanilla else ["t"], seed=seed, **options)
    trainer = pv.trainers.SVItrainer(model, seed=seed)
    began = time.perf_counter()
    for epoch in range(epochs):
        trainer.step(loader)
        if (epoch + 1) % 10 == 0:
            print(f"seed {seed}, epoch {epoch + 1}: {trainer.loss_history['training_loss'][-1]:.3f}", flush=True)
    seconds = time.perf_counter() - began
    losses = trainer.loss_history["training_loss"]
    result = {"seed": seed, "seconds": round(seconds, 1), "loss": round(float(np.mean(losses[-10:])), 4)}
    result["loss_every_10_epochs"] = [round(float(loss), 4) for loss in losses[9::10]]
    if not vanilla:
        mean, _ = model.encode(x)
        result["shift_rmse"] = round(shift_rmse(mean[:, 0].numpy() * dx_prior * HALF_RANGE, truth), 4)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vanilla", action="store_true", help="no invariances")
    parser.add_argument("--epochs", type=int, default=250)
    parser.add_argument("--seeds", default="1,2,3", help="comma-separated")
    parser.add_argument("--dx-prior", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="default: beside this script")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    x = torch.from_numpy(np.load(DATA / "shift1d_x.npy"))
    truth = np.load(DATA / "shift1d_mu.npy").reshape(-1)
    seeds = [int(seed) for seed in args.seeds.split(",")]
    runs = [train(x, truth, seed, args.epochs, args.vanilla, args.dx_prior) for seed in seeds]
    name = "shift1d_vanilla.json" if args.vanilla else "shift1d.json"
    content = {
        "invariances": [] if args.vanilla else ["t"],
        "dx_prior": None if args.vanilla else args.dx_prior,
        "epochs": args.epochs,
        "batch": 64,
        "threads": args.threads,
        "versions": {"torch": torch.__version__, "pyroved": pv.__version__, "python": platform.python_version()},
        "loss": "mean of the training loss over the last ten epochs, nats a spectrum",
        "runs": runs,
    }
    out = args.out or Path(__file__).with_name(name)
    out.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written: {out}")


if __name__ == "__main__":
    main()
