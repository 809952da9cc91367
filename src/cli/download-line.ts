/** How far a download is, on the terminal's last line, where there is a terminal. */
import type { DownloadProgress } from '../hub/settings.js';

export interface DownloadLine {
  readonly draw: (progress: DownloadProgress) => void;
  /** Clears the line. */
  end(): void;
}

const barWidth = 24;

export function downloadLine(quiet = false): DownloadLine {
  if (!process.stderr.isTTY || quiet) return { draw() {}, end() {} };
  const started = performance.now();
  let first: number | undefined;
  let drawn = false;
  return {
    draw({ file, done, total }) {
      first ??= done;
      drawn = true;
      const filled = Math.floor((barWidth * done) / Math.max(total, 1));
      const bar = '#'.repeat(filled).padEnd(barWidth, '.');
      const speed = (done - first) / 1000 / Math.max(performance.now() - started, 1);
      const [here, all] = [done, total].map((bytes) => (bytes / 1e6).toFixed(1));
      const line = `[${bar}] ${here} / ${all} MB, ${speed.toFixed(1)} MB/s  ${file}`;
      // one that wraps would not be cleared
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[K');
    },
  };
}
