/** Access tokens: client credentials in (RFC 6749 §4.4), signed tokens out, and their check. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { Lru } from '#sample-services/lib/core/lru.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';

const ISSUER = 'freight-gateway';
const ALGORITHM = 'HS256';
export const TOKEN_TTL_S = 600;
/** Tokens checked lately: looked up instead of verified again, for a minute at most. */
const CHECKED = { entriesMax: 1000, ageMsMax: 60_000 };

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Checked {
  readonly client: string;
  readonly expiresMs: number;
}

export class Tokens {
  readonly #known: Credentials;
  readonly #key: Uint8Array;
  readonly #checked = new Lru<Checked>(CHECKED);

  constructor(known: Credentials, signingSecret: string) {
    this.#known = known;
    this.#key = new TextEncoder().encode(signingSecret);
  }

  /** @throws Problem 401 when the credentials are wrong */
  async issue({ clientId, clientSecret }: Credentials): Promise<string> {
    const isClient = isSame(clientId, this.#known.clientId);
    if (!isSame(clientSecret, this.#known.clientSecret) || !isClient) {
      throw new Problem(401, 'Unauthorized', { detail: 'unknown client or wrong secret' });
    }
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(clientId)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_TTL_S}s`)
      .sign(this.#key);
  }

  /** @returns the client @throws Problem 401 when there is no valid token */
  async clientOf(authorization: string | undefined): Promise<string> {
    const [scheme, token] = authorization?.split(' ') ?? [];
    if (scheme?.toLowerCase() !== 'bearer' || token === undefined || token === '') {
      throw new Problem(401, 'Unauthorized', { detail: 'send the header Authorization: Bearer TOKEN' });
    }
    const nowMs = Date.now();
    const checked = this.#checked.get(token, nowMs) ?? (await this.#verify(token, nowMs));
    if (checked.expiresMs > nowMs) return checked.client;
    throw new Problem(401, 'Unauthorized', { detail: 'the token has expired' });
  }

  async #verify(token: string, nowMs: number): Promise<Checked> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { issuer: ISSUER, algorithms: [ALGORITHM] });
      const checked = { client: payload.sub ?? '', expiresMs: 1000 * (payload.exp ?? 0) };
      this.#checked.set(token, checked, nowMs);
      return checked;
    } catch (error) {
      throw new Problem(401, 'Unauthorized', {
        detail: 'the token is not valid, or has expired',
        cause: error,
      });
    }
  }
}

/** Takes the same time wherever they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
