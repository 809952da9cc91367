/** One vector for each token of a text, and how texts are compared by them. */
import { UsageError } from '../../errors.js';
import { linear, pool } from '../../ops/index.js';
import { Tensor } from '../../tensor/tensor.js';
import { Embeddings, type Truncation } from '../embeddings/embeddings.js';

/** Vectors of the tokens of `length` texts, in the order of the texts. Texts have as many as their tokens that count. */
export class MultiVectorEmbeddings {
  /** Number of texts. */
  readonly length: number;
  readonly dimension: number;
  /** `[length + 1]`: where the vectors of each text begin among all. */
  readonly offsets: Int32Array;
  /** All vectors, one after another. */
  readonly data: Float32Array;
  readonly truncated: Truncation;

  constructor(texts: readonly Float32Array[], dimension: number, truncated: readonly number[]) {
    this.length = texts.length;
    this.dimension = dimension;
    this.offsets = new Int32Array(texts.length + 1);
    texts.forEach((rows, i) => {
      this.offsets[i + 1] = (this.offsets[i] ?? 0) + rows.length / dimension;
    });
    this.data = new Float32Array((this.offsets[texts.length] ?? 0) * dimension);
    texts.forEach((rows, i) => {
      this.data.set(rows, (this.offsets[i] ?? 0) * dimension);
    });
    this.truncated = { count: truncated.length, indices: truncated };
  }

  /** The vectors of text `i`, `[its tokens, dimension]`: a view into {@link MultiVectorEmbeddings.data}. */
  text(i: number): Embeddings {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) throw new UsageError(`text ${i} of ${this.length}`);
    const [begin = 0, end = 0] = this.offsets.subarray(i, i + 2);
    return new Embeddings(
      this.data.subarray(begin * this.dimension, end * this.dimension),
      end - begin,
      this.dimension,
    );
  }
}

/** Rows of documents that are compared in one go: bounds the memory of their products. */
const rowsAtOnce = 1 << 15;

/**
 * Late interaction (ColBERT, Khattab & Zaharia 2020, arXiv:2004.12832): for each vector of a query the largest dot product
 * with any of the document's, added up. A document without vectors scores 0.
 * @returns `[queries, documents]`
 */
export function maxsim(queries: MultiVectorEmbeddings, documents: MultiVectorEmbeddings): number[][] {
  checkDimensions(queries, documents);
  const scores = Array.from({ length: queries.length }, () => new Array<number>(documents.length).fill(0));
  for (const [first, last] of chunks(documents.offsets)) {
    const { dimension, offsets } = documents;
    const [begin = 0, end = 0] = [offsets[first], offsets[last]];
    if (begin === end) continue;
    const rows = Tensor.from(documents.data.subarray(begin * dimension, end * dimension), {
      shape: [end - begin, dimension],
    });
    const bounds = Tensor.from(offsets.slice(first, last + 1).map((offset) => offset - begin));
    for (let q = 0; q < queries.length; q++) {
      const query = queries.text(q);
      if (query.length === 0) continue;
      const weight = Tensor.from(query.data, { shape: [query.length, dimension] });
      const products = linear(rows, weight); // [rows, query tokens]
      const largest = pool(products, bounds, 'max');
      const best = largest.toFloat32Array();
      for (let d = first; d < last; d++) {
        if (offsets[d] === offsets[d + 1]) continue;
        const row = best.subarray((d - first) * query.length, (d - first + 1) * query.length);
        scores[q]![d] = row.reduce((sum, value) => sum + value, 0);
      }
      for (const tensor of [weight, products, largest]) tensor.dispose();
    }
    rows.dispose();
    bounds.dispose();
  }
  return scores;
}

/** {@link maxsim} of each query with the document in the same place. */
export function maxsimPairwise(queries: MultiVectorEmbeddings, documents: MultiVectorEmbeddings): number[] {
  checkDimensions(queries, documents);
  if (queries.length !== documents.length) {
    throw new UsageError(`${queries.length} queries cannot be paired with ${documents.length} documents`);
  }
  return Array.from({ length: queries.length }, (_, i) => {
    const document = documents.text(i).rows();
    let sum = 0;
    for (const x of queries.text(i)) {
      const products = document.map((y) => x.reduce((dot, value, c) => dot + value * (y[c] ?? 0), 0));
      if (products.length > 0) sum += Math.max(...products);
    }
    return sum;
  });
}

function checkDimensions(a: MultiVectorEmbeddings, b: MultiVectorEmbeddings): void {
  if (a.dimension !== b.dimension) {
    throw new UsageError(`vectors of ${a.dimension} and ${b.dimension} dimensions cannot be compared`);
  }
}

/** Runs of whole documents with about `rowsAtOnce` rows. */
function* chunks(offsets: Int32Array): Generator<[first: number, last: number]> {
  let first = 0;
  for (let d = 1; d < offsets.length; d++) {
    if (d < offsets.length - 1 && (offsets[d + 1] ?? 0) - (offsets[first] ?? 0) <= rowsAtOnce) continue;
    yield [first, d];
    first = d;
  }
}
