export function readResult(file: string): Record<string, unknown>;
export function readPeaks(files: string): Record<string, unknown>;
