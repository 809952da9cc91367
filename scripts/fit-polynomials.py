"""Fits the polynomials of native/kernels/math.inl.h and prints their coefficients.

Each one is the minimax polynomial of a weighted error, found by reweighted least squares (Lawson's method) on Chebyshev
points of targets computed with 50 digits. Coefficients are rounded to float32 from the lowest power up, and after each
rounding the higher powers are fitted again, so that they make up for it.

    python3 scripts/fit-polynomials.py        needs numpy and mpmath
"""

import mpmath as mp
import numpy as np

mp.mp.dps = 50
POINTS = 1200


def chebyshev_points(low, high):
    angles = (np.arange(POINTS) + 0.5) * np.pi / POINTS
    return low + (high - low) * 0.5 * (1 - np.cos(angles))


def minimax(columns, target, weight):
    """Coefficients c minimising max |weight * (columns @ c - target)|."""
    lawson = np.full(len(target), 1.0 / len(target))
    best, best_error = None, np.inf
    for _ in range(300):
        scale = (np.sqrt(lawson) * weight)[:, None]
        c = np.linalg.lstsq(columns * scale, target * scale[:, 0], rcond=None)[0]
        error = np.abs(weight * (columns @ c - target))
        if error.max() < best_error:
            best, best_error = c, error.max()
        lawson *= error
        lawson /= lawson.sum()
    return best, best_error


def fit(name, function, low, high, degree, weight):
    """weight(x) turns an error of the polynomial into a relative error of the whole function."""
    x = chebyshev_points(low, high)
    target = np.array([float(function(mp.mpf(float(v)))) for v in x])
    w = np.array([float(weight(mp.mpf(float(v)))) for v in x])
    powers = x[:, None] ** np.arange(degree + 1)
    fixed = []
    for i in range(degree + 1):
        rest = target - powers[:, :i] @ np.array(fixed) if fixed else target
        c, _ = minimax(powers[:, i:], rest, w)
        fixed.append(float(np.float32(c[0])))
    error = np.abs(w * (powers @ np.array(fixed) - target)).max()
    print(f'{name}: x in [{low:.6g}, {high:.6g}], relative error {error:.2e}')
    for i, c in enumerate(fixed):
        print(f'  c{i} = {np.float32(c)!r:>22}  {float(c).hex()}')


def exp_rest(r):
    return (mp.expm1(r) - r) / r**2 if r != 0 else mp.mpf(1) / 2


def exp2_rest(r):
    return (mp.mpf(2)**r - 1) / r if r != 0 else mp.log(2)


def tanh_rest(s):
    x = mp.sqrt(s)
    return (mp.tanh(x) - x) / x**3 if x > 1e-12 else mp.mpf(-1) / 3


GELU_CENTRE = 4
GELU_END = 14.5


def gelu_tail(v):
    """(a + centre) * exp(a^2 / 2) * (1 - Phi(a)) as a function of v = (a - centre) / (a + centre)."""
    a = GELU_CENTRE * (1 + v) / (1 - v)
    return (a + GELU_CENTRE) * mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / 2


def main():
    half_ln2 = float(mp.log(2)) / 2 * 1.0001
    fit('exp: (e^r - 1 - r) / r^2', exp_rest, -half_ln2, half_ln2, 4, lambda r: r**2 / mp.exp(r))
    fit('exp2: (2^r - 1) / r', exp2_rest, -0.5, 0.5, 4, lambda r: r / mp.mpf(2)**r)
    fit('tanh: (tanh(x) - x) / x^3 in x^2', tanh_rest, 0.0, 0.625**2, 4,
        lambda s: s * mp.sqrt(s) / mp.tanh(mp.sqrt(s)) if s > 0 else mp.mpf(0))
    fit('gelu: scaled normal tail', gelu_tail, -1.0, (GELU_END - GELU_CENTRE) / (GELU_END + GELU_CENTRE), 9,
        lambda v: 1 / gelu_tail(v))
    high = round(float(mp.log(2)) * 512) / 512
    print('exp: ln 2 in two parts, the first of 9 bits after the point so that n * high is exact for |n| < 2^14')
    print(f'  high = {high!r}  low = {np.float32(float(mp.log(2) - high))!r}')


if __name__ == '__main__':
    main()
