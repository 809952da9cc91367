export function linearParameters(config: object): number;
export function forwardFlops(config: object, tokens: number): number;
