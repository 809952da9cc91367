"""Random tokenizers of every part that is written in src/tokenizers, and what the Rust library makes of odd texts with them.

Python 3.11 (its Unicode 14: only characters assigned there are drawn), tokenizers 0.23.3:

    python make_parts.py
"""

import gzip
import json
import os
import random
import unicodedata

from tokenizers import Tokenizer

random.seed(20)
V = (
    ["<unk>"]
    + [chr(c) for c in range(33, 127)]
    + ["▁", "##a", "##b", "##e", "##s", "the", "cat", "##ing", "▁the", "▁c", "at", "ing", "th", "he", "Ġ", "Ġt", "Ġthe", "é", "e", "́"]
)
V = list(dict.fromkeys(V))
vocab = {t: i for i, t in enumerate(V)}
bytechars = []


def b2u():
    bs = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    cs = bs[:]
    n = 0
    for b in range(256):
        if b not in bs:
            bs.append(b)
            cs.append(256 + n)
            n += 1
    return {b: chr(c) for b, c in zip(bs, cs)}


B = b2u()
bvocab = {c: i for i, c in enumerate(B.values())}
merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("c", "a"), ("ca", "t"), ("Ġ", "cat"), ("i", "n"), ("in", "g"), ("a", "b"), ("ab", "c")]
for a, b in merges:
    bvocab.setdefault(a + b, len(bvocab))
cvocab = {t: i for i, t in enumerate(["<unk>"] + [chr(c) for c in range(97, 123)] + ["▁"] + [f"<0x{i:02X}>" for i in range(256)])}
cm = [("t", "h"), ("th", "e"), ("▁", "the"), ("c", "a"), ("ca", "t"), ("a", "b")]
for a, b in cm:
    cvocab.setdefault(a + b, len(cvocab))
uni = (
    [["<unk>", 0.0], ["▁", -2.0]]
    + [[c, -3.0 - random.random()] for c in "abcdefghijklmnopqrstuvwxyz"]
    + [["▁the", -1.5], ["the", -2.5], ["ing", -2.2], ["▁cat", -1.9], ["at", -2.6], ["th", -2.4], ["▁a", -2.1], ["ab", -2.7]]
)
models = {
    "wp": {"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 20, "vocab": vocab},
    "bpe-byte": {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": bvocab,
        "merges": [f"{a} {b}" for a, b in merges],
    },
    "bpe-byte-ignore": {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": True,
        "vocab": bvocab,
        "merges": [f"{a} {b}" for a, b in merges],
    },
    "bpe-fallback": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "<unk>",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": True,
        "ignore_merges": False,
        "vocab": cvocab,
        "merges": [f"{a} {b}" for a, b in cm],
    },
    "bpe-unk": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "<unk>",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": cvocab,
        "merges": [f"{a} {b}" for a, b in cm],
    },
    "bpe-fuse": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "<unk>",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": cvocab,
        "merges": [f"{a} {b}" for a, b in cm],
    },
    "unigram": {"type": "Unigram", "unk_id": 0, "vocab": uni, "byte_fallback": False},
    "unigram-fallback": {"type": "Unigram", "unk_id": 0, "vocab": uni + [[f"<0x{i:02X}>", -9.0] for i in range(256)], "byte_fallback": True},
}
ev = {t: i for i, t in enumerate(["<unk>"] + list("abcdefghijklmnopqrstuvwxyz") + [c + "</w>" for c in "abcdefghijklmnopqrstuvwxyz"])}
em = [("t", "h"), ("th", "e</w>"), ("a", "t</w>"), ("c", "at</w>")]
for a, b in em:
    ev.setdefault(a + b, len(ev))
models["bpe-suffix"] = {
    "type": "BPE",
    "dropout": None,
    "unk_token": "<unk>",
    "continuing_subword_prefix": None,
    "end_of_word_suffix": "</w>",
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
    "vocab": ev,
    "merges": [f"{a} {b}" for a, b in em],
}
L = lambda *x: {"type": "Sequence", "normalizers": list(x)}
norms = [
    None,
    {"type": "NFD"},
    {"type": "NFC"},
    {"type": "NFKC"},
    {"type": "NFKD"},
    {"type": "Lowercase"},
    {"type": "StripAccents"},
    L({"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}),
    {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
    {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": True, "lowercase": False},
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
    {"type": "Replace", "pattern": {"Regex": "[aeiou]+"}, "content": "<>"},
    {"type": "Replace", "pattern": {"String": "th"}, "content": ""},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Prepend", "prepend": "▁"},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "Strip", "strip_left": False, "strip_right": True},
    {"type": "Nmt"},
    L({"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}),
    L({"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}),
]
S = lambda *x: {"type": "Sequence", "pretokenizers": list(x)}
beh = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
gpt4 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
pres = (
    [
        None,
        {"type": "BertPreTokenizer"},
        {"type": "Whitespace"},
        {"type": "WhitespaceSplit"},
        {"type": "Digits", "individual_digits": True},
        {"type": "Digits", "individual_digits": False},
    ]
    + [{"type": "Punctuation", "behavior": b} for b in beh]
    + [
        {"type": "Split", "pattern": {"Regex": r}, "behavior": b, "invert": i}
        for r in ["\\s+", "[aeiou]", "\\w+", gpt4]
        for b in beh
        for i in (False, True)
    ]
    + [{"type": "Split", "pattern": {"String": "a"}, "behavior": b, "invert": False} for b in beh]
    + [{"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": sp} for s in ("always", "first", "never") for sp in (True, False)]
    + [{"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": True, "use_regex": u} for p in (True, False) for u in (True, False)]
    + [
        S(
            {"type": "Split", "pattern": {"Regex": gpt4}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
        ),
        S({"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}),
        S({"type": "Punctuation", "behavior": "Isolated"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}),
        S({"type": "Whitespace"}, {"type": "Punctuation", "behavior": "Isolated"}),
        {"type": "CharDelimiterSplit", "delimiter": "-"},
        {"type": "Whitespace"},
    ]
)
decs = [
    None,
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "WordPiece", "prefix": "##", "cleanup": True},
    {"type": "WordPiece", "prefix": "##", "cleanup": False},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True},
    {"type": "BPEDecoder", "suffix": "</w>"},
    {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ],
    },
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True},
]
posts = [
    None,
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
]


def added(n):
    out = []
    for c in random.sample(["<s>", "[X]", "the cat", "Cat", "  y", "é!", "мир"], random.randint(0, 3)):
        out.append(
            {
                "id": n + len(out),
                "content": c,
                "single_word": random.random() < 0.3,
                "lstrip": random.random() < 0.3,
                "rstrip": random.random() < 0.3,
                "normalized": random.random() < 0.5,
                "special": random.random() < 0.5,
            }
        )
    return out


def rnd():
    k = random.random()
    pool = [
        "the cat",
        "Cat",
        " ",
        "  ",
        "\n",
        "\t",
        "a",
        "b",
        "ing",
        "THE",
        "123",
        "1,234.5",
        "-",
        "!?",
        "'s",
        "don't",
        "I'LL",
        "é",
        "e\u0301",
        "ﬁ",
        "①",
        "ｶﾞ",
        "각",
        "\u1100\u1161\u11a8",
        "我喜",
        "𠀀",
        "😀",
        "👩‍👩‍👧",
        "\u200d",
        "\u200b",
        "\ufeff",
        "\u00a0",
        "\u3000",
        "\u0085",
        "\u2028",
        "İ",
        "ß",
        "Σίσυφος",
        "ΣΑΣ",
        "ǅ",
        "ا",
        "ש",
        "नमस्ते",
        "ไทย",
        "\u0301",
        "\ufffd",
        "\x00",
        "\x07",
        "_",
        "$",
        "<s>",
        "[X]",
        "  y",
        "é!",
        "мир",
        "▁",
        "Ġ",
        "\u01c5",
        "ŉ",
        "\ud7a3",
        "\U0001f1e9\U0001f1ea",
        "x\u0327\u0301",
        "\u0344",
        "ṩ",
    ]
    t = "".join(random.choice(pool) for _ in range(random.randint(0, 8)))
    if k < 0.3:
        t += "".join(
            c
            for c in (
                chr(random.choice([random.randint(1, 0xD7FF), random.randint(0xE000, 0xFFFF), random.randint(0x10000, 0x10FFFF)]))
                for _ in range(random.randint(1, 6))
            )
            if unicodedata.category(c) != "Cn"
        )
    return t


out = []
N = 400
while len(out) < N:
    name = random.choice(list(models))
    m = models[name]
    nm = random.choice(norms)
    pr = random.choice(pres)
    if name.startswith("bpe-byte"):
        pr = random.choice(
            [p for p in pres if p and (p["type"] == "ByteLevel" or p["type"] == "Sequence" and p["pretokenizers"][-1]["type"] == "ByteLevel")]
        )
    n = max(m["vocab"].values()) + 1 if isinstance(m["vocab"], dict) else len(m["vocab"])
    j = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added(n),
        "normalizer": nm,
        "pre_tokenizer": pr,
        "post_processor": random.choice(posts),
        "decoder": random.choice(decs),
        "model": m,
    }
    t = Tokenizer.from_str(json.dumps(j))
    rows = []
    for _ in range(4):
        x = rnd()
        e = t.encode(x)
        rows.append(
            {
                "text": x,
                "ids": e.ids,
                "offsets": e.offsets,
                "tokens": e.tokens,
                "words": e.word_ids,
                "decoded": t.decode(e.ids, skip_special_tokens=False),
            }
        )
    j["model"] = name
    out.append({"json": j, "rows": rows})
with gzip.GzipFile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "parts.json.gz"), "wb", mtime=0) as f:
    f.write(json.dumps({"models": models, "cases": out}, ensure_ascii=False, separators=(",", ":")).encode())
