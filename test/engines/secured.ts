/** Servers that ask who you are: a user whose password their files hold, and questions as that user. */
import { readFileSync } from 'node:fs';
import type { NetResponse, NetTls } from '#base/net.ts';
import { systemNet } from '#base/real/net.ts';

/** It guards nothing. */
export const USER = 'tester';
export const PASSWORD = 'a-word-for-tests';
/** Of {@link PASSWORD}, as web.yml of Prometheus and Elasticsearch's file of users take it. */
export const BCRYPT = '$2a$10$ZGk1saiP9ujEo2iWwFc9Yefk1TLrIaAFwUAMY8HOmmfJVFLc0JpVW';

const ANSWER_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 2 ** 24;

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** A server with TLS, asked as {@link USER}. */
export class SecuredServer {
  readonly url: string;
  readonly #tls: NetTls;

  /** @param caFile PEM of the authority to trust */
  constructor(url: string, caFile: string) {
    this.url = url;
    this.#tls = { ca: readFileSync(caFile, 'utf8') };
  }

  /** Any answer. */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<NetResponse & { readonly text: string }> {
    const response = await systemNet.request({
      method,
      url: `${this.url}${path}`,
      headers: {
        authorization: basic(USER, PASSWORD),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      timeoutMs: ANSWER_MS_MAX,
      responseBytesMax: ANSWER_BYTES_MAX,
      tls: this.#tls,
    });
    return { ...response, text: new TextDecoder().decode(response.body) };
  }

  /** JSON of a 2xx answer. @throws Error with any other */
  async json<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.request(method, path, body);
    if (status < 200 || status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }
}
