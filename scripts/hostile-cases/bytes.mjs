// Bytes of safetensors files, right or wrong on purpose.

/** A file of any header text or bytes; `length` is what its first eight bytes claim. */
export function rawFile(header, data = Buffer.alloc(0), length = undefined) {
  const text = Buffer.isBuffer(header) ? header : Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([prefix, text, data]);
}

/** Header and data of tensors `{ name: { dtype, shape, data } }`, in their order. */
export function layOut(tensors) {
  const header = {};
  const chunks = [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.length] };
    end += data.length;
    chunks.push(data);
  }
  return { header, data: Buffer.concat(chunks) };
}

export function safetensors(tensors) {
  const { header, data } = layOut(tensors);
  return rawFile(JSON.stringify(header), data);
}

export const json = (value) => `${JSON.stringify(value, null, 1)}\n`;
