/** A count of texts on the terminal's last line, where there is a terminal. */

export interface Progress {
  add(texts: number): void;
  /** Clears the line. */
  end(): void;
}

/** `busy`: results go to the same terminal, so the line would stand in their way. */
export function createProgress(busy: boolean): Progress {
  if (!process.stderr.isTTY || busy) return { add() {}, end() {} };
  const started = performance.now();
  let done = 0;
  let drawn = started;
  return {
    add(texts) {
      done += texts;
      const now = performance.now();
      if (now - drawn < 100) return;
      drawn = now;
      process.stderr.write(`\r\x1b[K${done} texts, ${Math.round((done / (now - started)) * 1000)} a second`);
    },
    end() {
      if (drawn > started) process.stderr.write('\r\x1b[K');
    },
  };
}
