"""Writes random-unicode.jsonl.gz: random texts and their ids by the `tokenizers` library (0.23.3).

    python generate.py ../../../models/all-MiniLM-L6-v2/tokenizer.json

Texts mix code points of all planes, assigned or not, with words, so that every character class is met at word
borders and inside words. Truncation and padding of the file are switched off.
"""
import gzip
import json
import random
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
tokenizer.no_padding()
rng = random.Random(20240611)

# Scripts by block, so that combining marks meet their letters.
BLOCKS = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE80), (0xF00, 0x1000),
          (0x1000, 0x1400), (0x1A00, 0x1B80), (0x1E00, 0x2100), (0x2000, 0x2070), (0x2070, 0x2C00), (0x2E00, 0x3100),
          (0x3040, 0x3100), (0x4E00, 0x5000), (0xA600, 0xAC00), (0xAC00, 0xAD00), (0xF900, 0xFB00), (0xFB00, 0x10000),
          (0x10000, 0x12000), (0x16A00, 0x17000), (0x1D100, 0x1D800), (0x1E000, 0x1F000), (0x1F300, 0x1FA00),
          (0x20000, 0x2FA20), (0xE0000, 0xE0200), (0x1, 0x110000)]
WORDS = ['the', 'Embedding', 'naïve', 'ΟΔΥΣΣΕΥΣ', 'İstanbul', 'Straße', 'unbelievable', '[CLS]', '[MASK]', 'don’t', '...']


def char():
    while True:
        low, high = rng.choice(BLOCKS)
        code = rng.randrange(low, high)
        if not 0xD800 <= code < 0xE000:
            return chr(code)


with gzip.GzipFile('random-unicode.jsonl.gz', 'wb', mtime=0) as out:
    for _ in range(2500):
        parts = []
        for _ in range(rng.randrange(1, 16)):
            kind = rng.randrange(4)
            if kind == 0:
                parts.append(rng.choice(WORDS))
            elif kind == 1:
                parts.append(' ')
            else:
                parts.append(''.join(char() for _ in range(rng.randrange(1, 5))))
        text = ''.join(parts)
        row = {'text': text, 'ids': tokenizer.encode(text).ids}
        out.write((json.dumps(row) + '\n').encode())
