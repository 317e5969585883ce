/** The OTLP/HTTP receiver: the common door on a port of its own. */
import type { OtlpHttpConfig } from '#collector/config.ts';
import { startDoor, type DoorServer, type DoorServerOptions } from '#collector/receivers/http/server.ts';
import { otlpProtocol } from '#collector/receivers/otlp-http/protocol.ts';
import type { JournalWriter } from '#journal/ports.ts';

export interface OtlpHttpOptions extends Omit<DoorServerOptions, 'flag'> {
  readonly config: OtlpHttpConfig;
  readonly journal: Pick<JournalWriter, 'append'>;
  readonly tenant?: string;
}

export type OtlpHttpReceiver = DoorServer;

/** @throws CodedError `PLIM_PORT_IN_USE`, `PLIM_LISTEN_REFUSED` */
export function startOtlpHttp(options: OtlpHttpOptions): Promise<OtlpHttpReceiver> {
  return startDoor(otlpProtocol(options), { ...options, flag: '--otlp-http' });
}
