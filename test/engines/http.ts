/** Questions to a server that may not be there yet. */

const ANSWER_MS_MAX = 2000;

/** Whether `url` answers with 2xx. */
export async function answers(url: string): Promise<boolean> {
  return (await ask(url)) !== undefined;
}

/** The body of a 2xx answer; undefined for any other answer, or none. */
export async function ask(url: string): Promise<string | undefined> {
  try {
    // Idle connections to a server that is killed soon after would only fail.
    const response = await fetch(url, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
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
