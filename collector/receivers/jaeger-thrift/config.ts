/** `receivers.jaeger`: a protocol that is not written is off. */
import {
  address,
  bytes,
  mapped,
  notSupportedYet,
  number,
  object,
  optional,
  section,
  withDefault,
  type Address,
  type Schema,
} from '#base/config/schema.ts';
import { DOOR_FIELDS, doorConfig, doorProblem } from '#collector/receivers/http/config.ts';
import type { DoorConfig } from '#collector/receivers/http/door.ts';

export interface JaegerHttpConfig extends DoorConfig {
  readonly endpoint: Address;
}

export interface JaegerUdpConfig {
  readonly endpoint: Address;
  /** Packets taken whose spans are not durable yet; beyond it packets are dropped. */
  readonly packetsMax: number;
  /** Larger packets are dropped. */
  readonly packetBytesMax: number;
  /** Buffer asked of the kernel; undefined leaves it as it is. */
  readonly socketBufferBytes: number | undefined;
}

/** Undefined: that protocol is off. */
export interface JaegerConfig {
  readonly http: JaegerHttpConfig | undefined;
  readonly compact: JaegerUdpConfig | undefined;
  readonly binary: JaegerUdpConfig | undefined;
}

/** What the clients of Jaeger keep to (`UDP_PACKET_MAX_LENGTH`), below the 65,507 bytes of UDP. */
const PACKET_BYTES = 65_000;

function udp(port: number): Schema<JaegerUdpConfig> {
  const fields = {
    endpoint: withDefault(address(), { host: '127.0.0.1', port }, 'Address to listen on.'),
    // A thousand full packets are 65 MB; usual ones have a few hundred bytes.
    queue_size: withDefault(
      number({ min: 1, max: 100_000, integer: true }),
      1000,
      'Packets taken whose spans are not durable yet; beyond it packets are dropped and counted.',
    ),
    max_packet_size: withDefault(
      number({ min: 512, max: 65_507, integer: true }),
      PACKET_BYTES,
      'Bytes of the largest packet; larger ones are dropped and counted.',
    ),
    socket_buffer_size: optional(
      bytes({ min: 4096, max: 1024 ** 3 }),
      "Receive buffer asked of the kernel; without it the kernel's own default.",
    ),
    workers: notSupportedYet('remove it; packets are decoded as they come, in one thread'),
  };
  return mapped(object(fields), (written): JaegerUdpConfig => ({
    endpoint: written.endpoint,
    packetsMax: written.queue_size,
    packetBytesMax: written.max_packet_size,
    socketBufferBytes: written.socket_buffer_size,
  }));
}

const http: Schema<JaegerHttpConfig> = mapped(
  object({
    endpoint: withDefault(address(), { host: '127.0.0.1', port: 14_268 }, 'Address to listen on.'),
    ...DOOR_FIELDS,
  }),
  (written, complainHere): JaegerHttpConfig | undefined => {
    const limits = doorConfig(written);
    const problem = doorProblem(limits);
    return problem === undefined ? { endpoint: written.endpoint, ...limits } : complainHere(problem);
  },
);

/** What holds when only its address is known. */
export const JAEGER_HTTP_DEFAULT: JaegerHttpConfig = section(http, '').default.value;

const protocols = object({
  thrift_http: optional(http, 'Thrift over HTTP, `POST /api/traces`; off when not written.'),
  thrift_compact: optional(udp(6831), 'Compact Thrift in UDP packets; off when not written.'),
  thrift_binary: optional(udp(6832), 'Binary Thrift in UDP packets; off when not written.'),
  grpc: notSupportedYet('remove it and send Thrift over HTTP, or OTLP'),
});

/** Schema of the key `receivers.jaeger`. */
export const jaegerSchema = mapped(
  object({ protocols: section(protocols, 'Protocols to speak.') }),
  ({ protocols: written }): JaegerConfig => ({
    http: written.thrift_http,
    compact: written.thrift_compact,
    binary: written.thrift_binary,
  }),
);
