/** A server that answers as Elasticsearch does, with trouble on order: what a real one shows only under pressure. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ScriptedElasticsearch extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Ids as they were stored. */
  readonly stored: ReadonlySet<string>;
}

export interface Script {
  /** What `GET /` answers; Elasticsearch 9 when undefined. */
  readonly root?: Answer;
  /** Undefined: as a healthy server answers. */
  readonly bulk?: (ids: readonly string[], call: number) => Answer | readonly number[] | undefined;
}

const PRODUCT = { 'x-elastic-product': 'Elasticsearch' };

export function rootOf(number: string, distribution?: string): Answer {
  const version = { number, ...(distribution === undefined ? {} : { distribution }) };
  return { status: 200, headers: distribution === undefined ? PRODUCT : {}, body: { version } };
}

export async function scriptedElasticsearch(script: Script): Promise<ScriptedElasticsearch> {
  const state = { seen: [] as Seen[], stored: new Set<string>(), bulks: 0 };
  const server = createServer((incoming, outgoing) => {
    void read(incoming).then((seen) => {
      state.seen.push(seen);
      reply(outgoing, answerTo(seen, script, state));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: state.seen,
    stored: state.stored,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(
  { method, path, body }: Seen,
  script: Script,
  state: { readonly stored: Set<string>; bulks: number },
): Answer {
  if (path === '/') return script.root ?? rootOf('9.4.3');
  if (path.startsWith('/_bulk')) {
    const ids = [...body.matchAll(/^\{"create":\{"_index":"[^"]+","_id":"([^"]+)"\}\}$/gm)].map(
      ([, id = '']) => id,
    );
    state.bulks += 1;
    const ordered = script.bulk?.(ids, state.bulks);
    if (ordered !== undefined && 'status' in ordered) return ordered;
    const items = ids.map((id, index) => {
      const status = ordered?.[index] ?? 201;
      if (status < 300) state.stored.add(id);
      return {
        create: { status, ...(status < 300 ? {} : { error: { type: `e${status}`, reason: 'ordered' } }) },
      };
    });
    return { status: 200, body: { items } };
  }
  if (method === 'GET' && path.startsWith('/_index_template/')) return { status: 404, body: {} };
  return { status: 200, body: { acknowledged: true, _shards: { failed: 0 } } };
}

async function read(incoming: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: body.toString(),
  };
}

function reply(outgoing: ServerResponse, { status, headers = PRODUCT, body }: Answer): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
  outgoing.end(body === undefined ? '' : JSON.stringify(body));
}
