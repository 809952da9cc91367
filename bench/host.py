"""The process of one engine whose driver is Python: the messages of host.mjs, over the channel Node opens for a child.

A driver is a module with load(model_dir, peers_dir, threads, variant) -> object with
  groupings                  ways to group a batch ({"batch": n}); the fastest is taken
  encode(texts, grouping)    -> float32 array [texts, dim], normalised, in the order of the texts
  encode_ids(ids)            -> the same for one list of token ids, special tokens included
  info                       optional dictionary
"""

import importlib.util
import json
import os
import pathlib
import resource
import socket
import statistics
import sys
import time

KINDS = ["ids", "text", "batch"]  # no event loop here, and no native forward to tell apart
now = lambda: time.perf_counter() * 1e3
peak_megabytes = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def time_calls(call, milliseconds):
    """As src/measure/latency.ts does it."""
    warm = now() + milliseconds / 5
    while True:
        call()
        if now() >= warm:
            break
    times, end = [], now() + milliseconds
    while now() < end or len(times) < 5:
        begin = now()
        call()
        times.append(now() - begin)
    return {"value": statistics.median(times), "times": times}


def time_batch(texts, grouping):
    begin = now()
    rows = engine.encode(texts, grouping)
    seconds = (now() - begin) / 1e3
    if len(rows) != len(texts):
        raise RuntimeError(f"the engine gave {len(rows)} vectors for {len(texts)} texts")
    return len(texts) / seconds


def choose_grouping(message):
    global grouping
    half = message["texts"][::2]
    time_batch(half, grouping)
    speeds = [time_batch(half, candidate) for candidate in engine.groupings]
    grouping = engine.groupings[speeds.index(max(speeds))]
    return {"grouping": grouping if len(engine.groupings) > 1 else None}


commands = {
    "chooseGrouping": choose_grouping,
    "ids": lambda m: time_calls(lambda: engine.encode_ids(m["ids"]), m["budget"]),
    "text": lambda m: time_calls(lambda: engine.encode([m["text"]], {"batch": 1}), m["budget"]),
    "batch": lambda m: {"value": time_batch(m["texts"], m.get("grouping") or grouping)},
    "info": lambda m: {**getattr(engine, "info", {}), "kinds": KINDS},
    "peak": lambda m: {"value": peak_megabytes()},
    "vectors": lambda m: engine.encode(m["texts"], m.get("grouping") or grouping).tolist(),
}

file, options = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"])).makefile("rw", encoding="utf-8")
sys.path.insert(0, str(file.parent))
spec = importlib.util.spec_from_file_location("driver", file)
driver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(driver)


def send(message):
    channel.write(json.dumps(message) + "\n")
    channel.flush()


engine = driver.load(options["modelDir"], options["peersDir"], options["threads"], options["variant"])
if sys.argv[3:4] == ["--once"]:
    rows = engine.encode([sys.argv[4]], {"batch": 1})
    send({"dim": len(rows[0]), "peak": peak_megabytes()})
    os._exit(0)
grouping = engine.groupings[0]
send({"ready": True})
for line in channel:
    message = json.loads(line)
    try:
        send({"result": commands[message["command"]](message)})
    except Exception as error:
        send({"error": repr(error)[:600]})
