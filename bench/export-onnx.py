"""Exports a BERT folder to the ONNX files the peers load: export-onnx.py MODEL_FOLDER OUT_FOLDER

onnx/model.onnx             float32, as transformers.js wants it (last_hidden_state)
onnx/model_quantized.onnx   the same with dynamic int8 weights, one scale a channel
onnx/pooled.onnx            float32 with mean pooling and L2 norm inside the graph
onnx/pooled_fused.onnx      the same after onnxruntime's transformer optimiser (fused attention, GELU, skip + LayerNorm)
onnx/pooled_int8.onnx       pooled.onnx with dynamic int8 weights
onnx/pooled_fused_int8.onnx pooled_fused.onnx with dynamic int8 weights

Weights are widened to float32 on loading, so all engines compute with the same values.
"""

import json
import pathlib
import shutil
import sys

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from transformers import AutoModel

source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
graphs = target / "onnx"
graphs.mkdir(parents=True, exist_ok=True)
for file in [*source.glob("*.json"), *source.glob("*.txt")]:
    shutil.copy(file, target)
config = json.loads((source / "config.json").read_text())
hidden, heads = config["hidden_size"], config["num_attention_heads"]


class LastHiddenState(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = AutoModel.from_pretrained(source, dtype=torch.float32, attn_implementation="eager").eval()

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


def export(path):
    ids = torch.tensor([[101, 7592, 2088, 999, 102], [101, 7592, 102, 0, 0]])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    with torch.no_grad():
        torch.onnx.export(LastHiddenState(), (ids, (ids > 0).long(), torch.zeros_like(ids)), str(path), input_names=names,
                          output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17, dynamo=False)


def pool(path, out):
    """Appends sum(x * mask) / sum(mask) over tokens and the division by its norm."""
    model = onnx.load(path)
    graph = model.graph
    graph.initializer.extend([numpy_helper.from_array(numpy.array([axis]), name) for axis, name in ((1, "tokens_axis"), (2, "last_axis"))])
    node = helper.make_node
    graph.node.extend([
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last_axis"], ["mask_column"]),
        node("Mul", ["last_hidden_state", "mask_column"], ["kept"]),
        node("ReduceSum", ["kept", "tokens_axis"], ["total"], keepdims=0),
        node("ReduceSum", ["mask", "tokens_axis"], ["count"], keepdims=1),
        node("Div", ["total", "count"], ["mean"]),
        node("LpNormalization", ["mean"], ["sentence_embedding"], axis=1, p=2),
    ])
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", hidden]))
    onnx.save(model, out)


def quantize(path, out):
    quantize_dynamic(path, out, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": TensorProto.FLOAT})


plain = graphs / "model.onnx"
export(plain)
quantize(plain, graphs / "model_quantized.onnx")
pool(plain, graphs / "pooled.onnx")
quantize(graphs / "pooled.onnx", graphs / "pooled_int8.onnx")
fused = optimizer.optimize_model(str(plain), model_type="bert", num_heads=heads, hidden_size=hidden, opt_level=0, use_gpu=False)
fused.save_model_to_file(str(graphs / "fused.onnx"))
print("fused operators:", fused.get_fused_operator_statistics())
pool(graphs / "fused.onnx", graphs / "pooled_fused.onnx")
quantize(graphs / "pooled_fused.onnx", graphs / "pooled_fused_int8.onnx")
(graphs / "fused.onnx").unlink()
