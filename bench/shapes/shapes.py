"""Checkpoints of real models' shapes with seeded random weights, and what transformers makes of two inputs.

    python shapes.py --list
    python shapes.py NAME OUT_FOLDER

Sizes are those of the config.json files that the models are published with. Needs torch, transformers and safetensors.
"""

import json
import os
import sys

import torch
import transformers as t
from safetensors.torch import save_file

BERT = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, vocab_size=30522)
LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
ROBERTA = dict(BERT, vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
MINI = dict(BERT, hidden_size=384, intermediate_size=1536)
ROTARY = dict(BERT, vocab_size=30528, max_position_embeddings=8192)

# name: (family, config, model)
SHAPES = {
    "bert-base-uncased": ("bert", t.BertConfig(**BERT), t.BertModel),
    "bert-base-chinese": ("bert", t.BertConfig(**dict(BERT, vocab_size=21128)), t.BertModel),
    "bert-large-uncased": ("bert", t.BertConfig(**dict(BERT, **LARGE)), t.BertModel),
    "MiniLM-L6-H384": ("bert", t.BertConfig(**dict(MINI, num_hidden_layers=6)), t.BertModel),
    "MiniLM-L12-H384": ("bert", t.BertConfig(**MINI), t.BertModel),
    "ms-marco-MiniLM-L6-v2": ("bert", t.BertConfig(**dict(MINI, num_hidden_layers=6), num_labels=1),
                              t.BertForSequenceClassification),
    "LaBSE": ("bert", t.BertConfig(**dict(BERT, vocab_size=501153)), t.BertModel),
    "distilbert-base-uncased": ("distilbert", t.DistilBertConfig(), t.DistilBertModel),
    "roberta-base": ("roberta", t.RobertaConfig(**ROBERTA), t.RobertaModel),
    "roberta-large": ("roberta", t.RobertaConfig(**dict(ROBERTA, **LARGE)), t.RobertaModel),
    "xlm-roberta-base": ("xlm-roberta", t.XLMRobertaConfig(**dict(ROBERTA, vocab_size=250002)), t.XLMRobertaModel),
    "albert-base-v2": ("albert", t.AlbertConfig(vocab_size=30000, embedding_size=128, hidden_size=768, num_hidden_layers=12,
                                                num_attention_heads=12, intermediate_size=3072), t.AlbertModel),
    "electra-small-discriminator": ("electra", t.ElectraConfig(), t.ElectraModel),
    "electra-base-discriminator": ("electra", t.ElectraConfig(**BERT, embedding_size=768), t.ElectraModel),
    "mpnet-base": ("mpnet", t.MPNetConfig(vocab_size=30527, max_position_embeddings=514, layer_norm_eps=1e-5), t.MPNetModel),
    "deberta-v3-base": ("deberta-v2", t.DebertaV2Config(
        **dict(BERT, vocab_size=128100), relative_attention=True, max_relative_positions=-1, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
        type_vocab_size=0, layer_norm_eps=1e-7), t.DebertaV2Model),
    "ModernBERT-base": ("modernbert", t.ModernBertConfig(), t.ModernBertModel),
    "gte-base-en-v1.5": ("gte", t.GteConfig(**ROTARY, type_vocab_size=0) if hasattr(t, "GteConfig") else None,
                         getattr(t, "GteModel", None)),
    "nomic-embed-text-v1.5": ("nomic_bert", t.NomicBertConfig(**ROTARY) if hasattr(t, "NomicBertConfig") else None,
                              getattr(t, "NomicBertModel", None)),
    "sentence-t5-base": ("t5", t.T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12),
                         t.T5EncoderModel),
}
LENGTHS = (32, 17)


def make(name, folder):
    family, config, build = SHAPES[name]
    torch.manual_seed(20)
    config._attn_implementation = "eager"
    model = build(config).eval()
    generator = torch.Generator().manual_seed(21)
    for parameter in model.parameters():  # biases and norms that are not all 0 and 1
        if parameter.dim() == 1:
            parameter.data += 0.02 * torch.randn(parameter.shape, generator=generator)
    model.save_pretrained(folder, max_shard_size="100GB")
    ids = [torch.randint(5, config.vocab_size, (1, length), generator=generator) for length in LENGTHS]
    with torch.no_grad():
        outputs = [model(input_ids=row) for row in ids]
    values = [o.logits if "logits" in o else o.last_hidden_state[0] for o in outputs]
    if name == "LaBSE":
        add_sentence_modules(folder, config)
        values = [dense(folder, o.pooler_output) for o in outputs]
    save_file({f"{i}": value.contiguous() for i, value in enumerate(values)}, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as f:
        json.dump({"name": name, "family": family, "inputIds": [row[0].tolist() for row in ids],
                   "parameters": sum(p.numel() for p in model.parameters())}, f)


def add_sentence_modules(folder, config):
    """LaBSE: the pooler's output is left to Dense (tanh) on the first token, then unit length."""
    def write(path, value):
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            json.dump(value, f)
    kinds = ["Transformer", "Pooling", "Dense", "Normalize"]
    write("modules.json", [{"idx": i, "name": str(i), "path": "" if i == 0 else f"{i}_{kind}",
                            "type": f"sentence_transformers.models.{kind}"} for i, kind in enumerate(kinds)])
    write("1_Pooling/config.json", {"word_embedding_dimension": config.hidden_size, "pooling_mode_cls_token": True})
    write("2_Dense/config.json", {"in_features": config.hidden_size, "out_features": config.hidden_size, "bias": True,
                                  "activation_function": "torch.nn.modules.activation.Tanh"})
    vocabulary = {f"[unused{i}]": i for i in range(config.vocab_size)}
    write("tokenizer.json", {"added_tokens": [], "normalizer": {"type": "BertNormalizer"},
                             "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None, "decoder": None,
                             "model": {"type": "WordPiece", "unk_token": "[unused0]", "vocab": vocabulary}})
    with open(os.path.join(folder, "model.safetensors"), "rb"):
        pass
    from safetensors.torch import load_file
    weights = load_file(os.path.join(folder, "model.safetensors"))
    save_file({"linear.weight": weights["pooler.dense.weight"], "linear.bias": weights["pooler.dense.bias"]},
              os.path.join(folder, "2_Dense", "model.safetensors"))


def dense(folder, pooled):
    """transformers' pooler is the same first token, weights and tanh."""
    return torch.nn.functional.normalize(pooled, dim=-1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(name for name, (_, config, build) in SHAPES.items() if config is not None and build is not None))
    else:
        make(*sys.argv[1:])
