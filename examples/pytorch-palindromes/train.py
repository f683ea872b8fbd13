"""The vanilla RNN and the LSTM of seed 001, in PyTorch, from their equations: the last digit of a palindrome is to be
predicted from the digits before it, given as numbers.

    h(t) = tanh(W_hx x(t) + W_hh h(t-1) + b_h)                            vanilla RNN
    g, i, f, o = tanh, σ, σ, σ (W_x x(t) + W_h h(t-1) + b)                LSTM
    c(t) = g ⊙ i + c(t-1) ⊙ f,   h(t) = tanh(c(t)) ⊙ o
    p = softmax(W_ph h(T) + b_p)

Weights begin as Glorot and Bengio's uniform ones, as those of sweep's own networks do: initial weights decide what can
be remembered. Gradients are clipped to a norm of 10, the optimizer is RMSProp.
"""

import math

import torch

import sweep_trial

p = sweep_trial.parameters(
    {"cell": "rnn", "length": 5, "hidden": 128, "batch": 128, "learningRate": 0.001, "every": 100, "clip": 10.0}
)
torch.set_num_threads(1)
T = p["length"] - 1  # the last digit is the question
GATES = {"rnn": 1, "lstm": 4}[p["cell"]]


def glorot(inputs, outputs, generator):
    bound = math.sqrt(6 / (inputs + outputs))
    return (torch.rand(inputs, outputs, generator=generator) * 2 - 1) * bound


def weights(generator):
    n = p["hidden"]
    each = lambda inputs: torch.cat([glorot(inputs, n, generator) for _ in range(GATES)], dim=1)
    bias = torch.zeros(GATES * n)
    if p["cell"] == "lstm":
        bias[2 * n : 3 * n] = 1.0  # the gate that forgets begins open
    found = {"kernel": each(1), "recurrent": each(n), "bias": bias, "out": glorot(n, 10, generator), "out_bias": torch.zeros(10)}
    return {name: value.requires_grad_() for name, value in found.items()}


def logits(w, x):
    """x [batch, T] -> [batch, 10]"""
    h = c = torch.zeros(x.shape[0], p["hidden"])
    for t in range(T):
        a = x[:, t : t + 1] @ w["kernel"] + h @ w["recurrent"] + w["bias"]
        if p["cell"] == "rnn":
            h = torch.tanh(a)
            continue
        g, i, f, o = a.chunk(4, dim=1)
        c = torch.tanh(g) * torch.sigmoid(i) + c * torch.sigmoid(f)
        h = torch.tanh(c) * torch.sigmoid(o)
    return h @ w["out"] + w["out_bias"]


def batch(size, generator):
    half = torch.randint(0, 10, (size, (p["length"] + 1) // 2), generator=generator)
    whole = torch.cat([half, half[:, : p["length"] // 2].flip(1)], dim=1)
    return whole[:, :T].float(), whole[:, -1]


generator = torch.Generator().manual_seed(sweep_trial.seed())
w = weights(generator)
optimizer = torch.optim.RMSprop(w.values(), lr=p["learningRate"], alpha=0.9)
folder = sweep_trial.resume()
if folder:
    state = torch.load(folder / "state.pt", weights_only=True)
    with torch.no_grad():
        for name, value in state["weights"].items():
            w[name].copy_(value)
    optimizer.load_state_dict(state["optimizer"])
    generator.set_state(state["generator"])

for step in sweep_trial.steps():
    for _ in range(p["every"]):  # a step of the sweep is so many of the network
        x, y = batch(p["batch"], generator)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits(w, x), y).backward()
        torch.nn.utils.clip_grad_norm_(w.values(), p["clip"])
        optimizer.step()
    with torch.no_grad():
        x, y = batch(1024, generator)
        found = logits(w, x)
        accuracy = (found.argmax(1) == y).float().mean()
        loss = torch.nn.functional.cross_entropy(found, y)
    sweep_trial.report(step, accuracy=accuracy, loss=loss)
    with sweep_trial.checkpoint(step) as folder:
        torch.save(
            {
                "weights": {name: value.detach() for name, value in w.items()},
                "optimizer": optimizer.state_dict(),
                "generator": generator.get_state(),
            },
            folder / "state.pt",
        )
