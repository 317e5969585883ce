/** `HOST:PORT` as Go's net package reads it. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** The parts of `text`, or what is wrong with it. */
export function parseHostPort(text: string): HostPort | { readonly problem: string } {
  const colon = text.lastIndexOf(':');
  if (colon === -1) return { problem: `address ${text}: missing port in address` };
  const hostText = text.slice(0, colon);
  const isBracketed = hostText.startsWith('[') && hostText.endsWith(']');
  if (!isBracketed && hostText.includes(':'))
    return { problem: `address ${text}: too many colons in address` };
  const portText = text.slice(colon + 1);
  const port = /^\d{0,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port <= PORT_MAX)) return { problem: `address ${portText}: invalid port` };
  return { host: isBracketed ? hostText.slice(1, -1) : hostText, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
