/** The limits of an HTTP door as `plimsoll.yaml` has them, the same for every receiver behind one. */
import { bytes, duration, number, withDefault } from '#base/config/schema.ts';
import type { DoorConfig } from '#collector/receivers/http/door.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const DOOR_FIELDS = {
  // OTLP 1.11 recommends 64 MiB, and asks for the same limit after decompression.
  max_request_body_size: withDefault(
    bytes({ min: KIB, max: 1024 * MIB }),
    64 * MIB,
    'Largest body, as sent and again after decompression; a larger one is answered 413.',
  ),
  // Room for one request of the largest size beside a few hundred of the usual 50 to 500 KiB.
  max_in_flight_bytes: withDefault(
    bytes({ min: KIB, max: 16 * 1024 * MIB }),
    128 * MIB,
    'Body bytes held for requests not answered yet; beyond it requests are answered 503.',
  ),
  // Group commit gets slower, not faster, beyond some hundred requests in one sync.
  max_in_flight_requests: withDefault(
    number({ min: 1, max: 65_536, integer: true }),
    256,
    'Requests worked on at a time; beyond it requests are answered 503.',
  ),
  // A connection costs about 10 KiB here, and a file descriptor.
  max_connections: withDefault(
    number({ min: 1, max: 65_536, integer: true }),
    1024,
    'Open connections; beyond it new ones are closed at once.',
  ),
  // So that senders behind a balancer spread again from time to time.
  max_requests_per_connection: withDefault(
    number({ min: 0, max: 1_000_000_000, integer: true }),
    100_000,
    'Requests a connection may carry before it is closed; 0 for no limit.',
  ),
  read_header_timeout: withDefault(
    duration({ minMs: 10, maxMs: 600_000 }),
    10_000,
    'Time for the headers of a request to arrive.',
  ),
  read_timeout: withDefault(
    duration({ minMs: 10, maxMs: 600_000 }),
    30_000,
    'Time for a whole request to arrive; a slower one is answered 408.',
  ),
  idle_timeout: withDefault(
    duration({ minMs: 10, maxMs: 3_600_000 }),
    60_000,
    'Time a connection may wait for its next request.',
  ),
};

type Written = Readonly<Record<keyof typeof DOOR_FIELDS, number>>;

export function doorConfig(written: Written): DoorConfig {
  return {
    bodyBytesMax: written.max_request_body_size,
    inFlightBytesMax: written.max_in_flight_bytes,
    inFlightRequestsMax: written.max_in_flight_requests,
    connectionsMax: written.max_connections,
    requestsPerConnectionMax: written.max_requests_per_connection,
    headerTimeoutMs: written.read_header_timeout,
    readTimeoutMs: written.read_timeout,
    idleTimeoutMs: written.idle_timeout,
  };
}

/** What is wrong with limits that are each right by themselves. */
export function doorProblem({ bodyBytesMax, inFlightBytesMax }: DoorConfig): string | undefined {
  if (inFlightBytesMax >= bodyBytesMax) return undefined;
  return `max_in_flight_bytes (${inFlightBytesMax}) is below max_request_body_size (${bodyBytesMax}); a body of the largest size would never be admitted`;
}
