#!/bin/sh
# setup-peers.sh DIR [MODEL_FOLDER]
# Fills DIR with the engines vectral is compared with, outside this package: onnxruntime-node and @huggingface/transformers from npm, the
# model exported to ONNX, and PyTorch's own vectors. Needs npm, Python 3 with venv, and the npm and PyPI registries. Run again to mend.
set -eu
[ $# -ge 1 ] || { sed -n 2,4p "$0"; exit 2; }
bench=$(cd "$(dirname "$0")" && pwd)
model=$(cd "${2:-$bench/../models/all-MiniLM-L6-v2}" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)

# The post-install step of onnxruntime-node fetches GPU libraries, which no run here uses.
export ONNXRUNTIME_NODE_INSTALL=skip

peer() {
  mkdir -p "$dir/$1"
  cd "$dir/$1"
  [ -f package.json ] || printf '{ "name": "peer-%s", "private": true }\n' "$1" >package.json
  npm install --no-audit --no-fund --save-exact "$2"
}
peer onnxruntime onnxruntime-node@1.30.0
peer transformers-js @huggingface/transformers@4.3.1

python=$dir/venv/bin/python
[ -x "$python" ] || python3 -m venv "$dir/venv"
"$python" -m pip install --quiet torch==2.13.0 transformers==5.23.0 sentence-transformers==6.2.0 tokenizers==0.23.3 \
  onnx onnxruntime==1.32.0 onnxscript
"$python" "$bench/export-onnx.py" "$model" "$dir/models/$(basename "$model")"
"$python" "$bench/reference-vectors.py" "$model" "$bench/data/stsb/sts-test.csv" "$dir/reference"
echo "peers are ready: npm run bench -- --peers $dir"
