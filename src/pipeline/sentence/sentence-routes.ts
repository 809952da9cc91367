/** The ways that a model has from texts to vectors: one, or with a Router one for each task. */
import { join } from 'node:path';
import { ConfigError, UsageError } from '../../errors.js';
import type { ModuleEntry } from '../folder/sentence-folder.js';
import type { LoadOptions } from '../run/load-options.js';
import { readRouter } from './router.js';
import { firstTypes } from './sentence-modules.js';
import { SentenceRoute } from './sentence-route.js';

export class SentenceRoutes {
  /** The way of texts without a task. */
  readonly usual: SentenceRoute;
  readonly all: readonly SentenceRoute[];
  /** The way of a task. @throws UsageError if a Router has none for it. */
  readonly of: (task: string | undefined) => SentenceRoute;

  constructor(all: readonly [SentenceRoute, ...SentenceRoute[]], usual: SentenceRoute, of: SentenceRoutes['of']) {
    this.all = all;
    this.usual = usual;
    this.of = of;
  }

  dispose(): void {
    for (const route of this.all) route.dispose();
  }
}

/** Loads every way; a Router may stand anywhere among the modules, and what is before and after it belongs to all. */
export async function loadRoutes(
  folder: string,
  entries: readonly ModuleEntry[] | undefined,
  options: LoadOptions,
): Promise<SentenceRoutes> {
  const place = entries?.findIndex(({ type }) => type === 'Router' || type === 'Asym') ?? -1;
  if (!entries || place < 0) {
    const route = await SentenceRoute.load(folder, entries, options);
    return checked(new SentenceRoutes([route], route, () => route), folder, options);
  }
  const router = await readRouter(entries[place]!.folder);
  const loaded = new Map<string, SentenceRoute>();
  try {
    for (const [name, modules] of router.routes) {
      const chain = [...entries.slice(0, place), ...modules, ...entries.slice(place + 1)];
      if (!firstTypes.includes(chain[0]?.type ?? '')) {
        const problem = `begins with ${chain[0]?.type}; the first module must be a ${firstTypes.join(' or ')}`;
        throw router.config.error(`structure.${name}`, problem);
      }
      loaded.set(name, await SentenceRoute.load(folder, chain, options));
    }
  } catch (error) {
    for (const route of loaded.values()) route.dispose();
    throw error;
  }
  const [first, ...others] = loaded.values();
  const of = (task: string | undefined) => loaded.get(router.routeOf(task)) ?? first!;
  const usual = router.usual === undefined ? first! : (loaded.get(router.usual) ?? first!);
  return checked(new SentenceRoutes([first!, ...others], usual, of), folder, options);
}

/** @throws ConfigError unless all ways lead to vectors of one size, UsageError unless `truncateDim` goes with it. */
function checked(routes: SentenceRoutes, folder: string, options: LoadOptions): SentenceRoutes {
  try {
    const { dimension } = routes.usual;
    const other = routes.all.find((route) => route.dimension !== dimension);
    if (other) {
      const problem = `has routes to vectors of ${dimension} and of ${other.dimension} components, which do not compare`;
      throw new ConfigError(join(folder, 'modules.json'), '', problem);
    }
    checkTruncateDim(options.truncateDim, dimension);
    return routes;
  } catch (error) {
    routes.dispose();
    throw error;
  }
}

/** @throws UsageError if more components are wanted than there are. */
export function checkTruncateDim(wanted: number | undefined, dimension: number): void {
  if (wanted !== undefined && wanted > dimension) {
    throw new UsageError(`truncateDim is ${wanted}, but vectors of this model have dimension ${dimension}`);
  }
}
