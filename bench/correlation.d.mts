export function ranks(values: readonly number[]): number[];
export function pearson(a: readonly number[], b: readonly number[]): number;
export function spearman(a: readonly number[], b: readonly number[]): number;
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number;
