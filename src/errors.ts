/** The errors vectral throws. Each says what was wrong, where, and the mend; `code` is for programs. */

/** Base of every error of this package. */
export class VectralError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(oneLine(message), options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Names from files may hold anything; a message stays one line of bounded length all the same. */
function oneLine(message: string): string {
  const shown = message.length > 3000 ? `${message.slice(0, 3000)}…` : message;
  return shown.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => {
    return c === '\n' ? '\\n' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** An operation got a tensor it cannot take. */
export class TensorError extends VectralError {
  /** The operation, e.g. `matmul`. */
  readonly op: string;
  constructor(op: string, expected: string, got: string) {
    super('TENSOR', `${op}: expected ${expected}, got ${got}`);
    this.op = op;
  }
}

/** A weight file lies, or does not fit the model. */
export class WeightsError extends VectralError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('WEIGHTS', message, options);
  }
}

/** A JSON file of a model folder is missing, is not what it should be, or asks for something unknown. */
export class ConfigError extends VectralError {
  /** Path of the file. */
  readonly file: string;
  /** The field, e.g. `num_attention_heads`; empty for the whole file. */
  readonly field: string;
  constructor(file: string, field: string, problem: string, options?: { cause?: unknown }) {
    super('CONFIG', field === '' ? `${file}: ${problem}` : `${file}: "${field}" ${problem}`, options);
    this.file = file;
    this.field = field;
  }
}

/** A call was made with an option or value that makes no sense. */
export class UsageError extends VectralError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** The compiled addon is missing or does not fit this machine. */
export class AddonError extends VectralError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('ADDON', message, options);
  }
}

/** Passes on what native code reports: an id outside its table, a weight file cut short since it was loaded. */
export function rethrowNative(cause: unknown): never {
  if (cause instanceof VectralError) throw cause;
  throw new VectralError('RUN', cause instanceof Error ? cause.message : String(cause), { cause });
}
