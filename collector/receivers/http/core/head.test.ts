import { equal, deepEqual, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { judge, pathOf, type Head, type HeadRules } from '#collector/receivers/http/core/head.ts';

const RULES: HeadRules<string, string> = {
  paths: new Map([
    ['/v1/traces', 'traces'],
    ['/v1/logs', 'logs'],
  ]),
  mediaTypes: new Map([
    ['application/x-protobuf', 'protobuf'],
    ['application/json', 'json'],
  ]),
  bodyBytesMax: 1000,
};

const GOOD: Head = {
  method: 'POST',
  target: '/v1/traces',
  contentType: 'application/x-protobuf',
  contentEncoding: undefined,
  contentLength: '10',
};

function outcome(change: Partial<Head>): string {
  const judged = judge({ ...GOOD, ...change }, RULES);
  return judged.kind === 'plan'
    ? `${judged.plan.route} ${judged.plan.media} ${judged.plan.compression} ${judged.plan.declaredBytes}`
    : `${judged.refusal.status} ${judged.refusal.code}`;
}

const TABLE: readonly (readonly [name: string, change: Partial<Head>, expected: string])[] = [
  ['a good head', {}, 'traces protobuf identity 10'],
  ['chunked', { contentLength: undefined }, 'traces protobuf identity undefined'],
  ['JSON with parameters', { contentType: 'Application/JSON ; charset=UTF-8' }, 'traces json identity 10'],
  ['gzip in capitals', { contentEncoding: ' GZip ' }, 'traces protobuf gzip 10'],
  ['identity is none', { contentEncoding: 'identity' }, 'traces protobuf identity 10'],
  ['a query', { target: '/v1/logs?x=/v1/traces' }, 'logs protobuf identity 10'],
  ['absolute form', { target: 'http://h:1/v1/logs' }, 'logs protobuf identity 10'],
  ['just at the limit', { contentLength: '1000' }, 'traces protobuf identity 1000'],
  ['over the limit', { contentLength: '1001' }, '413 PLIM_BODY_TOO_LARGE'],
  ['absurdly over', { contentLength: '9'.repeat(400) }, '413 PLIM_BODY_TOO_LARGE'],
  ['stacked encodings', { contentEncoding: 'gzip, gzip' }, '415 PLIM_MEDIA_TYPE'],
  ['unknown encoding', { contentEncoding: 'br' }, '415 PLIM_MEDIA_TYPE'],
  ['no media type', { contentType: undefined }, '415 PLIM_MEDIA_TYPE'],
  ['a form', { contentType: 'application/x-www-form-urlencoded' }, '415 PLIM_MEDIA_TYPE'],
  ['near miss', { contentType: 'application/jsonp' }, '415 PLIM_MEDIA_TYPE'],
  ['GET', { method: 'GET' }, '405 PLIM_METHOD'],
  ['preflight', { method: 'OPTIONS', contentType: undefined }, '405 PLIM_METHOD'],
  ['other path', { target: '/v1/profiles' }, '404 PLIM_NOT_FOUND'],
  ['path in other case', { target: '/V1/Traces' }, '404 PLIM_NOT_FOUND'],
  ['double slash', { target: '//v1/traces' }, '404 PLIM_NOT_FOUND'],
  ['encoded slash', { target: '/v1%2ftraces' }, '404 PLIM_NOT_FOUND'],
  ['dots', { target: '/v1/x/../traces' }, '404 PLIM_NOT_FOUND'],
  ['unparsable absolute', { target: 'http://[bad' }, '404 PLIM_NOT_FOUND'],
  ['asterisk', { target: '*', method: 'OPTIONS' }, '404 PLIM_NOT_FOUND'],
  ['empty', { target: '' }, '404 PLIM_NOT_FOUND'],
  ['prototype', { target: '/__proto__' }, '404 PLIM_NOT_FOUND'],
];

for (const [name, change, expected] of TABLE) {
  test(`head: ${name}`, () => equal(outcome(change), expected));
}

test('path of a target', () => {
  const targets = ['/a?b', '/a#b', 'http://x', 'http://x/a?b', 'x', 'http://[/a', '/a/http://b'];
  deepEqual(targets.map(pathOf), ['/a', '/a', '/', '/a', 'x', '/a', '/a/http://b']);
});

test('foreign text in a refusal is short and printable', () => {
  const judged = judge({ ...GOOD, contentEncoding: `\u001b[31m${'x'.repeat(5000)}` }, RULES);
  ok(judged.kind === 'refused');
  match(judged.refusal.message, /^[\x20-\x7e…]{1,200}$/);
});
