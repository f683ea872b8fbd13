"""Polynomial regression by stochastic gradient descent, with nothing but the standard library.

y = sin(3x) is to be learned from 200 noisy examples by a polynomial; after each epoch the mean squared error on 100
others is reported. It can be stopped at any moment, and goes on from its last epoch.
"""

import json
import math
import random

import sweep_trial

p = sweep_trial.parameters({"learningRate": 0.1, "degree": 5})
rng = random.Random(sweep_trial.seed())
EXAMPLES = [(x, math.sin(3 * x) + rng.gauss(0, 0.1)) for x in (rng.uniform(-1, 1) for _ in range(300))]
TRAIN, TEST = EXAMPLES[:200], EXAMPLES[200:]


def predict(weights, x):
    return sum(w * x**k for k, w in enumerate(weights))


def loss(weights):
    """The mean squared error on the examples that are not learned from; infinite if it is beyond all numbers."""
    try:
        return sum((predict(weights, x) - y) ** 2 for x, y in TEST) / len(TEST)
    except OverflowError:
        return math.inf


weights = [0.0] * (p["degree"] + 1)
folder = sweep_trial.resume()
if folder:
    weights = json.loads((folder / "weights.json").read_text())

for epoch in sweep_trial.steps():
    order = random.Random("%d %d" % (sweep_trial.seed(), epoch))  # of this epoch alone: wherever it goes on from
    for x, y in order.sample(TRAIN, len(TRAIN)):
        error = predict(weights, x) - y
        weights = [w - p["learningRate"] * error * x**k for k, w in enumerate(weights)]
    sweep_trial.report(epoch, loss=loss(weights))
    with sweep_trial.checkpoint(epoch) as folder:
        (folder / "weights.json").write_text(json.dumps(weights))
