/**
 * Snappy's block format, in which remote write and remote read send their
 * bodies. The one file that knows the package.
 */
import { compress, uncompress } from 'snappy';
import { CodedError } from '#base/errors.ts';

/** A length is 32 bits: five bytes of seven bits each. */
const LENGTH_BYTES_MAX = 5;

/** Off the thread. */
export function compressBlock(bytes: Uint8Array): Promise<Uint8Array> {
  return compress(bytes);
}

/**
 * Off the thread. What a block inflates to stands at its beginning: one that is
 * too large is refused before anything is made of it.
 *
 * @throws CodedError `PLIM_BODY_TOO_LARGE`, `PLIM_BODY_MALFORMED`
 */
export async function uncompressBlock(block: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const length = declaredLength(block);
  if (length > bytesMax) {
    throw new CodedError('PLIM_BODY_TOO_LARGE', `the block holds ${length} bytes, more than ${bytesMax}`);
  }
  try {
    const bytes = await uncompress(block, { asBuffer: true });
    return typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  } catch (error) {
    throw new CodedError('PLIM_BODY_MALFORMED', 'the body is not a snappy block', { cause: error });
  }
}

function declaredLength(block: Uint8Array): number {
  let length = 0;
  for (let index = 0; index < LENGTH_BYTES_MAX; index += 1) {
    const byte = block[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 0x80 ** index;
    if (byte < 0x80) return length;
  }
  throw new CodedError('PLIM_BODY_MALFORMED', 'the body is not a snappy block: it has no length');
}
