import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, OPENED_MAX, openedOf, withToggled } from '#dashboards/console/core/logs/opened.ts';
import { withQuery } from '#dashboards/console/core/route.ts';

const line = (id: string) => ({ id, unixNanos: `${id.length}000` });
const after = (query: URLSearchParams, id: string): URLSearchParams =>
  new URLSearchParams(withQuery('', { ...withToggled(query, line(id)) }));

test('lines open beside one another, each with its time, and close alone', () => {
  let query = after(new URLSearchParams(), 'a');
  query = after(query, 'bb');
  assert.equal(query.toString(), 'row=a&row=bb&at=1000&at=2000');
  assert.deepEqual(openedOf(query), [
    { id: 'a', unixNanos: '1000' },
    { id: 'bb', unixNanos: '2000' },
  ]);
  assert.equal(after(query, 'a').toString(), 'row=bb&at=2000');
  assert.equal(after(after(query, 'a'), 'bb').toString(), '');
});

test('an address written by hand may lack times or repeat lines; too many lose the first', () => {
  const query = new URLSearchParams('row=a&row=bb&row=a&at=x');
  assert.deepEqual(openedOf(query), [
    { id: 'a', unixNanos: undefined },
    { id: 'bb', unixNanos: undefined },
  ]);
  assert.equal(after(query, 'ccc').toString(), 'row=a&row=bb&row=ccc&at=-&at=-&at=3000');
  let many = new URLSearchParams();
  for (let index = 0; index <= OPENED_MAX; index += 1) many = after(many, `line${index}`);
  const ids = openedOf(many).map(({ id }) => id);
  assert.deepEqual([ids.length, ids[0], ids.at(-1)], [OPENED_MAX, 'line1', `line${OPENED_MAX}`]);
});

test('lines are shown around one line, and no longer when it closes', () => {
  const query = new URLSearchParams('row=a&row=b&context=10&of=b');
  assert.deepEqual([contextOf(query, 'a'), contextOf(query, 'b')], [0, 10]);
  assert.deepEqual(withToggled(query, line('b')), {
    row: ['a'],
    at: ['-'],
    context: undefined,
    of: undefined,
  });
  // A link of before names no line: it means the only one that is open.
  assert.equal(contextOf(new URLSearchParams('row=a&context=20'), 'a'), 20);
  assert.equal(contextOf(new URLSearchParams('row=a&context=x'), 'a'), 0);
});
