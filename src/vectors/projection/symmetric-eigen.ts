/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder's reflections make it tridiagonal, the QL method with
 * implicit shifts makes that diagonal (Golub & Van Loan, Matrix Computations, 8.3; the shift is Wilkinson's).
 */

/** Rotations that one eigenvalue may take: in practice two or three. */
const mostRotations = 60;

/** `values` fall; row i of `vectors` `[n, n]` belongs to value i and has length 1. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Of `matrix` `[n, n]`, which is overwritten. `pause` is awaited between rows. */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  pause: () => Promise<void> | undefined,
): Promise<Eigen> {
  const { diagonal, beside, basis } = await tridiagonal(matrix, n, pause);
  for (let low = 0; low < n; low++) await isolate(diagonal, beside, basis, n, low, pause);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const vectors = new Float64Array(n * n);
  for (const [i, from] of order.entries()) vectors.set(basis.subarray(from * n, (from + 1) * n), i * n);
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors };
}

/** A = Bᵀ T B with rows of B (`basis`) orthonormal; T has `diagonal` and, between i and i + 1, `beside[i]`. */
async function tridiagonal(a: Float64Array, n: number, pause: () => Promise<void> | undefined) {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  const beside = new Float64Array(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k + 1 < n; k++) {
    await pause();
    // the reflection I − 2 v vᵀ that takes column k below the diagonal to its first entry
    let length = 0;
    for (let i = k + 1; i < n; i++) length = Math.hypot(length, a[i * n + k]!);
    const first = a[(k + 1) * n + k]!;
    beside[k] = first > 0 ? -length : length;
    if (length === 0) continue;
    let square = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k]! - (i === k + 1 ? beside[k]! : 0);
      square += v[i]! ** 2;
    }
    if (square === 0) continue;
    const norm = Math.sqrt(square);
    for (let i = k + 1; i < n; i++) v[i]! /= norm;
    // A ← H A H for the rest: A − v wᵀ − w vᵀ with w = 2 (A v − (vᵀ A v) v)
    let projection = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * v[j]!;
      p[i] = sum;
      projection += sum * v[i]!;
    }
    for (let i = k + 1; i < n; i++) p[i] = 2 * (p[i]! - projection * v[i]!);
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= v[i]! * p[j]! + p[i]! * v[j]!;
    }
    p.fill(0);
    for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) p[j]! += v[i]! * basis[i * n + j]!;
    for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) basis[i * n + j]! -= 2 * v[i]! * p[j]!;
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside, basis };
}

/** Rotates until `beside[low]` is nothing beside its neighbours: `diagonal[low]` is an eigenvalue then. */
async function isolate(
  diagonal: Float64Array,
  beside: Float64Array,
  basis: Float64Array,
  n: number,
  low: number,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  for (let round = 0; round < mostRotations; round++) {
    await pause();
    let high = low;
    while (high + 1 < n && !negligible(diagonal, beside, high)) high++;
    if (high === low) return;
    const ahead = (diagonal[low + 1]! - diagonal[low]!) / (2 * beside[low]!);
    const root = Math.hypot(ahead, 1);
    let g = diagonal[high]! - diagonal[low]! + beside[low]! / (ahead + (ahead >= 0 ? root : -root));
    let [sine, cosine, shift] = [1, 1, 0];
    let i = high - 1;
    for (; i >= low; i--) {
      const f = sine * beside[i]!;
      const b = cosine * beside[i]!;
      const radius = Math.hypot(f, g);
      beside[i + 1] = radius;
      if (radius === 0) {
        diagonal[i + 1]! -= shift;
        beside[high] = 0;
        break;
      }
      sine = f / radius;
      cosine = g / radius;
      const next = diagonal[i + 1]! - shift;
      const t = (diagonal[i]! - next) * sine + 2 * cosine * b;
      shift = sine * t;
      diagonal[i + 1] = next + shift;
      g = cosine * t - b;
      rotate(basis, n, i, cosine, sine);
    }
    if (i >= low) continue;
    diagonal[low]! -= shift;
    beside[low] = g;
    beside[high] = 0;
  }
}

function negligible(diagonal: Float64Array, beside: Float64Array, i: number): boolean {
  return Math.abs(beside[i]!) <= Number.EPSILON * (Math.abs(diagonal[i]!) + Math.abs(diagonal[i + 1]!));
}

/** Rows i and i + 1. */
function rotate(basis: Float64Array, n: number, i: number, cosine: number, sine: number): void {
  for (let c = i * n; c < (i + 1) * n; c++) {
    const [x, y] = [basis[c]!, basis[c + n]!];
    basis[c + n] = sine * x + cosine * y;
    basis[c] = cosine * x - sine * y;
  }
}
