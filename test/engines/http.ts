/** Questions to a server that may not be there yet. */

/** Of one that is started, which is asked again at once. */
const READY_MS_MAX = 2000;
/** Of one that runs, however busy the machine is; one that is gone refuses at once. */
const ANSWER_MS_MAX = 20_000;
/** A first document may have to wait for its index. */
const SEND_MS_MAX = 30_000;

/** Whether `url` answers with 2xx, soon. */
export async function answers(url: string): Promise<boolean> {
  return (await ask(url, READY_MS_MAX)) !== undefined;
}

/** The body of a 2xx answer; undefined for any other answer, or none. */
export async function ask(url: string, timeoutMs = ANSWER_MS_MAX): Promise<string | undefined> {
  try {
    // Idle connections to a server that is killed soon after would only fail.
    const response = await fetch(url, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = await response.text();
    return response.ok ? body : undefined;
  } catch {
    return undefined;
  }
}

/** The JSON of a 2xx answer. */
export async function askJson<T>(url: string): Promise<T | undefined> {
  const body = await ask(url);
  return body === undefined ? undefined : (JSON.parse(body) as T);
}

export interface SendOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** A text as it is; anything else as JSON. */
  readonly body?: unknown;
}

/** @throws Error with the answer when it is not 2xx */
export async function send(url: string, { method, body }: SendOptions): Promise<string> {
  const isText = typeof body === 'string';
  const response = await fetch(url, {
    method,
    headers: { connection: 'close', 'content-type': isText ? 'text/plain' : 'application/json' },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(SEND_MS_MAX),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${answer}`);
  return answer;
}
