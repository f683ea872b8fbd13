"""A script as one finds it: options of its own, progress for people, and no idea that somebody sweeps it.

Logistic regression on two noisy moons, by gradient descent.
"""

import argparse
import math
import random

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

rng = random.Random(args.seed)


def moon(i):
    angle = rng.uniform(0, math.pi)
    x, y = (math.cos(angle), math.sin(angle)) if i % 2 == 0 else (1 - math.cos(angle), 0.5 - math.sin(angle))
    return (1.0, x + rng.gauss(0, 0.15), y + rng.gauss(0, 0.15)), i % 2


data = [moon(i) for i in range(400)]
train, valid = data[:300], data[300:]
weights = [0.0, 0.0, 0.0]


def chance(features):
    return 1 / (1 + math.exp(-sum(w * f for w, f in zip(weights, features))))


for epoch in range(1, args.epochs + 1):
    for features, label in train:
        error = chance(features) - label
        weights = [w - args.lr * error * f for w, f in zip(weights, features)]
    loss = -sum(math.log(chance(f) if label else 1 - chance(f)) for f, label in valid) / len(valid)
    accuracy = sum((chance(f) > 0.5) == (label == 1) for f, label in valid) / len(valid)
    print(f"Epoch {epoch}/{args.epochs} - val_loss: {loss:.4f} - val_acc: {accuracy:.3f}")
