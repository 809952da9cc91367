/** Unsets variables of this process. What it returns sets them again as they were. */
export function unset(names: readonly string[]): () => void {
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
