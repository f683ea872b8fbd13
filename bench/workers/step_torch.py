"""One training step in PyTorch, as its users write it: nn.RNN or nn.LSTM, nn.Linear, RMSprop, clip_grad_norm_."""
from itertools import cycle

from lines import array, say, serve

try:
    import torch
    from torch.nn.functional import cross_entropy, one_hot
except ImportError:
    say({"name": "pytorch", "versions": {}, "missing": "PyTorch: apt-get install python3-torch libopenblas0-pthread, or pip install torch"})
    raise SystemExit

CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}
# Our gates lie side by side in the order g, i, f, o; PyTorch's in the order i, f, g, o.
GATES = {"rnn": [0], "lstm": [1, 2, 0, 3]}


def prepare(case):
    data, hidden, inputs = case["data"], case["hidden"], case["inputs"]
    if case["cell"] not in CELLS:
        raise ValueError(f"it has no cell with the equations of {case['cell']}")
    cell = CELLS[case["cell"]](inputs, hidden)
    output = torch.nn.Linear(hidden, 10)
    weights = {name: torch.from_numpy(array(packed, "<f4")) for name, packed in data["weights"].items()}

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
    batches = cycle(zip(torch.from_numpy(array(data["digits"], "<i4")).long(), torch.from_numpy(array(data["answers"], "<i4")).long()))

    def step():
        digits, answers = next(batches)
        x = digits[..., None].float() if inputs == 1 else one_hot(digits, 10).float()
        optimizer.zero_grad()
        h, _ = cell(x)
        loss = cross_entropy(output(h[-1]), answers)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, case["clipNorm"])
        optimizer.step()
        return loss.item()

    return step


torch.set_num_threads(1)
say({"name": "pytorch", "versions": {"pytorch": torch.__version__}})
serve(prepare)
