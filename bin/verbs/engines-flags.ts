/** `--config` and `--pages-port` of the commands that start a demo. */
import { CodedError } from '#base/errors.ts';
import type { DemoOptions } from '#bin/demo/demo.ts';
import { readEngines } from '#bin/demo/engines.ts';

const PORT_MAX = 65_535;

/** @throws CodedError `PLIM_CONFIG_INVALID`, `PLIM_USAGE` */
export function enginesFlags(
  flags: Readonly<Record<string, string>>,
): Pick<DemoOptions, 'engines' | 'pagesPort'> {
  const { config, 'pages-port': port } = flags;
  const pagesPort = Number(port);
  if (port !== undefined && !(Number.isInteger(pagesPort) && pagesPort >= 1 && pagesPort <= PORT_MAX))
    throw new CodedError('PLIM_USAGE', `--pages-port ${port}: expected a port from 1 to ${PORT_MAX}`);
  return {
    ...(config === undefined ? {} : { engines: readEngines(config) }),
    ...(port === undefined ? {} : { pagesPort }),
  };
}
