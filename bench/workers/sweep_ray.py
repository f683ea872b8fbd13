"""The palindrome sweep of `sweep bench sweep` with Ray Tune and PyTorch, as their users write it; arguments: steps and slots.
One line of JSON at the end: seconds until Ray was up, seconds of the sweep, trials, errors, mean accuracy."""
import json
import os
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", RAY_AIR_NEW_OUTPUT="0", RAY_USAGE_STATS_ENABLED="0")
began = time.time()

try:
    import ray
    import torch
    from ray import tune
except ImportError:
    missing = 'Ray Tune and PyTorch: a virtual environment (--system-site-packages) with PyTorch and pip install "ray[tune]"'
    print(json.dumps({"missing": missing}))
    raise SystemExit

BATCH, HIDDEN, DIGITS, EVALUATION = 128, 128, 10, 2048
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}
steps, slots = int(sys.argv[1]), int(sys.argv[2])


def train(config):
    import numpy
    torch.set_num_threads(1)
    torch.manual_seed(config["seed"])
    random = numpy.random.default_rng(config["seed"])
    length = config["length"]

    def batch(size):
        half = random.integers(0, DIGITS, ((length + 1) // 2, size))
        whole = numpy.concatenate([half, half[::-1][length % 2:]])
        return torch.eye(DIGITS)[torch.from_numpy(whole[:-1])], torch.from_numpy(whole[-1].copy())

    cell, output = CELLS[config["cell"]](DIGITS, HIDDEN), torch.nn.Linear(HIDDEN, DIGITS)
    parameters = [*cell.parameters(), *output.parameters()]
    optimizer = torch.optim.RMSprop(parameters, config["lr"])
    for step in range(1, steps + 1):
        x, y = batch(BATCH)
        optimizer.zero_grad()
        h, _ = cell(x)
        loss = torch.nn.functional.cross_entropy(output(h[-1]), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10)
        optimizer.step()
        if step % 100 == 0 or step == steps:
            with torch.no_grad():
                x, y = batch(EVALUATION)
                h, _ = cell(x)
                accuracy = (output(h[-1]).argmax(-1) == y).float().mean().item()
            tune.report({"accuracy": accuracy, "loss": loss.item()})


if __name__ == "__main__":
    ray.init(num_cpus=slots, logging_level="ERROR", include_dashboard=False)
    up = time.time()
    grid = {"cell": ["rnn", "lstm"], "length": [5, 10, 15], "lr": [1e-3, 3e-3], "seed": [0, 1]}
    with tempfile.TemporaryDirectory() as folder:
        results = tune.Tuner(
            train, param_space={name: tune.grid_search(values) for name, values in grid.items()},
            run_config=tune.RunConfig(verbose=0, storage_path=folder),
        ).fit()
        accuracy = [r.metrics["accuracy"] for r in results if not r.error]
        print(json.dumps({
            "init": up - began, "sweep": time.time() - up, "trials": len(results), "errors": len(results.errors),
            "accuracy": sum(accuracy) / max(1, len(accuracy)), "versions": {"ray": ray.__version__, "pytorch": torch.__version__},
        }))
