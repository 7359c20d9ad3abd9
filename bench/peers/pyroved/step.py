"""Times training steps of PyTorch and, where it is installed, pyroVED; prints one JSON object a measurement.

    npm run bench:pyroved -- step
    .peers/pyroved/bin/python bench/peers/pyroved/step.py [--threads 2] [--steps 8]

The step is pyroVED's of a VAE with rotation and shift: 100 windows of 32 x 32, an encoder of two hidden layers of 128 units to mean and
deviation of angle, shift and two latents, and for every pixel of every window a decoder of coordinates and latents with two hidden layers of
128 units (tanh); Bernoulli likelihood, KL to a standard normal prior, backward, Adam. `npm run bench:peers` runs this beside ours.
"""

import argparse
import ctypes
import json
import sys
import time

import torch

WINDOWS, SIDE, HIDDEN, LATENTS = 100, 32, 128, 2
# Angle and two shifts.
POSE = 3
WARMUP = 2


class SpatialDecoder(torch.nn.Module):
    """tanh(W_x (x, y) + W_z z + b) -> tanh -> logit, a pixel at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.coordinates = torch.nn.Linear(2, HIDDEN)
        self.latents = torch.nn.Linear(LATENTS, HIDDEN, bias=False)
        self.hidden = torch.nn.Linear(HIDDEN, HIDDEN)
        self.out = torch.nn.Linear(HIDDEN, 1)

    def forward(self, grid: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.coordinates(grid) + self.latents(z).unsqueeze(1))
        return self.out(torch.tanh(self.hidden(h))).squeeze(-1)


def placed(grid: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
    """The grid (pixels, 2) turned and shifted by each pose: (windows, pixels, 2)."""
    cos, sin = torch.cos(pose[:, 0]), torch.sin(pose[:, 0])
    turn = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)
    return grid @ turn + 0.1 * pose[:, None, 1:]


def by_hand() -> list[float]:
    """Milliseconds a step, written out with torch.nn."""
    size = POSE + LATENTS
    encoder = torch.nn.Sequential(
        torch.nn.Linear(SIDE * SIDE, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 2 * size)
    )
    decoder = SpatialDecoder()
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    line = torch.linspace(-1, 1, SIDE)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    x = torch.rand(WINDOWS, SIDE * SIDE)

    def step() -> None:
        mean, log_sigma = encoder(x).split(size, dim=1)
        latent = mean + torch.exp(log_sigma) * torch.randn_like(mean)
        logits = decoder(placed(grid, latent[:, :POSE]), latent[:, POSE:])
        nll = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mean**2 + torch.exp(2 * log_sigma) - 1 - 2 * log_sigma).sum()
        adam.zero_grad()
        ((nll + kl) / WINDOWS).backward()
        adam.step()

    return timed(step)


def by_pyroved(pv) -> list[float]:
    """Milliseconds a step of pyroVED's trainer; the package."""
    x = torch.rand(WINDOWS, SIDE, SIDE)
    loader = pv.utils.init_dataloader(x, batch_size=WINDOWS)
    model = pv.models.iVAE((SIDE, SIDE), latent_dim=LATENTS, invariances=["r", "t"], seed=1)
    trainer = pv.trainers.SVItrainer(model, seed=1)
    return timed(lambda: trainer.step(loader))


def keep_memory() -> None:
    """glibc keeps what is freed. It would give each activation (52 MB) back to the kernel and have its pages cleared again in every step, for
    half of the time on two threads: PyTorch at its best is what we are compared with."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        for parameter, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1), (top_pad, 2**26)):
            libc.mallopt(parameter, value)


def timed(step) -> list[float]:
    for _ in range(WARMUP):
        step()
    times = []
    for _ in range(arguments.steps):
        began = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - began))
    return times


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--steps", type=int, default=8)
arguments = parser.parse_args()
keep_memory()
torch.set_num_threads(arguments.threads)
torch.manual_seed(1)
shape = f"step, {WINDOWS} windows of {SIDE}², coordinate MLP {HIDDEN}, {HIDDEN}"
version = f"torch {torch.__version__.split('+')[0]}"
print(json.dumps({"name": f"{version}, by hand", "shape": shape, "ms": by_hand()}))
try:
    import pyroved as pv
except ImportError:
    pass
else:
    print(json.dumps({"name": f"pyroVED {pv.__version__}, {version}", "shape": shape, "ms": by_pyroved(pv)}))
