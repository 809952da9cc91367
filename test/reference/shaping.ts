/** Moving elements about, by index arithmetic on any array. */
type Numbers = ArrayLike<number>;

/** Every index of `shape`, row-major. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const count = shape.reduce((product, dim) => product * dim, 1);
  for (let flat = 0; flat < count; flat++) {
    const index: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

function at(x: Numbers, shape: readonly number[], index: readonly number[]): number {
  return x[index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]!;
}

export function slice(x: Numbers, shape: readonly number[], axis: number, begin: number, end: number): number[] {
  const kept = shape.map((dim, a) => (a === axis ? end - begin : dim));
  return [...indices(kept)].map((index) =>
    at(
      x,
      shape,
      index.map((i, a) => (a === axis ? i + begin : i)),
    ),
  );
}

export function concat(
  parts: readonly { readonly data: Numbers; readonly shape: readonly number[] }[],
  axis: number,
): number[] {
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const shape = parts[0]!.shape.map((dim, a) => (a === axis ? total : dim));
  return [...indices(shape)].map((index) => {
    let along = index[axis]!;
    const part = parts.find(({ shape: own }) => {
      if (along < own[axis]!) return true;
      along -= own[axis]!;
      return false;
    })!;
    return at(
      part.data,
      part.shape,
      index.map((i, a) => (a === axis ? along : i)),
    );
  });
}

export function transpose(x: Numbers, shape: readonly number[], order: readonly number[]): number[] {
  return [...indices(order.map((axis) => shape[axis]!))].map((index) =>
    at(
      x,
      shape,
      shape.map((_, axis) => index[order.indexOf(axis)]!),
    ),
  );
}

/** 0, 1, 2 … within each sequence. */
export function positions(offsets: Numbers): number[] {
  const result: number[] = [];
  for (let s = 0; s + 1 < offsets.length; s++) {
    for (let t = 0; t < offsets[s + 1]! - offsets[s]!; t++) result.push(t);
  }
  return result;
}

/** RoBERTa's count: from padding + 1 over the ids that are not padding, which itself stands at padding. */
export function positionsOfIds(offsets: Numbers, ids: Numbers, padding: number): number[] {
  const result: number[] = [];
  for (let s = 0; s + 1 < offsets.length; s++) {
    let count = 0;
    for (let i = offsets[s]!; i < offsets[s + 1]!; i++) {
      if (ids[i] !== padding) count++;
      result.push(ids[i] === padding ? padding : padding + count);
    }
  }
  return result;
}

/** Each row of `width` beside its neighbours in its sequence, zeros beyond the ends. */
export function unfold(x: Numbers, width: number, offsets: Numbers, size: number): number[] {
  const result: number[] = [];
  for (let s = 0; s + 1 < offsets.length; s++) {
    for (let row = offsets[s]!; row < offsets[s + 1]!; row++) {
      for (let near = row - (size - 1) / 2; near <= row + (size - 1) / 2; near++) {
        const inside = near >= offsets[s]! && near < offsets[s + 1]!;
        for (let c = 0; c < width; c++) result.push(inside ? x[near * width + c]! : 0);
      }
    }
  }
  return result;
}
