/** Which modules a sparse encoder runs: one way for all texts, or by a Router another for queries. */
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { JsonFile } from '../json-file.js';
import { type ModuleEntry, readModules } from './folder.js';
import { SparseStaticEmbedding } from './modules/sparse-static-embedding.js';
import { readSpladePooling, type SpladePooling } from './modules/splade-pooling.js';

export interface SparseRoutes {
  /** The folder of the masked language model, and its pooling. */
  readonly transformer: string;
  readonly pooling: SpladePooling;
  /** What queries take instead. */
  readonly query: SparseStaticEmbedding | undefined;
  /** Texts that are said to be neither go the way of queries. */
  readonly queryByDefault: boolean;
}

export async function readSparseRoutes(folder: string): Promise<SparseRoutes> {
  const modules = await readModules(folder, ['Transformer', 'MLMTransformer', 'Router']);
  if (modules?.[0]?.type === 'Router') return readRouter(modules[0].folder);
  const pooling = await readSpladePooling(folder, modules);
  return { transformer: modules?.[0]?.folder ?? folder, pooling, query: undefined, queryByDefault: false };
}

async function readRouter(folder: string): Promise<SparseRoutes> {
  const config = await JsonFile.read(join(folder, 'router_config.json'));
  const types = new Map(config.object('types').strings());
  const structure = config.object('structure');
  const route = (task: string): ModuleEntry[] => {
    const names: unknown = structure.value[task];
    if (!Array.isArray(names)) throw structure.error(task, 'must be a list of modules');
    return names.map((name: unknown) => {
      const type = types.get(String(name));
      if (typeof name !== 'string' || type === undefined || !/^[\w.-]+$/.test(name) || name.startsWith('.')) {
        throw structure.error(task, `names ${JSON.stringify(name)}, which is no module of "types"`);
      }
      return { type: type.slice(type.lastIndexOf('.') + 1), folder: join(folder, name) };
    });
  };
  const [query, ...more] = route('query');
  if (query?.type !== 'SparseStaticEmbedding' || more.length > 0) {
    throw structure.error('query', 'must be a SparseStaticEmbedding alone; other routes of queries are not supported');
  }
  const document = route('document');
  const [transformer] = document;
  if (transformer?.type !== 'Transformer' && transformer?.type !== 'MLMTransformer') {
    throw structure.error('document', 'must begin with a Transformer');
  }
  const pooling = await readSpladePooling(folder, document);
  const parameters = config.object('parameters', true);
  const usual = parameters.string('default_route', Object.keys(structure.value)[0]);
  if (usual !== 'query' && usual !== 'document') {
    throw parameters.error('default_route', `is "${usual}"; supported: query, document`);
  }
  return {
    transformer: transformer.folder,
    pooling,
    query: await SparseStaticEmbedding.load(query.folder),
    queryByDefault: usual === 'query',
  };
}

/** @throws ConfigError unless both ways lead to vectors of one size. */
export function checkDimensions({ query }: SparseRoutes, dimension: number, folder: string): void {
  if (query === undefined || query.dimension === dimension) return;
  const problem = `gives queries ${query.dimension} dimensions and documents ${dimension}`;
  throw new ConfigError(join(folder, 'router_config.json'), 'structure', problem);
}
