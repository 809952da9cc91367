"""The peers' side of run.mjs for static embeddings: measures one package in this process and prints tokens a second.

usage: static_peer.py sentence-transformers|model2vec FOLDER TEXTS THREADS
"""
import os
import sys
import time

package, folder, file, threads = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4]
os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = threads
os.environ["TOKENIZERS_PARALLELISM"] = "true"

with open(file, encoding="utf-8") as f:
    texts = f.read().splitlines()

if package == "model2vec":
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(folder)
    tokenizer = model.tokenizer
    encode = model.encode
else:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    torch.set_num_threads(int(threads))
    embedding = StaticEmbedding.from_model2vec(folder)
    model = SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
    tokenizer = embedding.tokenizer

    def encode(batch):
        return model.encode(batch, batch_size=1024, show_progress_bar=False)


tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False))
encode(texts[:1000])
begin = time.perf_counter()
encode(texts)
print(tokens / (time.perf_counter() - begin))
