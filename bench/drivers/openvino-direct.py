"""openvino called directly, pooling inside the graph. Variant: f32, bf16 (the same graph, computed in bf16 where the CPU
can), or int8 (export-openvino.py: NNCF post-training quantisation)."""

import pathlib

import numpy
import openvino
from grouped import run_grouped
from tokenizers import Tokenizer

MAX_TOKENS = 256  # the model's max_seq_length


class load:
    groupings = [{"batch": 1}, {"batch": 8}, {"batch": 32}]

    def __init__(self, model_dir, peers_dir, threads, variant):
        exported = pathlib.Path(peers_dir) / "models" / pathlib.Path(model_dir).name
        self.tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if variant == "bf16" else "f32",
            "ENABLE_CPU_PINNING": False,
        }
        graph = exported / "openvino" / ("pooled_int8.xml" if variant == "int8" else "pooled.xml")
        compiled = openvino.Core().compile_model(graph, "CPU", settings)
        self.request = compiled.create_infer_request()
        self.info = {"precision": str(compiled.get_property("INFERENCE_PRECISION_HINT"))}

    def run(self, sequences):
        shape = (len(sequences), max(map(len, sequences)))
        ids, mask = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        return self.request.infer(inputs, share_inputs=True, share_outputs=True)[0]

    def encode(self, texts, grouping):
        sequences = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        return run_grouped([len(s) for s in sequences], grouping["batch"], lambda part: self.run([sequences[i] for i in part]))

    def encode_ids(self, ids):
        return self.run([ids])
