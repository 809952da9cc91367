/** What a figure must name to be worth anything: the machine, the versions and the commit. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  readonly cpu: string;
  /** CPUs this process may use, by the operating system's count. */
  readonly cpus: number;
  readonly memoryGB: number;
  readonly os: string;
  readonly node: string;
  /** Of the working tree at `root`; a trailing + says that engine sources differ from it. null: not a clone. */
  readonly commit: string | null;
  readonly date: string;
}

export function describeMachine(root: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    commit: commitOf(root),
    date: new Date().toISOString().slice(0, 10),
  };
}

function commitOf(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null;
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', '--', 'src', 'native', 'binding.gyp');
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return null;
  }
}
