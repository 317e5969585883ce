import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  OPTIONAL_FEATURES,
  STREAM_PATTERNS,
  TEMPLATE_VERSION,
  templatesFor,
} from '#storage/elasticsearch/core/templates.ts';

test('without a feature no template asks for it', () => {
  for (const lacking of OPTIONAL_FEATURES) {
    const features = new Set(OPTIONAL_FEATURES.filter((feature) => feature !== lacking));
    const text = JSON.stringify(templatesFor(features, STREAM_PATTERNS));
    assert.doesNotMatch(text, new RegExp(`"type":"${lacking}"|${lacking}":true`), lacking);
  }
  const whole = JSON.stringify(templatesFor(new Set(OPTIONAL_FEATURES), STREAM_PATTERNS));
  for (const feature of OPTIONAL_FEATURES) assert.match(whole, new RegExp(feature));
});

test('every part of an index template is put before it, with its version', () => {
  const put = new Set<string>();
  for (const { path, body } of templatesFor(new Set(), STREAM_PATTERNS)) {
    assert.equal(body['version'], TEMPLATE_VERSION, path);
    assert.deepEqual(body['_meta'], { managed_by: 'plimsoll', version: TEMPLATE_VERSION }, path);
    for (const part of (body['composed_of'] ?? []) as readonly string[])
      assert.ok(put.has(`/_component_template/${part}`), `${path} is made of ${part}`);
    put.add(path);
  }
});

test('short names stand in the mapping only where a server does not give them by itself', () => {
  const names = (features: ReadonlySet<(typeof OPTIONAL_FEATURES)[number]>): string =>
    JSON.stringify(templatesFor(features, STREAM_PATTERNS));
  assert.match(names(new Set()), /"path":"resource\.attributes\.service\.name"/);
  assert.doesNotMatch(names(new Set(['passthrough'])), /"path":"resource/);
});
