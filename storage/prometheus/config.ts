/** How a server of Prometheus' HTTP API is asked. */
import type { Net, NetTls } from '#base/net.ts';

export interface PrometheusReaderOptions {
  readonly net: Net;
  /** Where `/api/v1` begins: `http://prometheus:9090`, or with a path before it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one request; a call may make several. */
  readonly timeoutMs: number;
  readonly tls: NetTls | undefined;
  /**
   * How samples are read: `read` is remote read, which has staleness markers;
   * `query` are range selectors, which every server knows and which leave the
   * markers out. Left out: remote read where the server has it.
   */
  readonly samplesBy?: 'read' | 'query';
}
