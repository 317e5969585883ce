/** Seals and text codes of quotes, with Node's cryptography. */
import { createHmac } from 'node:crypto';
import type { Seal, TextCode } from '#sample-services/quotes/core/quote.ts';

/** 96 bits: nobody guesses one while a quote is good. */
const SEAL_CHARS = 16;

export function hmacSeal(secret: string): Seal {
  // The same secret signs tokens; the word keeps one from being taken for the other.
  return (text) =>
    createHmac('sha256', secret).update('quote\u0000').update(text).digest('base64url').slice(0, SEAL_CHARS);
}

export const base64Url: TextCode = {
  encode: (text) => Buffer.from(text).toString('base64url'),
  decode: (code) => Buffer.from(code, 'base64url').toString('utf8'),
};
