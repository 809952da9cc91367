/** The entries of a zip archive that are stored as they are, found by its directory. Archives of 4 GB and more included. */
import type { FileHandle } from 'node:fs/promises';

export interface ZipEntry {
  /** Bytes from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

const endRecord = 0x06054b50;
const end64Record = 0x06064b50;
const directoryRecord = 0x02014b50;
const localRecord = 0x04034b50;
/** The end record with the longest comment. */
const longestTail = 22 + 65535;
/** Of fifty thousand tensors, each with a local header to be read. */
const largestDirectory = 4 * 2 ** 20;
const all16 = 0xffff;
const all32 = 0xffffffff;

/** @throws Error that says what of the archive is not as it should be. */
export async function readZip(file: FileHandle, size: number): Promise<Map<string, ZipEntry>> {
  const tailBegin = Math.max(0, size - longestTail);
  const tail = await read(file, tailBegin, size);
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== endRecord) at--;
  if (at < 0) throw new Error('is no zip archive');
  let count = tail.readUInt16LE(at + 10);
  let length = tail.readUInt32LE(at + 12);
  let begin = tail.readUInt32LE(at + 16);
  if (count === all16 || length === all32 || begin === all32) {
    if (at < 20) throw new Error('has a directory that cannot be found');
    const place = number64(tail, at - 20 + 8);
    const record = await read(file, place, place + 56);
    if (record.readUInt32LE(0) !== end64Record) throw new Error('has a directory that cannot be found');
    [count, length, begin] = [number64(record, 32), number64(record, 40), number64(record, 48)];
  }
  if (length > largestDirectory) throw new Error(`has a directory of ${length} bytes`);
  const directory = await read(file, begin, begin + length);
  const entries = new Map<string, ZipEntry>();
  for (let place = 0, i = 0; i < count; i++) {
    if (place + 46 > directory.length || directory.readUInt32LE(place) !== directoryRecord) {
      throw new Error('has a directory that ends too soon');
    }
    const nameLength = directory.readUInt16LE(place + 28);
    const extraLength = directory.readUInt16LE(place + 30);
    const name = directory.toString('utf8', place + 46, place + 46 + nameLength);
    const extra = directory.subarray(place + 46 + nameLength, place + 46 + nameLength + extraLength);
    const sizes = sizesOf(directory, place, extra);
    if (directory.readUInt16LE(place + 10) !== 0 || sizes.packed !== sizes.plain) {
      throw new Error(`has the entry ${JSON.stringify(name)} compressed; PyTorch stores them as they are`);
    }
    if (entries.has(name)) throw new Error(`has the entry ${JSON.stringify(name)} twice`);
    const local = await read(file, sizes.header, sizes.header + 30);
    if (local.readUInt32LE(0) !== localRecord) throw new Error(`has no entry ${JSON.stringify(name)} where it says`);
    const data = sizes.header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (data + sizes.plain > size) throw new Error(`has the entry ${JSON.stringify(name)} end beyond the file`);
    entries.set(name, { begin: data, end: data + sizes.plain });
    place += 46 + nameLength + extraLength + directory.readUInt16LE(place + 32);
  }
  return entries;
}

/** Sizes and place of an entry; what does not fit 32 bits stands in an extra field, in this order. */
function sizesOf(directory: Buffer, place: number, extra: Buffer) {
  const fields = [
    directory.readUInt32LE(place + 24),
    directory.readUInt32LE(place + 20),
    directory.readUInt32LE(place + 42),
  ];
  let wide: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) wide = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let used = 0;
  const [plain = 0, packed = 0, header = 0] = fields.map((field) => {
    if (field !== all32) return field;
    if (used + 8 > wide.length) throw new Error('has an entry without its size');
    used += 8;
    return number64(wide, used - 8);
  });
  return { plain, packed, header };
}

function number64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('has sizes that cannot be');
  return Number(value);
}

async function read(file: FileHandle, begin: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - begin);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, begin);
  if (bytesRead < buffer.length) throw new Error('ends too soon');
  return buffer;
}
