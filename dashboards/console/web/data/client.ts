/**
 * The one way to the APIs: JSON over fetch, on this origin only. Knows the error
 * shapes of all of them and the API key, where one is asked for.
 */

/** Why an answer did not come, in words for the person who waits. */
export class ApiError extends Error {
  /** HTTP status; 0 when nobody answered. */
  readonly status: number;
  /** From the error catalogue, where the answer has one. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

const KEY_ITEM = 'plimsoll.key';
export const OWN = '/api/plimsoll/v1';

/** Kept for this tab only. */
export function rememberKey(key: string): void {
  sessionStorage.setItem(KEY_ITEM, key);
}

export function requestHeaders(): Record<string, string> {
  const key = sessionStorage.getItem(KEY_ITEM);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** @throws ApiError */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await answerOf(url, {
    headers: requestHeaders(),
    ...(signal === undefined ? {} : { signal }),
  })) as T;
}

/** An answer that is no JSON, the page at `/metrics` for example. @throws ApiError */
export async function getText(url: string, signal: AbortSignal): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { headers: requestHeaders(), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'Plimsoll does not answer. Is it running?');
  }
  if (!response.ok) throw new ApiError(response.status, `${url} answered ${response.status}.`);
  return await response.text();
}

/** @throws ApiError */
export async function sendJson<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: unknown,
): Promise<T> {
  const headers = {
    ...requestHeaders(),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return (await answerOf(url, { method, headers, ...text })) as T;
}

async function answerOf(url: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, 'Plimsoll does not answer. Is it running?');
  }
  const text = await response.text();
  const value = parsed(text);
  if (response.ok) return value;
  const { message, code } = explained(value, text);
  throw new ApiError(response.status, message ?? `It answered ${response.status}.`, code);
}

/** The error shapes of our own API, Prometheus', Alertmanager's and Jaeger's. */
function explained(value: unknown, text: string): { readonly message?: string; readonly code?: string } {
  if (typeof value === 'string') return { message: value };
  if (!isRecord(value)) return text === '' ? {} : { message: text.slice(0, 500) };
  const { message, code, error, errorType, errors } = value;
  if (typeof message === 'string') return { message, ...(typeof code === 'string' ? { code } : {}) };
  if (typeof error === 'string')
    return { message: error, ...(typeof errorType === 'string' ? { code: errorType } : {}) };
  const [first]: readonly unknown[] = Array.isArray(errors) ? errors : [];
  if (isRecord(first) && typeof first['msg'] === 'string') return { message: first['msg'] };
  return {};
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
