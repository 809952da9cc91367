"""PyTorch's vectors of all STS-B test sentences: reference-vectors.py MODEL_FOLDER sts-test.csv OUT_FOLDER

Writes sts-test.f32 (little-endian rows, sentences once each in file order) and sts-test.json (count, dim, versions).
Sentences run one at a time in float32, so that no padding enters.
"""

import json
import pathlib
import sys

import sentence_transformers
import torch

model_folder, csv, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
rows = [line.split("\t") for line in csv.read_text(encoding="utf-8").rstrip("\n").split("\n")]
sentences = list(dict.fromkeys(text for row in rows for text in (row[5], row[6])))
model = sentence_transformers.SentenceTransformer(model_folder, device="cpu", model_kwargs={"dtype": torch.float32})
assert next(model.parameters()).dtype == torch.float32
vectors = model.encode(sentences, batch_size=1, show_progress_bar=False, convert_to_numpy=True)
out.mkdir(parents=True, exist_ok=True)
vectors.astype("<f4").tofile(out / "sts-test.f32")
versions = {"torch": torch.__version__, "sentence-transformers": sentence_transformers.__version__}
(out / "sts-test.json").write_text(json.dumps({"count": len(sentences), "dim": vectors.shape[1], **versions}, indent=1))
