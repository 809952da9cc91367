export function readResult(file: string): Record<string, unknown>;
