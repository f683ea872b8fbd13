"""One training step in PyTorch. Arguments: how it is written, and how many lanes take the step together.
`layers`: as its users write it, nn.RNN or nn.LSTM, nn.Linear, RMSprop, clip_grad_norm_; no lanes.
`compiled`: equations, gradients, clipping and optimizer as one function, torch.compile; lanes by vmap."""
from itertools import cycle
import sys

from lines import array, say, serve

variant = sys.argv[1]
lanes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
name = "pytorch" + (f" {variant}" if variant != "layers" else "") + (f", {lanes} lanes" if lanes > 1 else "")

try:
    import torch
    from torch.nn.functional import cross_entropy, one_hot
except ImportError:
    say({"name": name, "versions": {}, "missing": "PyTorch: apt-get install python3-torch libopenblas0-pthread, or pip install torch"})
    raise SystemExit
if variant == "compiled" and not hasattr(torch, "compile"):
    say({"name": name, "versions": {}, "missing": f"torch.compile, which PyTorch {torch.__version__} does not have: pip install torch"})
    raise SystemExit

CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}
# Our gates lie side by side in the order g, i, f, o; PyTorch's in the order i, f, g, o.
GATES = {"rnn": [0], "lstm": [1, 2, 0, 3]}
RHO, EPSILON = 0.99, 1e-8


def weights_of(case):
    return {key: torch.from_numpy(array(packed, "<f4")) for key, packed in case["data"]["weights"].items()}


def batches_of(case):
    digits, answers = (torch.from_numpy(array(case["data"][key], "<i4")).long() for key in ("digits", "answers"))
    return list(zip(digits, answers))


def shown(digits, inputs):
    return digits[..., None].float() if inputs == 1 else one_hot(digits, 10).float()


def layers(case):
    hidden, inputs = case["hidden"], case["inputs"]
    cell = CELLS[case["cell"]](inputs, hidden)
    output = torch.nn.Linear(hidden, 10)
    weights = weights_of(case)

    def gates(x):
        blocks = x.split(hidden, -1)
        return torch.cat([blocks[i] for i in GATES[case["cell"]]], -1).T

    with torch.no_grad():
        cell.weight_ih_l0.copy_(gates(weights["layer0.kernel"]))
        cell.weight_hh_l0.copy_(gates(weights["layer0.recurrent"]))
        cell.bias_ih_l0.copy_(gates(weights["layer0.bias"]))
        cell.bias_hh_l0.zero_()
        output.weight.copy_(weights["output.kernel"].T)
        output.bias.copy_(weights["output.bias"])
    cell.bias_hh_l0.requires_grad_(False)  # PyTorch has every bias twice; one is the equations'
    parameters = [p for p in (*cell.parameters(), *output.parameters()) if p.requires_grad]
    optimizer = torch.optim.RMSprop(parameters, case["learningRate"])  # its constants are ours: 0.99 and 1e-8
    batches = cycle(batches_of(case))

    def step():
        digits, answers = next(batches)
        optimizer.zero_grad()
        h, _ = cell(shown(digits, inputs))
        loss = cross_entropy(output(h[-1]), answers)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, case["clipNorm"])
        optimizer.step()
        return loss.item()

    return step


def rnn(recurrent, state, projected):
    return (torch.tanh(projected + state[0] @ recurrent if state else projected),)


def lstm(recurrent, state, projected):
    g, i, f, o = (projected + state[0] @ recurrent if state else projected).chunk(4, -1)
    c = torch.tanh(g) * torch.sigmoid(i)
    c = c + state[1] * torch.sigmoid(f) if state else c
    return torch.tanh(c) * torch.sigmoid(o), c


def compiled(case):
    cell = {"rnn": rnn, "lstm": lstm}[case["cell"]]
    rate, norm = case["learningRate"], case["clipNorm"]

    def loss_of(weights, digits, answers):
        state = None
        for x in shown(digits, case["inputs"]):
            state = cell(weights["layer0.recurrent"], state, x @ weights["layer0.kernel"] + weights["layer0.bias"])
        return cross_entropy(state[0] @ weights["output.kernel"] + weights["output.bias"], answers)

    def train(weights, squares, digits, answers):
        gradients, loss = torch.func.grad_and_value(loss_of)(weights, digits, answers)
        length = torch.sqrt(sum((g * g).sum() for g in gradients.values()))
        factor = torch.clamp(norm / length, max=1.0)
        gradients = {key: g * factor for key, g in gradients.items()}
        squares = {key: RHO * squares[key] + (1 - RHO) * g * g for key, g in gradients.items()}
        weights = {key: weights[key] - rate * g / (torch.sqrt(squares[key]) + EPSILON) for key, g in gradients.items()}
        return weights, squares, loss

    def for_lanes(x):
        return x if lanes == 1 else torch.stack([x] * lanes)

    one_function = torch.compile(train if lanes == 1 else torch.func.vmap(train), fullgraph=True, dynamic=False)
    weights = {key: for_lanes(x) for key, x in weights_of(case).items()}
    squares = {key: torch.zeros_like(x) for key, x in weights.items()}
    batches = cycle([(for_lanes(digits), for_lanes(answers)) for digits, answers in batches_of(case)])

    def step():
        nonlocal weights, squares
        with torch.no_grad():
            weights, squares, loss = one_function(weights, squares, *next(batches))
        return loss.reshape(-1)[0].item()

    return step


def prepare(case):
    if case["cell"] not in CELLS:
        raise ValueError(f"it has no cell with the equations of {case['cell']}")
    return (compiled if variant == "compiled" else layers)(case)


torch.set_num_threads(1)
if variant == "compiled":
    import torch._dynamo.config
    import torch._inductor.config
    torch._inductor.config.compile_threads = 1
    torch._dynamo.config.cache_size_limit = 64  # each case is a function of its own
say({"name": name, "lanes": lanes, "versions": {"pytorch": torch.__version__}})
serve(prepare)
