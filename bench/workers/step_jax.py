"""One training step in JAX: a scan over time, one jit over everything; the state is donated, so that it is written in place."""
from functools import partial
from itertools import cycle

from lines import array, say, serve

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    say({"name": "jax", "versions": {}, "missing": 'JAX: pip install "jax[cpu]"'})
    raise SystemExit

RHO, EPSILON = 0.99, 1e-8


def rnn(recurrent, state, projected):
    h = jnp.tanh(projected + state[0] @ recurrent)
    return (h,), None


def lstm(recurrent, state, projected):
    h, c = state
    g, i, f, o = jnp.split(projected + h @ recurrent, 4, -1)
    c = jnp.tanh(g) * jax.nn.sigmoid(i) + c * jax.nn.sigmoid(f)
    return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None


CELLS = {"rnn": (rnn, 1), "lstm": (lstm, 2)}


def prepare(case):
    if case["cell"] not in CELLS:
        raise ValueError(f"cell {case['cell']} is not written in it")
    cell, states = CELLS[case["cell"]]
    data, hidden, inputs, batch = case["data"], case["hidden"], case["inputs"], case["batch"]
    learning_rate, norm = case["learningRate"], case["clipNorm"]

    def loss_of(weights, digits, answers):
        x = digits[..., None].astype(jnp.float32) if inputs == 1 else jax.nn.one_hot(digits, 10)
        zeros = jnp.zeros((batch, hidden))

        def over_time(state, x_t):
            return cell(weights["layer0.recurrent"], state, x_t @ weights["layer0.kernel"] + weights["layer0.bias"])

        (h, *_), _ = jax.lax.scan(over_time, (zeros,) * states, x)
        logits = h @ weights["output.kernel"] + weights["output.bias"]
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), answers[:, None], 1))

    @partial(jax.jit, donate_argnums=(0, 1))
    def train(weights, squares, rate, digits, answers):
        loss, gradients = jax.value_and_grad(loss_of)(weights, digits, answers)
        length = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
        gradients = jax.tree.map(lambda g: g * jnp.minimum(1.0, norm / length), gradients)
        squares = jax.tree.map(lambda s, g: RHO * s + (1 - RHO) * g * g, squares, gradients)
        weights = jax.tree.map(lambda w, g, s: w - rate * g / (jnp.sqrt(s) + EPSILON), weights, gradients, squares)
        return weights, squares, loss

    weights = {name: jnp.asarray(array(packed, "<f4")) for name, packed in data["weights"].items()}
    squares = jax.tree.map(jnp.zeros_like, weights)
    batches = cycle(zip([jnp.asarray(d) for d in array(data["digits"], "<i4")], [jnp.asarray(a) for a in array(data["answers"], "<i4")]))

    def step():
        nonlocal weights, squares
        weights, squares, loss = train(weights, squares, learning_rate, *next(batches))
        return float(loss)

    return step


say({"name": "jax", "versions": {"jax": jax.__version__}})
serve(prepare)
