/** The vectors that the actions of `vectral vectors` work with. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import packageRoot from '../../../package-root.cjs';
import { UsageError } from '../../errors.js';
import type { KeyedVectors } from '../../vectors/keyed-vectors.js';
import { type Arguments, type Option, oneOf, wholeNumber } from '../command.js';

const defaultPackage = 'glove-6b-100d-20k';

export const fileOptions: Readonly<Record<string, Option>> = {
  vectors: { value: 'PATH', short: 'v', help: 'file or folder of vectors' },
  binary: { help: "read word2vec's binary form whatever the name (.bin is read so)" },
  limit: { value: 'N', help: 'read the first N words only' },
  encoding: { value: 'NAME', help: 'of the words: utf-8, latin1 (utf-8)' },
  'unicode-errors': { value: 'POLICY', help: 'words that are not UTF-8: strict, ignore, replace (strict)' },
  dtype: { value: 'TYPE', help: 'of the matrix in memory: f32, f16, bf16, i8 (f32; a folder as it is)' },
};

export async function loadVectors(args: Arguments): Promise<KeyedVectors> {
  const { KeyedVectors } = await import('../../vectors/keyed-vectors.js');
  const { vectorDTypes } = await import('../../vectors/vector-file.js');
  const given = args.options.get('vectors');
  return KeyedVectors.load(given ?? defaultVectors(), {
    ...(args.options.has('binary') && { binary: true }),
    limit: wholeNumber(args, 'limit'),
    ...(args.options.has('encoding') && { encoding: oneOf(args, 'encoding', ['utf-8', 'latin1'] as const, 'utf-8') }),
    ...(args.options.has('unicode-errors') && {
      unicodeErrors: oneOf(args, 'unicode-errors', ['strict', 'ignore', 'replace'] as const, 'strict'),
    }),
    ...(args.options.has('dtype') && { dtype: oneOf(args, 'dtype', vectorDTypes, 'f32') }),
  });
}

/** In a clone beside the sources; else the installed package. */
function defaultVectors(): string {
  const beside = path.join(packageRoot, 'models', defaultPackage);
  if (existsSync(beside)) return beside;
  for (const from of [process.cwd(), packageRoot]) {
    try {
      return path.dirname(
        createRequire(path.join(from, 'package.json')).resolve(`@vectral/${defaultPackage}/package.json`),
      );
    } catch {
      // not installed there
    }
  }
  throw new UsageError(`no vectors are named and @vectral/${defaultPackage} is not installed; give --vectors PATH`);
}
