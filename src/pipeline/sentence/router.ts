/** A Router (once called Asym): lists of modules, of which a text takes one by its task. The rules are the reference's. */
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import { type ModuleEntry, moduleType } from '../folder/sentence-folder.js';

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
  const lists = new Map(
    Object.entries(structure.value).map(([name, modules]) => {
      if (!Array.isArray(modules) || modules.length === 0) throw structure.error(name, 'must be a list of modules');
      for (const id of modules as unknown[]) {
        if (typeof id === 'string' && types.has(id) && /^[\w.-]+$/.test(id) && !id.startsWith('.')) continue;
        throw structure.error(name, `names ${JSON.stringify(id)}, which is no module of "types"`);
      }
      return [name, modules as string[]] as const;
    }),
  );
  const [first] = lists.keys();
  if (first === undefined) throw config.error('structure', 'has no routes');
  const parameters = config.object('parameters', true);
  const usual = parameters.string('default_route', parameters.boolean('allow_empty_key', true) ? first : '');
  const mappings = parameters.object('route_mappings', true);
  const check = (from: JsonFile, field: string, route: string) => {
    if (!lists.has(route)) throw from.error(field, `names "${route}", which is no route`);
  };
  if (usual !== '') check(parameters, 'default_route', usual);
  for (const [rule, route] of mappings.strings()) check(mappings, rule, route);
  const entryOf = (name: string, id: string): ModuleEntry => ({
    type: moduleType(types.get(id) ?? '', { file: config.file, field: `types.${id}` }),
    folder: join(folder, id),
    named: { file: config.file, field: `structure.${name}` },
  });
  const routes = new Map(Array.from(lists, ([name, ids]) => [name, ids.map((id) => entryOf(name, id))] as const));
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
