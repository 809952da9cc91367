/** `vectral pull`: a model of the hub into the Hugging Face cache. */
import { UsageError } from '../errors.js';
import type { Command } from './command.js';
import { downloadLine } from './download-line.js';

export const pull: Command = {
  name: 'pull',
  usage: 'vectral pull [options] <id>[@revision] ...',
  description: `Downloads what loading a model reads: configs, tokenizer, safetensors; never the weights of other frameworks.
It goes into the Hugging Face cache (HF_HUB_CACHE, HF_HOME), which Python's tools share; a download that was cut is gone
on with. Writes the model's folder. HF_TOKEN is for private and gated models, HF_ENDPOINT for a mirror, HTTPS_PROXY for
a proxy.`,
  options: {
    'cache-folder': { value: 'DIR', help: 'the cache (HF_HUB_CACHE, else hub in HF_HOME)' },
    quiet: { short: 'q', help: 'no progress' },
  },
  async run({ positionals, options }) {
    if (positionals.length === 0) throw new UsageError('pull needs the id of a model: vectral pull organisation/name');
    const { pull: pullModel } = await import('../hub/pull.js');
    for (const id of positionals) {
      const line = downloadLine(options.has('quiet'));
      try {
        const cacheFolder = options.get('cache-folder');
        process.stdout.write(`${await pullModel(id, { cacheFolder, onDownload: line.draw })}\n`);
      } finally {
        line.end();
      }
    }
  },
};
