import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unescapeLabelName } from '#server/prometheus/label-names.ts';

test('escaped names come back, others stay', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['service', 'service'],
    ['U__http_2e_method', 'http.method'],
    ['U__a__b', 'a_b'],
    ['U__snow_2603_man', 'snow\u2603man'],
    ['U__bad_zz_', 'U__bad_zz_'],
    ['U__open_2e', 'U__open_2e'],
    ['U__high_d800_', 'U__high_d800_'],
    ['U__', ''],
  ];
  for (const [escaped, name] of rows) assert.equal(unescapeLabelName(escaped), name);
});
