/**
 * Reads the pickles that `torch.save` writes of tensors, and nothing else. A pickle is a program that may call anything; here
 * it can name only what tensors are made of, and calling it makes descriptions, not objects: no code of the file runs.
 */

/** A tensor's place in a storage, as `torch._utils._rebuild_tensor_v2` is told of it. */
export class PickledTensor {
  readonly storage: PickledStorage;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: PickledStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

export class PickledStorage {
  /** PyTorch's class: `FloatStorage`. */
  readonly type: string;
  /** Name of the archive's entry that holds it. */
  readonly key: string;
  /** In elements. */
  readonly size: number;

  constructor(type: string, key: string, size: number) {
    this.type = type;
    this.key = key;
    this.size = size;
  }
}

/** A name of a Python module. */
class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Value = unknown;

const MARK = Symbol('mark');
/** A model of 20 000 tensors takes so many. More would be there to fill the memory: one byte can make a dictionary. */
const mostInstructions = 1_000_000;
const storageType = /^torch\.(\w+Storage)$/;
const callables: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  'collections.OrderedDict': () => new Map(),
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_tensor_v2': ([storage, offset, shape, strides]) => {
    if (!(storage instanceof PickledStorage)) throw new Error('has a tensor without a storage');
    return new PickledTensor(storage, whole(offset), wholes(shape), wholes(strides));
  },
};

/**
 * Reads the pickle that begins at `begin`. @returns its value, and where it ends.
 * @throws Error for what is no such pickle, naming what it asks for.
 */
export function unpickle(bytes: Buffer, begin = 0): { value: Value; end: number } {
  const stack: Value[] = [];
  const memo = new Map<number, Value>();
  let at = begin;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new Error('ends too soon');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const byte = () => take(1).readUInt8();
  const uint32 = () => take(4).readUInt32LE();
  const long = (length: number) => {
    if (length > 6) throw new Error('has a number that is too large');
    return length === 0 ? 0 : take(length).readIntLE(0, length);
  };
  const text = (length: number) => take(length).toString('utf8');
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Error('ends too soon');
    const found = bytes.toString('utf8', at, end);
    at = end + 1;
    return found;
  };
  const pop = (): Value => {
    if (stack.length === 0) throw new Error('takes what is not there');
    return stack.pop();
  };
  const popToMark = (): Value[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error('takes what is not there');
    const items = stack.splice(mark);
    return items.slice(1);
  };
  const recall = (place: number) => {
    if (!memo.has(place)) throw new Error('recalls what it has not said');
    return memo.get(place);
  };
  const global = (module: Value, name: Value) => {
    // only texts: lists of lists of lists would be written out at exponential length
    if (typeof module !== 'string' || typeof name !== 'string') throw new Error('asks for what has no name');
    const full = `${module}.${name}`;
    if (!Object.hasOwn(callables, full) && !storageType.test(full)) {
      throw new Error(`asks for ${full}, which is no part of a tensor`);
    }
    return new Global(full);
  };
  const set = (target: Value, pairs: readonly Value[]) => {
    if (!(target instanceof Map)) throw new Error('puts items into what is no dictionary');
    for (let i = 0; i + 1 < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  };
  const append = (target: Value, items: readonly Value[]) => {
    if (!Array.isArray(target)) throw new Error('puts items into what is no list');
    for (const item of items) target.push(item);
  };
  for (let instructions = 0; ; instructions++) {
    if (instructions === mostInstructions) throw new Error(`has more than ${mostInstructions} instructions`);
    const code = String.fromCharCode(byte());
    switch (code) {
      case '\x80': // PROTO
        if (byte() > 5) throw new Error('is of a version that is not known');
        break;
      case '\x95': // FRAME
        take(8);
        break;
      case '.': // STOP
        return { value: pop(), end: at };
      case '(':
        stack.push(MARK);
        break;
      case 'N':
        stack.push(undefined);
        break;
      case '\x88': // NEWTRUE
      case '\x89': // NEWFALSE
        stack.push(code === '\x88');
        break;
      case 'K': // BININT1
        stack.push(byte());
        break;
      case 'M': // BININT2
        stack.push(take(2).readUInt16LE());
        break;
      case 'J': // BININT
        stack.push(take(4).readInt32LE());
        break;
      case '\x8a': // LONG1
        stack.push(long(byte()));
        break;
      case 'G': // BINFLOAT
        stack.push(take(8).readDoubleBE());
        break;
      case 'X': // BINUNICODE
        stack.push(text(uint32()));
        break;
      case '\x8c': // SHORT_BINUNICODE
        stack.push(text(byte()));
        break;
      case '}':
        stack.push(new Map());
        break;
      case ']':
        stack.push([]);
        break;
      case ')':
        stack.push([]);
        break;
      case '\x85': // TUPLE1 to 3
      case '\x86':
      case '\x87': {
        const items = Array.from({ length: code.charCodeAt(0) - 0x84 }, pop);
        stack.push(items.reverse());
        break;
      }
      case 't': // TUPLE
      case 'l':
        stack.push(popToMark());
        break;
      case 'd': {
        const pairs = popToMark();
        const map = new Map();
        set(map, pairs);
        stack.push(map);
        break;
      }
      case 's': // SETITEM
        {
          const [value, key] = [pop(), pop()];
          set(stack.at(-1), [key, value]);
          break;
        }
      case 'u': {
        const pairs = popToMark();
        set(stack.at(-1), pairs);
        break;
      }
      case 'a': {
        const item = pop();
        append(stack.at(-1), [item]);
        break;
      }
      case 'e': {
        const items = popToMark();
        append(stack.at(-1), items);
        break;
      }
      case 'q': // BINPUT
        memo.set(byte(), stack.at(-1));
        break;
      case 'r': // LONG_BINPUT
        memo.set(uint32(), stack.at(-1));
        break;
      case '\x94': // MEMOIZE
        memo.set(memo.size, stack.at(-1));
        break;
      case 'h': // BINGET
        stack.push(recall(byte()));
        break;
      case 'j': // LONG_BINGET
        stack.push(recall(uint32()));
        break;
      case 'c': // GLOBAL
        stack.push(global(line(), line()));
        break;
      case '\x93': {
        const name = pop();
        stack.push(global(pop(), name));
        break;
      }
      case 'Q': // BINPERSID: what torch.save keeps beside the pickle
        stack.push(storageOf(pop()));
        break;
      case 'R': {
        const [args, callable] = [pop(), pop()];
        const call = callable instanceof Global ? callables[callable.name] : undefined;
        if (!call || !Array.isArray(args)) throw new Error('calls what cannot be called');
        stack.push(call(args));
        break;
      }
      case 'b': // BUILD: attributes of an OrderedDict, such as its _metadata; nothing of a tensor
        pop();
        break;
      case '0':
        pop();
        break;
      default:
        throw new Error(`has the instruction 0x${code.charCodeAt(0).toString(16)}, which tensors do not need`);
    }
  }
}

/** `('storage', torch.FloatStorage, '0', 'cpu', 1024)`; before 1.6 with a sixth, which is None but for views of storages. */
function storageOf(id: Value): PickledStorage {
  const [kind, type, key, , size, view] = Array.isArray(id) ? (id as Value[]) : [];
  const name = type instanceof Global ? storageType.exec(type.name)?.[1] : undefined;
  if (kind !== 'storage' || name === undefined || typeof key !== 'string' || view !== undefined)
    throw new Error('has a storage that is none');
  return new PickledStorage(name, key, whole(size));
}

function whole(value: Value): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error('has a tensor whose sizes are no whole numbers');
}

function wholes(value: Value): number[] {
  if (!Array.isArray(value) || value.length > 64) throw new Error('has a tensor without a shape');
  return value.map(whole);
}
