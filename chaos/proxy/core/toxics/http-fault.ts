import { integer, numeric, type Attributes, type HttpToxic } from '#chaos/proxy/core/toxics/toxic.ts';

/** Longer delays are outages; a timeout or a disabled proxy says so better. */
const DELAY_MS_MAX = 600_000;
/** A fault's answer is an error message, not a download. */
const BODY_CHARS_MAX = 64 * 1024;

/**
 * Not upstream's: an HTTP/1.x request, drawn with chance `share` among those of
 * `method` and `path`, is delayed, answered with `status` in the server's place,
 * or aborted with RST. `stream` plays no part.
 */
export const httpFault: HttpToxic = {
  type: 'http_fault',
  layer: 'http',
  attributes: [
    integer('status'),
    { name: 'abort', kind: 'flag', otherwise: false },
    { name: 'delay_ms', kind: 'number', otherwise: 0 },
    { name: 'delay_jitter_ms', kind: 'number', otherwise: 0 },
    { name: 'share', kind: 'number', otherwise: 1 },
    { name: 'method', kind: 'text', otherwise: '' },
    { name: 'path', kind: 'text', otherwise: '' },
    { name: 'body', kind: 'text', otherwise: '' },
  ],
  check,
};

function check(attributes: Attributes): string | undefined {
  return checkNumbers(attributes) ?? checkEffect(attributes) ?? checkTexts(attributes);
}

function checkNumbers(attributes: Attributes): string | undefined {
  const status = numeric(attributes, 'status');
  const delayMs = numeric(attributes, 'delay_ms');
  const jitterMs = numeric(attributes, 'delay_jitter_ms');
  const share = numeric(attributes, 'share');
  if (status !== 0 && !(status >= 200 && status <= 599)) {
    return `attributes.status must be 200 … 599, or 0 for none, got ${status}`;
  }
  if (!(delayMs >= 0 && delayMs <= DELAY_MS_MAX)) {
    return `attributes.delay_ms must be 0 … ${DELAY_MS_MAX}, got ${delayMs}`;
  }
  if (!(jitterMs >= 0 && jitterMs <= delayMs)) {
    return `attributes.delay_jitter_ms must be 0 … delay_ms, got ${jitterMs}`;
  }
  return share >= 0 && share <= 1 ? undefined : `attributes.share must be 0 … 1, got ${share}`;
}

function checkEffect(attributes: Attributes): string | undefined {
  const hasStatus = numeric(attributes, 'status') !== 0;
  const isAbort = attributes['abort'] === true;
  if (isAbort && hasStatus) return 'attributes.status and attributes.abort exclude each other';
  if (isAbort || hasStatus || numeric(attributes, 'delay_ms') > 0) return undefined;
  return 'one of attributes.status, attributes.abort and attributes.delay_ms is required';
}

function checkTexts(attributes: Attributes): string | undefined {
  const { method, path, body } = attributes;
  if (typeof method === 'string' && !/^[A-Za-z]*$/.test(method)) {
    return `attributes.method must be a method such as POST, got ${JSON.stringify(method)}`;
  }
  if (typeof path === 'string' && path !== '' && !/^[/*]/.test(path)) {
    return `attributes.path must begin with / or *, got ${JSON.stringify(path)}`;
  }
  if (typeof body === 'string' && body.length > BODY_CHARS_MAX) {
    return `attributes.body must have at most ${BODY_CHARS_MAX} characters, got ${body.length}`;
  }
  return undefined;
}
