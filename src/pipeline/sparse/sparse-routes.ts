/** Which modules a sparse encoder runs: one way for all texts, or by a Router another for queries. */
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { type ModuleEntry, readModules } from '../folder/sentence-folder.js';
import { readRouter } from '../sentence/router.js';
import { SparseStaticEmbedding } from './sparse-static-embedding.js';
import { readSpladePooling, type SpladePooling } from './splade-pooling.js';

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
  if (modules?.[0]?.type === 'Router') return readQueryRoute(modules[0].folder);
  const pooling = await readSpladePooling(folder, modules);
  return { transformer: modules?.[0]?.folder ?? folder, pooling, query: undefined, queryByDefault: false };
}

async function readQueryRoute(folder: string): Promise<SparseRoutes> {
  const { routes, config, routeOf } = await readRouter(folder);
  const route = (task: string): readonly ModuleEntry[] => {
    const modules = routes.get(task);
    if (!modules) throw config.error(`structure.${task}`, 'is missing');
    return modules;
  };
  const [query, ...more] = route('query');
  if (query?.type !== 'SparseStaticEmbedding' || more.length > 0) {
    const problem = 'must be a SparseStaticEmbedding alone; other routes of queries are not supported';
    throw config.error('structure.query', problem);
  }
  const document = route('document');
  const [transformer] = document;
  if (transformer?.type !== 'Transformer' && transformer?.type !== 'MLMTransformer') {
    throw config.error('structure.document', 'must begin with a Transformer');
  }
  const pooling = await readSpladePooling(folder, document);
  const queryByDefault = routeOf(undefined) === 'query';
  return {
    transformer: transformer.folder,
    pooling,
    query: await SparseStaticEmbedding.load(query.folder),
    queryByDefault,
  };
}

/** @throws ConfigError unless both ways lead to vectors of one size. */
export function checkDimensions({ query }: SparseRoutes, dimension: number, folder: string): void {
  if (query === undefined || query.dimension === dimension) return;
  const problem = `gives queries ${query.dimension} dimensions and documents ${dimension}`;
  throw new ConfigError(join(folder, 'router_config.json'), 'structure', problem);
}
