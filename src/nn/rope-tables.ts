import type { RopeTables } from '../ops/index.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * Tables for `rope`: the angle of position p and frequency i is p · base^(−2i/d). Angles are rounded to f32 as PyTorch's are.
 * @param count positions. @param width d: how much of a head is turned; even. @param base often 10000.
 */
export function ropeTables(count: number, width: number, base: number): RopeTables {
  const half = width / 2;
  const cosines = new Float32Array(count * half);
  const sines = new Float32Array(count * half);
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(base ** Math.fround((2 * i) / width)));
    for (let p = 0; p < count; p++) {
      const angle = Math.fround(p * frequency);
      cosines[p * half + i] = Math.cos(angle);
      sines[p * half + i] = Math.sin(angle);
    }
  }
  const shape = [count, half];
  return { cosines: Tensor.from(cosines, { shape }), sines: Tensor.from(sines, { shape }) };
}
