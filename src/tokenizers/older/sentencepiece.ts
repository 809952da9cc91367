/** SentencePiece's .model files: a protocol buffer, of which the pieces, their kinds and the character map are read. */
import { ConfigError } from '../../errors.js';

/** What a piece is for. */
export type PieceKind = 'normal' | 'unknown' | 'control' | 'user' | 'unused' | 'byte';

export interface SentencePieceModel {
  readonly pieces: readonly { readonly text: string; readonly score: number; readonly kind: PieceKind }[];
  readonly unknownId: number;
  readonly byteFallback: boolean;
  /** base64; undefined: text is taken as it is. */
  readonly charsMap: string | undefined;
}

const kinds: readonly PieceKind[] = ['normal', 'normal', 'unknown', 'control', 'user', 'unused', 'byte'];
const [unigram] = [1];

/** Numbers of the fields, as sentencepiece_model.proto has them. */
const fields = {
  pieces: 1,
  trainer: 2,
  normalizer: 3,
  piece: { text: 1, score: 2, kind: 3 },
  trainerSpec: { modelType: 3, byteFallback: 35, unknownId: 40 },
  normalizerSpec: { charsMap: 2 },
} as const;

/** @throws ConfigError for what is no such file, or not of the Unigram kind. */
export function readSentencePiece(bytes: Buffer, file: string): SentencePieceModel {
  const pieces: { text: string; score: number; kind: PieceKind }[] = [];
  let unknownId = 0;
  let byteFallback = false;
  let charsMap: string | undefined;
  try {
    for (const field of messages(bytes)) {
      if (field.number === fields.pieces) pieces.push(pieceOf(field.bytes));
      if (field.number === fields.trainer) {
        for (const { number, value } of messages(field.bytes)) {
          if (number === fields.trainerSpec.unknownId) unknownId = value;
          if (number === fields.trainerSpec.byteFallback) byteFallback = value !== 0;
          if (number !== fields.trainerSpec.modelType || value === unigram) continue;
          const mend = 'save the model with a fast tokenizer, which writes tokenizer.json';
          throw new ConfigError(file, 'model_type', `is not Unigram, the kind that is read here; ${mend}`);
        }
      }
      if (field.number === fields.normalizer) {
        for (const { number, bytes: map } of messages(field.bytes)) {
          if (number === fields.normalizerSpec.charsMap && map.length > 0) charsMap = map.toString('base64');
        }
      }
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(file, '', `is no SentencePiece model: ${(cause as Error).message}`, { cause });
  }
  if (pieces.length === 0) throw new ConfigError(file, '', 'is no SentencePiece model: it has no pieces');
  return { pieces, unknownId, byteFallback, charsMap };
}

function pieceOf(bytes: Buffer): { text: string; score: number; kind: PieceKind } {
  let [text, score, kind] = ['', 0, 1];
  for (const field of messages(bytes)) {
    if (field.number === fields.piece.text) text = field.bytes.toString('utf8');
    if (field.number === fields.piece.score) score = field.bytes.readFloatLE(0);
    if (field.number === fields.piece.kind) kind = field.value;
  }
  return { text, score, kind: kinds[kind] ?? 'normal' };
}

interface Field {
  readonly number: number;
  /** Of varints. */
  readonly value: number;
  /** Of all others. */
  readonly bytes: Buffer;
}

const none = Buffer.alloc(0);

/** The fields of a message in order. @throws Error where the bytes are no message. */
function* messages(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('it ends too soon');
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new Error('it has a number that does not end');
  };
  const take = (count: number) => {
    if (count > bytes.length - at) throw new Error('it ends too soon');
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: varint(), bytes: none };
        break;
      case 1:
        yield { number, value: 0, bytes: take(8) };
        break;
      case 2:
        yield { number, value: 0, bytes: take(varint()) };
        break;
      case 5:
        yield { number, value: 0, bytes: take(4) };
        break;
      default:
        throw new Error('it has a field of no known form');
    }
  }
}
