"""One training step in JAX, one jit over everything; the state is donated, so that it is written in place.
Arguments: `scan` or `unrolled`, how it goes over time, and how many lanes take the step together (vmap)."""
from itertools import cycle
import sys

from lines import array, say, serve

variant = sys.argv[1]
lanes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
name = f"jax {variant}" + (f", {lanes} lanes" if lanes > 1 else "")

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    say({"name": name, "versions": {}, "missing": 'JAX: pip install "jax[cpu]"'})
    raise SystemExit

RHO, EPSILON = 0.99, 1e-8


# State None is zeros, which nothing is multiplied by: an unrolled first step has no recurrent product, as ours has none.
def rnn(recurrent, state, projected):
    return (jnp.tanh(projected + state[0] @ recurrent if state else projected),)


def lstm(recurrent, state, projected):
    g, i, f, o = jnp.split(projected + state[0] @ recurrent if state else projected, 4, -1)
    c = jnp.tanh(g) * jax.nn.sigmoid(i) + (state[1] * jax.nn.sigmoid(f) if state else 0.0)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


CELLS = {"rnn": (rnn, 1), "lstm": (lstm, 2)}


def prepare(case):
    if case["cell"] not in CELLS:
        raise ValueError(f"cell {case['cell']} is not written in it")
    cell, states = CELLS[case["cell"]]
    data, hidden, inputs, batch = case["data"], case["hidden"], case["inputs"], case["batch"]
    learning_rate, norm = case["learningRate"], case["clipNorm"]

    def loss_of(weights, digits, answers):
        x = digits[..., None].astype(jnp.float32) if inputs == 1 else jax.nn.one_hot(digits, 10)

        def over_time(state, x_t):
            return cell(weights["layer0.recurrent"], state, x_t @ weights["layer0.kernel"] + weights["layer0.bias"])

        if variant == "unrolled":
            state = None
            for x_t in x:
                state = over_time(state, x_t)
        else:
            zeros = jnp.zeros((batch, hidden))
            state, _ = jax.lax.scan(lambda state, x_t: (over_time(state, x_t), None), (zeros,) * states, x)
        logits = state[0] @ weights["output.kernel"] + weights["output.bias"]
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), answers[:, None], 1))

    def train(weights, squares, rate, digits, answers):
        loss, gradients = jax.value_and_grad(loss_of)(weights, digits, answers)
        length = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
        gradients = jax.tree.map(lambda g: g * jnp.minimum(1.0, norm / length), gradients)
        squares = jax.tree.map(lambda s, g: RHO * s + (1 - RHO) * g * g, squares, gradients)
        weights = jax.tree.map(lambda w, g, s: w - rate * g / (jnp.sqrt(s) + EPSILON), weights, gradients, squares)
        return weights, squares, loss

    def for_lanes(x):
        return x if lanes == 1 else jnp.stack([x] * lanes)

    over_lanes = train if lanes == 1 else jax.vmap(train, in_axes=(0, 0, None, 0, 0))
    compiled = jax.jit(over_lanes, donate_argnums=(0, 1))
    weights = {key: for_lanes(jnp.asarray(array(packed, "<f4"))) for key, packed in data["weights"].items()}
    squares = jax.tree.map(jnp.zeros_like, weights)
    drawn = zip(array(data["digits"], "<i4"), array(data["answers"], "<i4"))
    batches = cycle([(for_lanes(jnp.asarray(digits)), for_lanes(jnp.asarray(answers))) for digits, answers in drawn])

    def step():
        nonlocal weights, squares
        weights, squares, loss = compiled(weights, squares, learning_rate, *next(batches))
        return float(loss.reshape(-1)[0])

    return step


say({"name": name, "lanes": lanes, "versions": {"jax": jax.__version__}})
serve(prepare)
