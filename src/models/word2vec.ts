/**
 * Word2vec: continuous bag of words and skip-gram (Mikolov, Chen, Corrado & Dean 2013, arXiv:1301.3781), told from noise words
 * (Mikolov, Sutskever, Chen, Corrado & Dean 2013, arXiv:1310.4546).
 * Letters: V words, D dimensions, B positions in a text, C context words of all of them, K words scored.
 */

import { TensorError } from '../errors.js';
import { embedding, linear, pool, softmax } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';

/** The two matrices that word2vec learns, and what it says of words with them. */
export class Word2VecNetwork {
  /** Row w: the vector of word w as a context, the one that is kept; `[V, D]`. */
  readonly input: Tensor;
  /** Row w: the vector by which word w is predicted; `[V, D]`. */
  readonly output: Tensor;

  constructor(input: Tensor, output: Tensor) {
    const same = input.shape.length === 2 && output.shape.length === 2 && input.shape[1] === output.shape[1];
    if (!same) throw new TensorError('Word2VecNetwork', 'input and output [V, D]', `${input} and ${output}`);
    this.input = input;
    this.output = output;
  }

  /**
   * Continuous bag of words: the mean of its context stands for a position.
   * @param context `[C]` i32, the context words of all positions, one position after another.
   * @param offsets `[B + 1]` i32: those of position b are [offsets[b], offsets[b + 1]).
   */
  cbow(context: Tensor, offsets: Tensor): Tensor {
    const words = embedding(this.input, context); // [C] → [C, D]
    return pool(words, offsets, 'mean'); // → [B, D]
  }

  /** Skip-gram: a single word stands for the position beside it. @param words `[B]` i32 */
  skipGram(words: Tensor): Tensor {
    return embedding(this.input, words); // [B] → [B, D]
  }

  /** How well each word of the vocabulary fits a position. @param hidden `[B, D]`, of `cbow` or `skipGram` */
  scores(hidden: Tensor): Tensor {
    return linear(hidden, this.output); // [B, D] · [V, D]ᵀ → [B, V]
  }

  /** The full softmax over the vocabulary, which training only approximates. @returns `[B, V]` */
  probabilities(hidden: Tensor): Tensor {
    return softmax(this.scores(hidden)); // → [B, V], each row sums to 1
  }

  /**
   * The scores of a few words, such as a true one and noise: their sigmoids are the odds that training moves, and
   * −log σ(true) − Σ log σ(−noise) is the loss it lowers.
   * @param hidden `[B, D]`
   * @param words `[K]` i32
   * @returns `[B, K]`
   */
  scoresOf(hidden: Tensor, words: Tensor): Tensor {
    return linear(hidden, embedding(this.output, words)); // [B, D] · [K, D]ᵀ → [B, K]
  }
}
