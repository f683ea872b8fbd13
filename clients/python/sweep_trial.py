"""What a program that `sweep` runs says and is told. One file, nothing but the standard library, Python 3.7 or newer.

    import sweep_trial

    p = sweep_trial.parameters()                    # {"learningRate": 0.01, ...}
    for step in sweep_trial.steps():                # from where it was left, to where it is to go
        ...
        sweep_trial.report(step, accuracy=0.91, loss=0.3)

A program that can go on from a checkpoint says so ("resumes": true in the sweep file), and:

    folder = sweep_trial.resume()                   # None at the beginning
    if folder: model.load(folder / "model")
    ...
        with sweep_trial.checkpoint(step) as folder:
            model.save(folder / "model")

Run by itself, without `sweep`, parameters() gives what `defaults` says, and report() prints.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import threading

__all__ = ["parameters", "seed", "report", "checkpoint", "resume", "steps", "stopping"]

_stopping = threading.Event()


def _told():
    path = os.environ.get("SWEEP_PARAMETERS")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def parameters(defaults=None):
    """The trial's parameters, over the defaults."""
    return {**(defaults or {}), **_told().get("parameters", {})}


def seed():
    """The trial's seed: the same for a repeat of every configuration, another for each repeat."""
    return int(os.environ.get("SWEEP_SEED", "0"))


def _say(line):
    path = os.environ.get("SWEEP_METRICS")
    if path is None:
        print(json.dumps(line))
        return
    # One write of a whole line: whoever reads meanwhile sees all of it, or nothing.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, (json.dumps(line) + "\n").encode("utf-8"))
    finally:
        os.close(descriptor)


def report(step, **metrics):
    """What the metrics are after this step. Numbers of NumPy and tensors of one element are numbers too."""
    _say({"step": int(step), **{name: float(value) for name, value in metrics.items()}})


@contextlib.contextmanager
def checkpoint(step):
    """A folder to save into; what is in it at the end is what resume() gives to the program that goes on."""
    root = pathlib.Path(os.environ.get("SWEEP_CHECKPOINT", "checkpoint"))
    folder = root / str(int(step))
    unfinished = root / (".%d-%08x" % (int(step), random.SystemRandom().getrandbits(32)))
    unfinished.mkdir(parents=True)
    yield unfinished
    if folder.exists():
        shutil.rmtree(str(folder))
    unfinished.rename(folder)
    _say({"checkpoint": int(step)})
    whole = sorted((one for one in root.iterdir() if one.name.isdigit()), key=lambda one: int(one.name))
    for older in whole[:-3]:  # the last ones may just be being read
        shutil.rmtree(str(older), ignore_errors=True)


def resume():
    """The folder of the checkpoint to go on from; None: there is none, begin anew."""
    step = int(os.environ.get("SWEEP_STEP", "0"))
    folder = pathlib.Path(os.environ.get("SWEEP_CHECKPOINT", "checkpoint")) / str(step)
    return folder if step > 0 and folder.is_dir() else None


def steps(most=None):
    """The steps that are to be trained, counted from 1. Ends early once the program is asked to stop."""
    begin = int(os.environ.get("SWEEP_STEP", "0"))
    end = int(os.environ.get("SWEEP_TO_STEP", str(most if most is not None else 10)))
    _listen()
    for step in range(begin + 1, end + 1):
        if _stopping.is_set():
            return
        yield step


def stopping():
    """Whether the program has been asked to save a checkpoint and end."""
    _listen()
    return _stopping.is_set()


def _listen():
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: _stopping.set())
