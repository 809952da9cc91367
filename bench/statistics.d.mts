export function quantile(values: readonly number[], p: number): number;
export function summary(values: readonly number[]): { median: number; q1: number; q3: number };
export function ranks(values: readonly number[]): number[];
export function pearson(a: readonly number[], b: readonly number[]): number;
export function spearman(a: readonly number[], b: readonly number[]): number;
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number;
export function seededRandom(seed: number): () => number;
export function normal(random: () => number): number;
