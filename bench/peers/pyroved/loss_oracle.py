"""pyroVED's loss and its gradient at weights given by formula, so that another implementation can be held against it number by number.

Run as README.md says; writes test/oracles/pyroved_loss.json. Every weight, bias and pixel comes from the formulas below, which
test/core/pyroved_loss.test.ts repeats. The posterior is so narrow (σ = softplus(−14)) that the draw is its mean; the KL is taken in closed
form (Pyro's TraceMeanField_ELBO), whose expectation that of pyroVED's sampled one is. Of the gradient, for every linear layer, its sum with the
weights (and biases) of the layer as coefficients: what the loss changes by when the layer is scaled. The layer of the spread is left out: its
gradient is that of the draw, which is another program's own.
"""

import itertools
import json
import math
import platform
from pathlib import Path

import pyro
import pyroved as pv
import torch

OUT = Path(__file__).resolve().parents[3] / "test" / "oracles" / "pyroved_loss.json"
SAMPLES = 4
HIDDEN_E, HIDDEN_D = [7, 6], [9, 10]
PRIORS = {"dx_prior": 0.3, "dy_prior": 0.2, "sc_prior": 0.15}
SPREAD_BIAS = -14.0


def pixels(shape: tuple) -> torch.Tensor:
    count = math.prod(shape)
    values = [0.5 + 0.5 * math.sin(0.37 * (n + 1) + 0.011 * p * p) for n in range(SAMPLES) for p in range(count)]
    return torch.tensor(values, dtype=torch.float32).reshape(SAMPLES, *shape)


def fill(linear: torch.nn.Linear, number: int) -> None:
    """Weight from input p to unit j, and bias of unit j, of the layer with this number."""
    units, inputs = linear.weight.shape
    with torch.no_grad():
        for j in range(units):
            for p in range(inputs):
                linear.weight[j, p] = 0.6 * math.sin(1 + 2.3 * number + 1.7 * j + 0.9 * p)
            if linear.bias is not None:
                linear.bias[j] = 0.3 * math.cos(number + 1.3 * j)


def linears(module: torch.nn.Module) -> list:
    return [layer for layer in module.fc_layers if isinstance(layer, torch.nn.Linear)]


def build(shape: tuple, case: dict) -> pv.models.iVAE:
    options = dict(PRIORS) if case["invariances"] else {}
    model = pv.models.iVAE(
        shape, latent_dim=case["latent_dim"], invariances=case["invariances"] or None, hidden_dim_e=HIDDEN_E,
        hidden_dim_d=HIDDEN_D, sampler_d=case["sampler"], decoder_sig=0.4, **options,
    )
    encoder, decoder = model.encoder_z, model.decoder
    for number, layer in enumerate([*linears(encoder), encoder.fc11]):
        fill(layer, number)
    with torch.no_grad():
        encoder.fc12.weight.zero_()
        encoder.fc12.bias.fill_(SPREAD_BIAS)
    for number, layer in enumerate([*linears(decoder), decoder.out]):
        fill(layer, 10 + number)
    if hasattr(decoder, "coord_latent"):
        fill(decoder.coord_latent.fc_coord, 20)
        fill(decoder.coord_latent.fc_latent, 21)
    return model


def named_layers(model: pv.models.iVAE) -> dict:
    """Linear layers by the names that the test has for them."""
    encoder, decoder = model.encoder_z, model.decoder
    named = {f"encoder {k}": layer for k, layer in enumerate(linears(encoder))}
    named["posterior"] = encoder.fc11
    named |= {f"decoder {k}": layer for k, layer in enumerate([*linears(decoder), decoder.out])}
    if hasattr(decoder, "coord_latent"):
        named |= {"fc_coord": decoder.coord_latent.fc_coord, "fc_latent": decoder.coord_latent.fc_latent}
    return named


def loss_and_gradient(case: dict) -> dict:
    """Per sample: the loss, and for each layer Σ w·∂loss/∂w over weights and biases."""
    shape = tuple(case["shape"])
    pyro.clear_param_store()
    pyro.set_rng_seed(1)
    model = build(shape, case)
    elbo = pyro.infer.TraceMeanField_ELBO()
    loss = elbo.differentiable_loss(model.model, model.guide, pixels(shape), scale_factor=case["beta"]) / SAMPLES
    loss.backward()
    sums = {
        name: sum(float((p.detach() * p.grad).sum()) for p in layer.parameters()) for name, layer in named_layers(model).items()
    }
    return {"loss": float(loss.detach()), "gradient": sums}


def main() -> None:
    image, signal = [6, 5], [13]
    cases = [
        {"shape": image, "invariances": some, "sampler": sampler, "latent_dim": 2, "beta": beta}
        for some, sampler, beta in [
            (["t"], "bernoulli", 1.0),
            (["r"], "bernoulli", 1.0),
            (["s"], "bernoulli", 1.0),
            (["r", "t"], "gaussian", 1.7),
            (["r", "t", "s"], "continuous_bernoulli", 0.6),
            (["r", "t", "s"], "gaussian", 1.0),
            ([], "bernoulli", 1.0),
            ([], "gaussian", 2.5),
            ([], "continuous_bernoulli", 1.0),
        ]
    ]
    cases += [
        {"shape": signal, "invariances": ["t"], "sampler": "bernoulli", "latent_dim": 2, "beta": 1.0},
        {"shape": signal, "invariances": ["t"], "sampler": "gaussian", "latent_dim": 3, "beta": 1.0},
        {"shape": signal, "invariances": [], "sampler": "bernoulli", "latent_dim": 1, "beta": 1.0},
    ]
    # What the cases above leave: every sampler with every mix of invariances.
    seen = {(tuple(c["shape"]), tuple(c["invariances"]), c["sampler"]) for c in cases}
    mixes = [(image, list(some)) for n in range(4) for some in itertools.combinations("rts", n)] + [(signal, []), (signal, ["t"])]
    cases += [
        {"shape": shape, "invariances": some, "sampler": sampler, "latent_dim": 2, "beta": 1.3}
        for shape, some in mixes
        for sampler in ("bernoulli", "continuous_bernoulli", "gaussian")
        if (tuple(shape), tuple(some), sampler) not in seen
    ]
    content = {
        "script": "bench/peers/pyroved/loss_oracle.py",
        "versions": {
            "pyroved": pv.__version__, "pyro": pyro.__version__, "torch": torch.__version__, "python": platform.python_version(),
        },
        "cases": [{**case, **loss_and_gradient(case)} for case in cases],
    }
    OUT.write_text(json.dumps(content, indent=1) + "\n")
    for case in content["cases"]:
        print(case)


if __name__ == "__main__":
    main()
