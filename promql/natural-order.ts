/** The order in which `sort_by_label` puts label values: numbers in them count as numbers. */
import { compareUtf8 } from '#promql/labels.ts';

const CHUNK = /\d+|\D+/g;

/**
 * Negative, zero or positive: `a2` before `a10`, what is shorter before what it
 * begins. Texts that differ in leading zeros only are equal. A total order, for
 * numbers of any length.
 */
export function compareNatural(left: string, right: string): number {
  const lefts = left.match(CHUNK) ?? [];
  const rights = right.match(CHUNK) ?? [];
  const length = Math.min(lefts.length, rights.length);
  for (let index = 0; index < length; index += 1) {
    const order = compareChunks(lefts[index] ?? '', rights[index] ?? '');
    if (order !== 0) return order;
  }
  return lefts.length - rights.length;
}

function compareChunks(left: string, right: string): number {
  if (!isNumber(left) || !isNumber(right)) return compareUtf8(left, right);
  const [leftDigits, rightDigits] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  return leftDigits.length - rightDigits.length || compareUtf8(leftDigits, rightDigits);
}

function isNumber(chunk: string): boolean {
  return chunk >= '0' && chunk < ':';
}
