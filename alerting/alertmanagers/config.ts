/**
 * `alerting.alertmanagers`: Alertmanagers that are told of every alert, in the
 * keys of the same section of Prometheus' own configuration.
 */
import {
  choice,
  duration,
  list,
  mapped,
  notSupportedYet,
  object,
  optional,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { secret } from '#base/config/secrets.ts';
import { PROMETHEUS_TLS_SCHEMA, type TlsConfig } from '#base/config/tls.ts';
import { authorization } from '#alerting/receivers-config.ts';

/** One Alertmanager. Each gets everything; they share nothing but their own gossip. */
export interface AlertmanagerTarget {
  /** HOST:PORT, as metrics and timelines name it. */
  readonly name: string;
  /** Where alerts are posted. */
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  readonly timeoutMs: number;
  readonly tls: TlsConfig;
}

/** Each is told every minute of everything that fires. */
const TARGETS_MAX = 16;
const discovery = 'name the Alertmanagers under static_configs';

const basicAuth = object({
  username: required(text(), 'Name of the user.'),
  password: required(secret(), 'Password.'),
  password_file: notSupportedYet('write the password under password'),
});

const target = object({
  static_configs: withDefault(
    list(
      object({
        targets: required(
          list(
            text({
              pattern: /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]]+):\d{1,5}$/,
              expected: 'HOST:PORT, without a scheme or a path',
            }),
          ),
          'Alertmanagers, HOST:PORT each.',
        ),
        labels: notSupportedYet('remove it; there is nothing to relabel'),
      }),
    ),
    [],
    'The Alertmanagers; every one is told of every alert.',
  ),
  scheme: withDefault(choice(['http', 'https']), 'http', 'How to reach them.'),
  path_prefix: withDefault(
    text({ pattern: /^\/[^\s?#]*$/, expected: 'a path such as /alertmanager' }),
    '/',
    'Path before /api/v2/alerts.',
  ),
  timeout: withDefault(duration({ minMs: 100, maxMs: 300_000 }), 10_000, 'Time for one request.'),
  api_version: withDefault(choice(['v2']), 'v2', 'Version of their API.'),
  authorization: optional(authorization, 'Authorization header to send.'),
  basic_auth: optional(basicAuth, 'User and password to send.'),
  tls_config: section(PROMETHEUS_TLS_SCHEMA, 'TLS, with the scheme https.'),
  oauth2: notSupportedYet('use authorization'),
  sigv4: notSupportedYet('use authorization'),
  relabel_configs: notSupportedYet(discovery),
  alert_relabel_configs: notSupportedYet('remove it; labels come from the SLO'),
  consul_sd_configs: notSupportedYet(discovery),
  dns_sd_configs: notSupportedYet(discovery),
  file_sd_configs: notSupportedYet(discovery),
  http_sd_configs: notSupportedYet(discovery),
  kubernetes_sd_configs: notSupportedYet(discovery),
});

/** Schema of the key `alertmanagers`. */
export const ALERTMANAGERS_SCHEMA: Schema<readonly AlertmanagerTarget[]> = mapped(
  list(target),
  (written, complainHere) => {
    const targets = written.flatMap((one) =>
      one.static_configs.flatMap((group) => group.targets.map((name) => targetOf(one, name))),
    );
    if (targets.length > TARGETS_MAX) return complainHere(`more than ${TARGETS_MAX} Alertmanagers`);
    const twice = targets.find(({ url }, index) => targets.findIndex((other) => other.url === url) < index);
    return twice === undefined ? targets : complainHere(`${twice.url} stands here twice`);
  },
);

function targetOf(
  written: NonNullable<ReturnType<(typeof target)['read']>>,
  name: string,
): AlertmanagerTarget {
  const { scheme, path_prefix: prefix, timeout, authorization: bearer, basic_auth: basic } = written;
  return {
    name,
    url: `${scheme}://${name}${prefix.replace(/\/+$/, '')}/api/v2/alerts`,
    authorization:
      bearer !== undefined
        ? `${bearer.type} ${bearer.credentials}`
        : basic === undefined
          ? undefined
          : `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`,
    timeoutMs: timeout,
    tls: written.tls_config,
  };
}
