/** What a pull brings of repositories as they are on the hub, and that it is what loading reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neededFiles } from '../../src/hub/repo.js';
import { testPath } from '../reference/expected.js';

function brought(paths: readonly string[], folders: readonly string[] = []): string[] {
  const files = paths.map((path) => ({ path, size: 1, etag: 'a'.repeat(40) }));
  const repo = { id: 'org/model', commit: 'b'.repeat(40), files };
  return neededFiles(repo, new Set(['', ...folders])).map(({ path }) => path);
}

/** Every name of a data file that the sources of these folders hold. */
function namedIn(...folders: readonly string[]): string[] {
  const root = testPath('..', 'src');
  const names = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap(
        (file) =>
          readFileSync(join(root, folder, file), 'utf8').match(/(?<=')[\w.]+\.(json|txt|model|metadata)(?=')/g) ?? [],
      ),
  );
  return [...new Set(names)].sort();
}

const named = namedIn('pipeline', 'tokenizers', 'models');
it('the sources name the files that are known to be read', () => {
  expect(named).toEqual(expect.arrayContaining(['config.json', 'modules.json', 'spiece.model', 'artifact.metadata']));
});

it.each(named)('%s is brought', (name) => {
  expect(brought([name, 'model.safetensors', 'README.md'])).toEqual([name, 'model.safetensors']);
});

const others = [
  '.gitattributes',
  'README.md',
  'train_script.py',
  'flax_model.msgpack',
  'rust_model.ot',
  'tf_model.h5',
  'model.onnx',
  'onnx/model.onnx',
  'onnx/config.json',
  'onnx/tokenizer.json',
  'openvino/openvino_model.xml',
  'openvino/openvino_model.bin',
  'coreml/feature-extraction/float32_model.mlpackage/Manifest.json',
  'training_args.bin',
  'optimizer.pt',
  'trainer_state.json',
  'training_args.json',
  'runs/Nov12/events.out.tfevents.1',
  'eval/similarity_evaluation_results.csv',
  'model.fp16.safetensors',
  'adapter_model.safetensors',
  'checkpoint-500/model.safetensors',
];

describe('of a repository', () => {
  it('of sentence-transformers, as most are', () => {
    const wanted = [
      'config.json',
      'config_sentence_transformers.json',
      'modules.json',
      'sentence_bert_config.json',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors',
      '1_Pooling/config.json',
      '2_Dense/config.json',
      '2_Dense/model.safetensors',
    ];
    const unwanted = [...others, 'vocab.txt', 'pytorch_model.bin', '2_Dense/pytorch_model.bin', '3_Absent/config.json'];
    expect(brought([...unwanted, ...wanted], ['1_Pooling', '2_Dense', '3_Normalize']).sort()).toEqual(wanted.sort());
  });

  it('with PyTorch weights only, in shards', () => {
    const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
    const wanted = ['config.json', 'merges.txt', 'vocab.json', 'pytorch_model.bin.index.json', ...shards];
    expect(brought([...others, ...wanted]).sort()).toEqual(wanted.sort());
  });

  it('with both kinds in shards', () => {
    const of = (start: string, end: string) => [1, 2].map((i) => `${start}-0000${i}-of-00002.${end}`);
    const wanted = ['config.json', 'model.safetensors.index.json', ...of('model', 'safetensors')];
    const unwanted = [
      'pytorch_model.bin.index.json',
      ...of('pytorch_model', 'bin'),
      'model.fp32.safetensors.index.json',
    ];
    expect(brought([...others, ...unwanted, ...wanted]).sort()).toEqual(wanted.sort());
  });
});
