import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageBook } from '#bin/demo/page-book.ts';

function pagesOf(book: PageBook, limit: number): readonly unknown[] {
  return (JSON.parse(book.json(limit)) as { readonly pages: readonly unknown[] }).pages;
}

test('pages are told newest first, as many as are asked for', () => {
  const book = new PageBook();
  assert.deepEqual(pagesOf(book, 10), []);
  for (const page of [1, 2, 3]) book.add(String(page));
  assert.deepEqual(pagesOf(book, 2), [3, 2]);
  assert.deepEqual(pagesOf(book, 10), [3, 2, 1]);
});

test('the oldest give way to number and to size; the newest stays', () => {
  const few = new PageBook(2);
  for (const page of [1, 2, 3]) few.add(String(page));
  assert.deepEqual(pagesOf(few, 10), [3, 2]);
  const small = new PageBook(10, 10);
  for (const page of ['"aaaa"', '"bb"', '"cc"']) small.add(page);
  assert.deepEqual(pagesOf(small, 10), ['cc', 'bb']);
  small.add(`"${'d'.repeat(20)}"`);
  assert.deepEqual(pagesOf(small, 10), ['d'.repeat(20)]);
});
