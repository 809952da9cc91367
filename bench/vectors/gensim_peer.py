"""gensim's side of run.mjs: measures one case in this process and prints a number.

usage: gensim_peer.py CASE FILE THREADS
"""
import resource
import sys
import time

from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.word2vec import LineSentence

case, file, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def load():
    binary = file.endswith(".bin")
    return KeyedVectors.load_word2vec_format(file, binary=binary, no_header=not binary)


if case.startswith("train"):
    sentences = list(LineSentence(file))
    kind = FastText if "fasttext" in case else Word2Vec
    model = kind(vector_size=100, window=5, negative=5, sg=int(case.endswith("skip-gram")), min_count=5, sample=1e-3,
                 workers=threads)
    model.build_vocab(sentences)
    words = sum(map(len, sentences))
    print(words / seconds(lambda: model.train(sentences, total_examples=len(sentences), epochs=1)))
elif case.endswith("memory"):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    vectors = load().vectors
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (vectors.size * 4))
elif case.startswith("load"):
    print(seconds(load))
else:
    vectors = load()
    words = vectors.index_to_key[100:400]
    vectors.most_similar(words[0])
    print(seconds(lambda: [vectors.most_similar(word) for word in words]) / len(words))
