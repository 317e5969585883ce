import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment, readAddress } from '#sample-services/lib/env.ts';

test('settings are read', () => {
  const env = new Environment({ QUOTES_URL: 'http://127.0.0.1:80/', PORT: '8080' });
  assert.equal(env.url('QUOTES_URL'), 'http://127.0.0.1:80');
  assert.deepEqual(readAddress(env), { host: '127.0.0.1', port: 8080 });
  assert.equal(env.text('NAME', 'x'), 'x');
  env.check();
});

test('all that is missing or wrong is named at once', () => {
  const env = new Environment({ A_URL: 'nowhere', PORT: '70000', EMPTY: '' });
  env.url('A_URL');
  env.text('EMPTY');
  readAddress(env);
  assert.throws(() => env.check(), /A_URL=nowhere.*EMPTY is not set.*PORT=70000: must be .* 0 to 65535/);
});
