/** Programs that run the built package in processes of their own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
export const defaultModelFolder = join(root, 'models/all-MiniLM-L6-v2');

/** The compiled package's entry, since a plain node process cannot read the sources. */
export function builtPackage(): string {
  const entry = join(root, 'dist/esm/index.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing; run "npm run build:ts" first`);
  return entry;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface ChildOptions {
  /** Arguments of node itself. */
  readonly node?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables that the child does not get. */
  readonly without?: readonly string[];
}

/** Runs `children/<name>.mjs` with the package's entry, the model's folder and `args`. */
export function runChild(name: string, args: readonly string[] = [], options: ChildOptions = {}): Promise<Ended> {
  const script = join(import.meta.dirname, 'children', `${name}.mjs`);
  const command = [...(options.node ?? []), script, builtPackage(), defaultModelFolder, ...args];
  const env = { ...process.env, ...options.environment };
  for (const variable of options.without ?? []) delete env[variable];
  const child = spawn(process.execPath, command, { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
