export function apart(values: readonly number[], low: number, high: number, height: number, gap?: number): number[];
