"""A worker that answers a line of JSON with a line of JSON; the messages are in ../step-messages.ts."""
import base64
import json
import sys
import time


def say(answer):
    print(json.dumps(answer), flush=True)


def array(packed, kind):
    """The numbers of a message, as an array of NumPy."""
    import numpy
    return numpy.frombuffer(base64.b64decode(packed["data"]), kind).reshape(packed["shape"]).copy()


def serve(prepare):
    """`prepare(case)` gives a function of nothing that trains one step and gives its loss."""
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                step = prepare(request)
                say({"losses": [step() for _ in range(request["checkedSteps"])]})
                continue
            wall = []
            processor = time.process_time()
            for _ in range(request["run"]):
                start = time.perf_counter()
                step()
                wall.append(1e3 * (time.perf_counter() - start))
            say({"wall": wall, "processor": 1e3 * (time.process_time() - processor)})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
