/** A Router (once called Asym): lists of modules, of which a text takes one by its task. The rules are the reference's. */
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import type { ModuleEntry } from '../folder/sentence-folder.js';

export interface Router {
  /** The routes by name, in the file's order. */
  readonly routes: ReadonlyMap<string, readonly ModuleEntry[]>;
  /** router_config.json, or config.json in older folders. */
  readonly config: JsonFile;
  /** The route of texts without a task; undefined if there must be one. */
  readonly usual: string | undefined;
  /** The route of a task, or of texts without one. @throws UsageError if there is none. */
  routeOf(task: string | undefined): string;
}

export async function readRouter(folder: string): Promise<Router> {
  const named = await JsonFile.readOptional(join(folder, 'router_config.json'));
  const config = named ?? (await JsonFile.read(join(folder, 'config.json')));
  const types = new Map(config.object('types').strings());
  const structure = config.object('structure');
  const routes = new Map(
    Object.entries(structure.value).map(([name, modules]) => {
      if (!Array.isArray(modules) || modules.length === 0) throw structure.error(name, 'must be a list of modules');
      return [name, modules.map((id: unknown) => entryOf(id, name))] as const;
    }),
  );
  function entryOf(id: unknown, name: string): ModuleEntry {
    const type = types.get(String(id));
    if (typeof id !== 'string' || type === undefined || !/^[\w.-]+$/.test(id) || id.startsWith('.')) {
      throw structure.error(name, `names ${JSON.stringify(id)}, which is no module of "types"`);
    }
    const named = { file: config.file, field: `structure.${name}` };
    return { type: type.slice(type.lastIndexOf('.') + 1), folder: join(folder, id), named };
  }
  const [first] = routes.keys();
  if (first === undefined) throw config.error('structure', 'has no routes');
  const parameters = config.object('parameters', true);
  const usual = parameters.string('default_route', parameters.boolean('allow_empty_key', true) ? first : '');
  const mappings = parameters.object('route_mappings', true);
  for (const [field, route] of [['default_route', usual], ...mappings.strings()] as const) {
    if (route !== '' && !routes.has(route)) throw parameters.error(field, `names "${route}", which is no route`);
  }
  const mapped = (task: string, modality: string) => {
    const keys = [`(${task}, ${modality})`, `(${task}, ${modality})`.replaceAll("'", '"')];
    const key = keys.find((candidate) => mappings.has(candidate));
    return key === undefined ? undefined : mappings.string(key);
  };
  return {
    routes,
    config,
    usual: usual === '' ? undefined : usual,
    routeOf(task) {
      const quoted = task === undefined ? 'None' : `'${task}'`;
      const byRule =
        mapped(quoted, "'text'") ?? mapped(quoted, 'None') ?? mapped('None', "'text'") ?? mapped('None', 'None');
      if (byRule !== undefined) return byRule;
      if (task !== undefined && routes.has(task)) return task;
      if (routes.has('text')) return 'text';
      const names = [...routes.keys()].join(', ');
      if (task !== undefined) throw new UsageError(`this model has no route for the task "${task}"; it has ${names}`);
      if (usual === '') throw new UsageError(`this model has no default route; give task, one of ${names}`);
      return usual;
    },
  };
}
