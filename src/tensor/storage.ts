/** Whether native code may read a caller's array: memory that another thread writes, or that may go away, it may not. */
import { types } from 'node:util';
import type { NativeArray } from '../native.js';

/** What is wrong with the memory behind `data`, with the mend; undefined if nothing is. */
export function storageFault(data: NativeArray): string | undefined {
  const { buffer } = data;
  if (types.isSharedArrayBuffer(buffer)) return 'an array backed by a SharedArrayBuffer; copy it first';
  if ((buffer as { readonly resizable?: boolean }).resizable) {
    return 'an array backed by a resizable ArrayBuffer; copy it first';
  }
  // only an array without elements can be one whose memory is gone
  if (data.byteLength === 0 && isDetached(buffer)) return 'an array that was detached: its memory was transferred';
  return undefined;
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
