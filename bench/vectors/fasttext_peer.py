"""fastText's side of run.mjs: measures one case in this process and prints a number.

usage: fasttext_peer.py CASE FILE THREADS
"""
import sys
import time

import fasttext

case, file, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = "skipgram" if case.endswith("skip-gram") else "cbow"


def seconds(epochs):
    begin = time.perf_counter()
    fasttext.train_unsupervised(file, model=model, dim=100, ws=5, neg=5, minCount=5, t=1e-3, epoch=epochs, thread=threads,
                                verbose=0)
    return time.perf_counter() - begin


# What one epoch more takes: reading and setting up are in both.
with open(file, encoding="utf-8") as f:
    words = sum(len(line.split()) + 1 for line in f)
print(words / (seconds(2) - seconds(1)))
