import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkLines, bulkVerdicts, type ItemVerdict } from '#collector/exporters/elasticsearch/core/bulk.ts';

const CONFLICT = { type: 'version_conflict_engine_exception', reason: '[a]: version conflict' };
const PARSING = {
  type: 'document_parsing_exception',
  reason: '[1:9] failed to parse',
  caused_by: { type: 'illegal_argument_exception', reason: 'Field name cannot be an empty string' },
};

/** What stands in an answer, and what it means. */
const CASES: readonly (readonly [item: object, kind: ItemVerdict['kind'], surely?: boolean])[] = [
  [{ status: 201 }, 'stored'],
  [{ status: 409, error: CONFLICT }, 'stored'],
  [{ status: 409, error: { type: 'illegal_index_state_exception', reason: 'x' } }, 'later', true],
  [{ status: 429, error: { type: 'es_rejected_execution_exception', reason: 'x' } }, 'later', true],
  [{ status: 403, error: { type: 'cluster_block_exception', reason: 'disk' } }, 'later', true],
  [{ status: 404, error: { type: 'index_not_found_exception', reason: 'x' } }, 'later', true],
  [{ status: 503, error: { type: 'unavailable_shards_exception', reason: 'x' } }, 'later', false],
  [{ status: 500 }, 'later', false],
  [{}, 'later', false],
  [{ status: 400, error: PARSING }, 'refused'],
];

test('an answer is read item by item', () => {
  const items = CASES.map(([create]) => ({ create }));
  const verdicts = bulkVerdicts({ errors: true, items }, items.length) ?? [];
  assert.deepEqual(
    verdicts.map((verdict) => [verdict.kind, verdict.kind === 'later' ? verdict.surely : undefined]),
    CASES.map(([, kind, surely]) => [kind, surely]),
  );
  const last = verdicts.at(-1);
  assert.match(
    last?.kind === 'refused' ? last.said : '',
    /^400 document_parsing_exception: .*\(illegal_argument/,
  );
});

test('an answer that does not speak of every item is none', () => {
  for (const body of [null, 'x', {}, { items: {} }, { items: [{ create: { status: 201 } }] }])
    assert.equal(bulkVerdicts(body, 2), undefined);
});

test('names of streams and ids cannot end their line', () => {
  assert.equal(bulkLines('a"\n', 'b', '{}'), '{"create":{"_index":"a\\"\\n","_id":"b"}}\n{}\n');
});
