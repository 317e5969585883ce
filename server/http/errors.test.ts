import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Response } from 'express';
import { CodedError, ERRORS, type ErrorCode } from '#base/errors.ts';
import { sendError, statusOf } from '#server/http/errors.ts';

interface Sent {
  status: number;
  readonly headers: Record<string, string>;
  body: unknown;
}

/** What Express would have sent. */
function sendingOf(error: unknown): Sent {
  const sent: Sent = { status: 0, headers: {}, body: undefined };
  const response = {
    set(name: string, value: string) {
      sent.headers[name] = value;
      return response;
    },
    status(status: number) {
      sent.status = status;
      return response;
    },
    json(body: unknown) {
      sent.body = body;
      return response;
    },
  };
  sendError(response as unknown as Response, error);
  return sent;
}

test('a mistake of the caller is told with its code', () => {
  const sent = sendingOf(new CodedError('PLIM_PARAMETER', 'limit is "x"; expected a number'));
  deepEqual(sent, {
    status: 400,
    headers: {},
    body: { code: 'PLIM_PARAMETER', message: 'limit is "x"; expected a number' },
  });
});

test('what may work later is a 503 that says when', () => {
  for (const code of ['PLIM_STORE_UNAVAILABLE', 'PLIM_OVERLOADED', 'PLIM_QUERY_TIMEOUT'] as const) {
    const sent = sendingOf(new CodedError(code, 'later'));
    equal(sent.status, 503, code);
    equal(sent.headers['Retry-After'], '1');
  }
});

test('what is not in the catalogue is not shown outside', () => {
  for (const error of [new Error('secret /etc/path'), 'secret', undefined, { status: 404 }]) {
    const sent = sendingOf(error);
    equal(sent.status, 500);
    deepEqual(sent.body, { code: 'PLIM_INTERNAL', message: 'an internal error; the log has it' });
  }
});

test('no code has a status that is not an error, and what is our fault is 5xx', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const status = statusOf(new CodedError(code, ''));
    ok(status >= 400 && status < 600, `${code}: ${status}`);
  }
  equal(statusOf(new CodedError('PLIM_INTERNAL', '')), 500);
  equal(statusOf(new CodedError('PLIM_JOURNAL_FAILED', '')), 500);
});
