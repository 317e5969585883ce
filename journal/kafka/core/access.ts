/**
 * Why brokers that are there do not let us in, with the key to mend. A listener that
 * expects something else than it gets mostly says nothing and ends the connection. Pure.
 */
import { AccessError, tlsFailure } from '#base/access.ts';
import { errorText } from '#base/errors.ts';
import type { KafkaSettings } from '#journal/kafka/client.ts';

/** What of the settings decides whether we are let in. */
export type Door = Pick<KafkaSettings, 'brokers' | 'tls' | 'sasl'>;

/** kafkajs's words around the broker's. */
const LOGIN_REFUSED = /SASL .*authentication failed/;
const MECHANISM_UNKNOWN = /mechanism is not supported by the server/;
/** Of brokers that know who we are and do not let it do what we must. */
const FORBIDDEN = /_AUTHORIZATION_FAILED$/;
/** Node's, when a TLS connection ends before it stands. */
const CUT_SHORT = /before secure TLS connection was established/;
/** kafkajs's, when a plain one does. */
const CLOSED = /^Closed connection$/;
const CAUSES_MAX = 6;

/**
 * The same error when it has nothing to do with who we are or with TLS.
 *
 * @param answer what a broker answered by its name in the protocol, if it was one
 */
export function accessFailure(error: unknown, answer: string | undefined, door: Door): unknown {
  if (error instanceof AccessError) return error;
  const who = `Kafka at ${brokerOf(error) ?? door.brokers.join(', ')}`;
  const refusal = refusalOf(error, answer);
  if (refusal !== undefined)
    return new AccessError('PLIM_CREDENTIALS_REFUSED', `${who} ${refusal}`, { cause: error });
  if (answer !== undefined || door.tls === undefined) return error;
  const said = errorText(error);
  if (!CUT_SHORT.test(said)) return tlsFailure(error, who) ?? error;
  const message = `no TLS connection to ${who} (${said}): it speaks no TLS there, or was ended; take tls away, or mend the port in brokers`;
  return new AccessError('PLIM_TLS_FAILED', message, { cause: error });
}

/** What the brokers do with who we are, and what to mend. */
function refusalOf(error: unknown, answer: string | undefined): string | undefined {
  const said = errorText(error);
  if (MECHANISM_UNKNOWN.test(said) || answer === 'UNSUPPORTED_SASL_MECHANISM')
    return `does not know the mechanism of our login (${said}); mend auth.sasl.mechanism`;
  if (LOGIN_REFUSED.test(said) || answer === 'SASL_AUTHENTICATION_FAILED')
    return `refused our login (${said}); mend username, password or mechanism under auth.sasl`;
  if (answer === 'ILLEGAL_SASL_STATE')
    return 'asks for no login there; take auth away, or mend the port in brokers';
  if (answer !== undefined && FORBIDDEN.test(answer))
    return `answered ${answer}: grant the user of auth.sasl what it lacks, or name another`;
  return undefined;
}

/**
 * For an error of a connection that is just being made: brokers without the TLS or
 * the login they ask for close it without a word, like one that ends.
 */
export function connectFailure(error: unknown, answer: string | undefined, door: Door): unknown {
  const found = accessFailure(error, answer, door);
  if (found !== error || !(error instanceof Error) || !CLOSED.test(error.message)) return found;
  const missing = [
    ...(door.tls === undefined ? ['tls'] : []),
    ...(door.sasl === undefined ? ['auth.sasl'] : []),
  ];
  if (missing.length === 0) return error;
  const who = brokerOf(error) ?? door.brokers.join(', ');
  return new Error(
    `Kafka at ${who} closed the connection; if it goes on doing so, it asks for what is not configured: ${missing.join(' or ')}`,
    { cause: error },
  );
}

/** `HOST:PORT`, as kafkajs notes it. */
function brokerOf(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth += 1) {
    if ('broker' in at && typeof at.broker === 'string') return at.broker;
    at = at.cause;
  }
  return undefined;
}
