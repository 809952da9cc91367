#!/bin/sh
# setup-peers.sh DIR [--python] [--bert-base] [MODEL_FOLDER]
# Fills DIR with the engines vectral is compared with, outside this package: onnxruntime-node and @huggingface/transformers from npm, the
# model exported to ONNX, and PyTorch's own vectors. Needs npm, Python 3 with venv, and the npm and PyPI registries. Run again to mend.
#   --python     also OpenVINO in an environment of its own, and the model as its graphs (sentence-transformers is there anyway)
#   --bert-base  also a checkpoint of BERT-base size with seeded random weights, DIR/checkpoints/bert-base-random (440 MB), exported
set -eu
bench=$(cd "$(dirname "$0")" && pwd)
dir= model=$bench/../models/all-MiniLM-L6-v2 python= base=
for argument; do
  case $argument in
    --python) python=yes ;;
    --bert-base) base=yes ;;
    -*) echo "no option $argument" >&2; exit 2 ;;
    *) if [ -z "$dir" ]; then dir=$argument; else model=$argument; fi ;;
  esac
done
[ -n "$dir" ] || { sed -n 2,6p "$0"; exit 2; }
model=$(cd "$model" && pwd)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# The post-install step of onnxruntime-node fetches GPU libraries, which no run here uses.
export ONNXRUNTIME_NODE_INSTALL=skip

peer() {
  mkdir -p "$dir/$1"
  cd "$dir/$1"
  [ -f package.json ] || printf '{ "name": "peer-%s", "private": true }\n' "$1" >package.json
  npm install --no-audit --no-fund --save-exact "$2"
}

# environment NAME PACKAGE...
environment() {
  venv=$dir/$1
  shift
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet "$@"
}

export_model() {
  out=$dir/models/$(basename "$1")
  "$dir/venv/bin/python" "$bench/export-onnx.py" "$1" "$out"
  [ -z "$python" ] || "$dir/venv/bin/python" "$bench/export-openvino.py" "$out" "$bench/data/stsb/sts-test.csv"
}

peer onnxruntime onnxruntime-node@1.30.0
peer transformers-js @huggingface/transformers@4.3.1
environment venv torch==2.13.0 transformers==5.23.0 sentence-transformers==6.2.0 tokenizers==0.23.3 onnx onnxruntime==1.32.0 onnxscript
if [ -n "$python" ]; then
  environment venv openvino==2026.4.0 nncf
  environment openvino openvino==2026.4.0 numpy tokenizers==0.23.3
fi
export_model "$model"
"$dir/venv/bin/python" "$bench/reference-vectors.py" "$model" "$bench/data/stsb/sts-test.csv" "$dir/reference"
if [ -n "$base" ]; then
  node "$bench/make-checkpoint.mjs" "$dir/checkpoints/bert-base-random"
  export_model "$dir/checkpoints/bert-base-random"
  echo "BERT-base: npm run bench -- --peers $dir --model $dir/checkpoints/bert-base-random"
fi
echo "peers are ready: npm run bench -- --peers $dir"
