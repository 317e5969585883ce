import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  lifecycleOf,
  longestRetentionMs,
  OPTIONAL_FEATURES,
  STREAM_PATTERNS,
  TEMPLATE_VERSION,
  templatesFor,
} from '#storage/elasticsearch/core/templates.ts';

const WANTED = { patterns: STREAM_PATTERNS, retentionMs: 30 * 86_400_000 };

test('without a feature no template asks for it', () => {
  for (const lacking of OPTIONAL_FEATURES) {
    const features = new Set(OPTIONAL_FEATURES.filter((feature) => feature !== lacking));
    const text = JSON.stringify(templatesFor(features, WANTED));
    assert.doesNotMatch(text, new RegExp(`"type":"${lacking}"|${lacking}":(?:true|\\{)`), lacking);
  }
  const whole = JSON.stringify(templatesFor(new Set(OPTIONAL_FEATURES), WANTED));
  for (const feature of OPTIONAL_FEATURES) assert.match(whole, new RegExp(feature));
});

test('every part of an index template is put before it, with its version', () => {
  const put = new Set<string>();
  for (const { path, body } of templatesFor(new Set(), WANTED)) {
    assert.equal(body['version'], TEMPLATE_VERSION, path);
    assert.partialDeepStrictEqual(body['_meta'], { managed_by: 'plimsoll', version: TEMPLATE_VERSION }, path);
    for (const part of (body['composed_of'] ?? []) as readonly string[])
      assert.ok(put.has(`/_component_template/${part}`), `${path} is made of ${part}`);
    put.add(path);
  }
});

test('short names stand in the mapping only where a server does not give them by itself', () => {
  const names = (features: ReadonlySet<(typeof OPTIONAL_FEATURES)[number]>): string =>
    JSON.stringify(templatesFor(features, WANTED));
  assert.match(names(new Set()), /"path":"resource\.attributes\.service\.name"/);
  assert.doesNotMatch(names(new Set(['passthrough'])), /"path":"resource/);
});

test('streams keep documents for the retention, or for ever, as the server writes it', () => {
  assert.deepEqual(
    [30 * 86_400_000, 5_400_000, 90_000, 1500, 0].map((retentionMs) => lifecycleOf(retentionMs)),
    [
      { enabled: true, data_retention: '30d' },
      { enabled: true, data_retention: '90m' },
      { enabled: true, data_retention: '90s' },
      { enabled: true, data_retention: '1500ms' },
      { enabled: true },
    ],
  );
  const texts = (retentionMs: number): string =>
    JSON.stringify(templatesFor(new Set(OPTIONAL_FEATURES), { ...WANTED, retentionMs }));
  assert.match(texts(86_400_000), /"template":\{"lifecycle":\{"enabled":true,"data_retention":"1d"\}\}/);
  assert.match(texts(86_400_000), /"retention_ms":86400000/);
});

test('of several retentions the longest counts, and for ever is the longest', () => {
  assert.deepEqual(
    [[1, 3, 2], [5, 0, 9], [7], []].map((list) => longestRetentionMs(list)),
    [3, 0, 7, 0],
  );
});
