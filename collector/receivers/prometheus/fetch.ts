/** Asks a target for what it shows and reads the answer: every way it can fail has a name. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorText, isCoded } from '#base/errors.ts';
import type { Net, NetResponse } from '#base/net.ts';
import type { ScrapeTarget } from '#collector/receivers/prometheus/config.ts';
import { parseExposition, type Exposition, type ExpositionFormat } from '#signals/prometheus/exposition.ts';

/** Also the values of the label `outcome`. */
export type FailureKind = 'unreachable' | 'timeout' | 'status' | 'malformed' | 'limit';

export type Fetched =
  | { readonly kind: 'read'; readonly exposition: Exposition }
  | { readonly kind: FailureKind; readonly message: string };

/** OpenMetrics first: it has exemplars. The text format is what everything speaks. */
const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

const FORMATS: ReadonlyMap<string, ExpositionFormat> = new Map([
  ['application/openmetrics-text', 'openmetrics'],
  ['text/plain', 'text'],
]);

const inflate = promisify(gunzip);

/** Never rejects. */
export async function fetchTarget(target: ScrapeTarget, net: Net, signal: AbortSignal): Promise<Fetched> {
  let response: NetResponse;
  try {
    response = await net.request({
      method: 'GET',
      url: target.url,
      headers: {
        accept: ACCEPT,
        'accept-encoding': 'gzip',
        'user-agent': 'plimsoll-scraper',
        'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
        // A connection kept from the last scrape may be closing just now, and look like a target that is down.
        connection: 'close',
      },
      timeoutMs: target.timeoutMs,
      responseBytesMax: target.bodyBytesMax,
      signal,
    });
  } catch (error) {
    const isLate = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
    return { kind: isLate ? 'timeout' : 'unreachable', message: errorText(error) };
  }
  if (response.status !== 200) {
    return { kind: 'status', message: `it answered ${response.status}, expected 200` };
  }
  if (response.truncated) return tooLarge(target);
  return readResponse(response, target);
}

async function readResponse(response: NetResponse, target: ScrapeTarget): Promise<Fetched> {
  const contentType = response.headers['content-type'] ?? '';
  const format = FORMATS.get((contentType.split(';')[0] ?? '').trim().toLowerCase());
  if (format === undefined) {
    const message = `Content-Type ${JSON.stringify(contentType.slice(0, 80))} is neither text/plain nor application/openmetrics-text`;
    return { kind: 'malformed', message };
  }
  try {
    const bytes = await inflated(response, target.bodyBytesMax);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'read', exposition: parseExposition(text, format, target.samplesMax) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge(target);
    const isLimit = isCoded(error, 'PLIM_BODY_TOO_LARGE');
    return { kind: isLimit ? 'limit' : 'malformed', message: errorText(error) };
  }
}

/** @throws RangeError when it grows past the limit */
async function inflated(response: NetResponse, bytesMax: number): Promise<Uint8Array> {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return response.body;
  if (encoding !== 'gzip') throw new Error(`Content-Encoding ${encoding.slice(0, 40)} was not asked for`);
  return inflate(response.body, { maxOutputLength: bytesMax });
}

function tooLarge({ bodyBytesMax }: ScrapeTarget): Fetched {
  return { kind: 'limit', message: `the answer has more than ${bodyBytesMax} bytes (body_size_limit)` };
}
