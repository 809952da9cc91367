import { join } from 'node:path';
import { JsonFile } from '../../../json-file.js';
import { buildEncoder } from '../../../models/index.js';
import { Tokenizer } from '../../../tokenizers/tokenizer.js';
import {
  noSettings,
  readSettings,
  readTransformerOutput,
  readTransformerSettings,
  withOverrides,
} from '../../folder/transformer-settings.js';
import type { FirstModule, FirstSource } from './first-module.js';
import { ownPooling } from './pooling.js';

/** An encoder of any family, and its tokenizer. */
export async function loadTransformer({ folder, listed, weights }: FirstSource): Promise<FirstModule> {
  const settings = await (listed ? readSettings : noSettings)(folder);
  const output = readTransformerOutput(settings);
  const config = withOverrides(await JsonFile.read(join(folder, 'config.json')), settings);
  const encoder = buildEncoder(config, await weights());
  return {
    name: 'Transformer',
    encoder,
    config,
    pooling: output === 'pooler_output' ? ownPooling(encoder, settings) : undefined,
    // fewer stream the weights too often, more leave the second-level cache
    tokensPerThread: 256,
    async readText() {
      const tokenizer = await Tokenizer.load(folder);
      const { maxTokens } = encoder.limits;
      return { ...readTransformerSettings(settings, tokenizer, config, maxTokens), tokenizer, specialTokens: true };
    },
  };
}
