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
    if case.endswith("supervised"):
        fasttext.train_supervised(file, dim=100, wordNgrams=2, bucket=200_000, epoch=epochs, thread=threads, verbose=0)
        return time.perf_counter() - begin
    fasttext.train_unsupervised(file, model=model, dim=100, ws=5, neg=5, minCount=5, t=1e-3, epoch=epochs, thread=threads,
                                verbose=0)
    return time.perf_counter() - begin


# What epochs take that are more than one: reading and setting up are in both.
with open(file, encoding="utf-8") as f:
    words = sum(len(line.split()) + 1 for line in f)
more = 5 if case.endswith("supervised") else 1
print(more * words / (seconds(1 + more) - seconds(1)))
