/** Packs the main package and installs it in a folder of its own, as a user would have it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const repository = path.resolve(import.meta.dirname, '../..');
export const model = path.join(repository, 'models/all-MiniLM-L6-v2');

const npmOptions = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', [...args, ...npmOptions], { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

export interface PackedFile {
  path: string;
  size: number;
}

export interface Packed {
  tarball: string;
  files: PackedFile[];
  size: number;
  unpackedSize: number;
}

/** `npm pack` of what is built, into `folder`. */
export function pack(folder: string): Packed {
  execFileSync(process.execPath, ['scripts/prebuild.mjs'], { cwd: repository, stdio: 'pipe' });
  const report = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], repository));
  const entry = Array.isArray(report) ? report[0] : Object.values(report)[0];
  return { ...entry, tarball: path.join(folder, entry.filename) };
}

/** A project with the tarball installed; `run` gives the standard output of a script in it. */
export class Consumer {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'vectral-consumer-'));
    writeFileSync(path.join(this.folder, 'package.json'), '{ "name": "consumer", "private": true }\n');
  }

  install(tarball: string): void {
    npm(['install', tarball], this.folder);
  }

  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  run(args: string[], env: Record<string, string> = {}): string {
    const inherited = { ...process.env, VECTRAL_ISA: '', VECTRAL_ADDON: '', ...env };
    return execFileSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8', env: inherited, stdio: 'pipe' });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
