/** Our own API is described as it is: every route, every reference, both ways. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Router } from 'express';
import { createMeter } from '#base/real/metrics.ts';
import { OPENAPI } from '#server/plimsoll/openapi.ts';
import { routersFor, type OriginApis } from '#server/routers.ts';
import { asObject, misfits, referencesIn, resolve, type Json } from '#test/support/openapi.ts';

const OWN = '/api/plimsoll/v1';
const METHODS = ['get', 'post', 'put', 'delete', 'patch'];

/** Routers only hold on to what they are given until somebody asks. */
const NOBODY = {} as never;
const APIS: OriginApis = {
  alerting: NOBODY,
  documents: NOBODY,
  prometheus: NOBODY,
  dependencies: NOBODY,
  pipeline: () => NOBODY,
  companions: { chaos: undefined, pages: undefined, proofs: undefined, grafana: undefined },
  build: () => NOBODY,
  clock: NOBODY,
  net: NOBODY,
  meter: createMeter(),
};

/** `METHOD /path/{name}` of what Express has registered. */
function registered(router: Router): string[] {
  return router.stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const path = route.path.replaceAll(/[:*](\w+)/g, '{$1}');
    return [...new Set(route.stack.map((layer) => `${layer.method.toUpperCase()} ${path}`))];
  });
}

function described(): string[] {
  return Object.entries(asObject(OPENAPI['paths']) ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => asObject(item)?.[method] !== undefined).map(
      (method) => `${method.toUpperCase()} ${path}`,
    ),
  );
}

function operations(): { readonly name: string; readonly path: string; readonly operation: Json }[] {
  return Object.entries(asObject(OPENAPI['paths']) ?? {}).flatMap(([path, item]) =>
    Object.entries(asObject(item) ?? {}).map(([method, operation]) => ({
      name: `${method} ${path}`,
      path,
      operation: asObject(operation) ?? {},
    })),
  );
}

test('every route is described and every description has its route', () => {
  const routes = routersFor(APIS)
    .filter(({ prefix }) => prefix === OWN)
    .flatMap(({ router }) => registered(router));
  ok(routes.length >= 10, `${routes.length} routes`);
  deepEqual(routes.toSorted(), described().toSorted());
  const [server] = OPENAPI['servers'] as readonly { readonly url: string }[];
  equal(server?.url, OWN);
});

test('every reference leads somewhere, and no schema is left over', () => {
  const references = referencesIn(OPENAPI);
  ok(references.length > 0);
  for (const reference of references) {
    match(reference, /^#\/components\/schemas\/\w+$/);
    ok(asObject(resolve(OPENAPI, reference)) !== undefined, `${reference} leads nowhere`);
  }
  const schemas = Object.keys(asObject(asObject(OPENAPI['components'])?.['schemas']) ?? {});
  deepEqual(
    schemas.filter((name) => !references.includes(`#/components/schemas/${name}`)),
    [],
  );
});

test('every operation says what it does, what it answers and what goes wrong', () => {
  for (const { name, operation } of operations()) {
    match(String(operation['summary']), /\.$/, name);
    const responses = asObject(operation['responses']);
    const good = responses?.['200'] ?? responses?.['201'];
    ok(good !== undefined && responses?.['default'] !== undefined, name);
  }
});

test('a parameter in a path is declared, and only such a one', () => {
  for (const { name, path, operation } of operations()) {
    const parameters = (operation['parameters'] ?? []) as readonly Json[];
    const inPath = parameters.filter((parameter) => parameter['in'] === 'path').map(({ name: own }) => own);
    deepEqual(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, own]) => own),
      name,
    );
  }
});

test('the checker of answers finds what does not fit', () => {
  const root: Json = { schemas: { Name: { type: ['string', 'null'] } } };
  const schema: Json = {
    type: 'object',
    required: ['name', 'count'],
    properties: {
      name: { $ref: '#/schemas/Name' },
      count: { type: 'integer' },
      kind: { enum: ['a', 'b'] },
      list: { type: 'array', items: { type: 'number' } },
      free: { type: 'object', additionalProperties: { type: 'boolean' } },
    },
  };
  const good = { name: null, count: 1, kind: 'a', list: [1, 2.5], free: { x: true } };
  deepEqual(misfits(root, schema, good), []);
  for (const [change, fault] of [
    [{ name: 1 }, '$.name: 1 is not string or null'],
    [{ count: 1.5 }, '$.count: 1.5 is not integer'],
    [{ kind: 'c' }, '$.kind: "c" is none of the values'],
    [{ list: [1, '2'] }, '$.list[1]: "2" is not number'],
    [{ free: { x: 1 } }, '$.free.x: 1 is not boolean'],
    [{ extra: 1 }, '$.extra is not described'],
  ] as const)
    deepEqual(misfits(root, schema, { ...good, ...change }), [fault]);
  deepEqual(misfits(root, schema, { name: 'x' }), ['$.count is missing']);
  deepEqual(misfits(root, schema, []), ['$: [] is not object']);
  deepEqual(misfits(root, { $ref: '#/schemas/Nothing' }, 1), ['$: #/schemas/Nothing leads nowhere']);
});
