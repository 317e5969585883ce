/** A real MariaDB from Debian's packages; root without a password, over TCP. */
import { cpSync, globSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { debianProgram, type DebianProgram } from '#test/engines/debian.ts';
import { runningEngine, type Engine, type Missing } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { findOnPath, runTool } from '#test/engines/tool.ts';

const SERVER: DebianProgram = {
  names: ['mariadbd'],
  file: 'usr/sbin/mariadbd',
  packages: ['mariadb-server-core', 'mariadb-client-core', 'libmariadb3', 'liburing2', 'libaio1', 'libnuma1'],
};
const READY_MS_MAX = 60_000;
const INSTALL_MS_MAX = 120_000;
const QUERY_MS_MAX = 20_000;
const GREETING_MS_MAX = 2000;

export interface MariadbEngine extends Engine {
  /**
   * The answer of the client program: a line a row, columns separated by tabs.
   *
   * @throws CannotPrepare with what the client said
   */
  query(sql: string): Promise<string>;
}

/** `url` is `mysql://root@127.0.0.1:PORT`. Ready in 1 s. */
export async function startMariadb(): Promise<MariadbEngine | Missing> {
  const running = runningEngine('mariadb');
  const program = await debianProgram(SERVER);
  if (typeof program !== 'string') return program;
  if (running !== undefined) return withClient(running, program);
  const home = await preparedEntry('mariadb-data', (folder) => install(program, folder));
  if (typeof home !== 'string') return home;
  const folder = serverFolder('mariadb');
  const data = join(folder, 'data');
  cpSync(join(home, 'data'), data, { recursive: true });
  const port = await freePort();
  const server = await startServer({
    name: 'mariadb',
    url: `mysql://root@127.0.0.1:${port}`,
    folder,
    command: [
      program,
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      // Containers often forbid the kernel interface it would take.
      '--innodb-use-native-aio=0',
      '--innodb-buffer-pool-size=32M',
      // Looking whether it answers is no failed attempt to get in.
      '--max-connect-errors=1000000',
      ...SMALL_LOG,
      ...asRoot(),
      ...placeFlags(program),
    ],
    environment: librariesOf(program),
    isReady: async () => (await greeting(port)) !== undefined,
    readyMsMax: READY_MS_MAX,
    version: async () => (await greeting(port)) ?? 'unknown',
  });
  return withClient(server, program);
}

/** The system tables, made once: every server starts from a copy of them. */
async function install(program: string, folder: string): Promise<void> {
  await runTool(
    [
      beside(program, 'mariadb-install-db'),
      '--no-defaults',
      `--basedir=${dirname(dirname(program))}`,
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...SMALL_LOG,
      ...asRoot(),
    ],
    { cwd: folder, environment: librariesOf(program), timeoutMs: INSTALL_MS_MAX },
  );
}

/** By default it is 96 MB, copied with every start. */
const SMALL_LOG = ['--innodb-log-file-size=8M'];

/** Started by root it wants to be told that this is meant. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** Unpacked, nothing is where the program was built to look for it. */
function placeFlags(program: string): string[] {
  const home = dirname(dirname(program));
  return [`--basedir=${home}`, `--lc-messages-dir=${join(home, 'share', 'mysql')}`];
}

function librariesOf(program: string): Record<string, string> {
  const [folder] = globSync('lib/*-linux-gnu', { cwd: dirname(dirname(program)) });
  return folder === undefined ? {} : { LD_LIBRARY_PATH: join(dirname(dirname(program)), folder) };
}

/** Another program of the same packages; the server alone is in `sbin`. */
function beside(program: string, name: string): string {
  return findOnPath(name) ?? join(dirname(dirname(program)), 'bin', name);
}

function withClient(engine: Engine, program: string): MariadbEngine {
  const { hostname, port, username } = new URL(engine.url);
  const client = [beside(program, 'mariadb'), '--no-defaults', '--batch', '--skip-column-names'];
  const address = ['--protocol=tcp', `--host=${hostname}`, `--port=${port}`, `--user=${username}`];
  return Object.assign(engine, {
    query: async (sql: string): Promise<string> => {
      const answer = await runTool([...client, ...address, `--execute=${sql}`], {
        cwd: '/',
        environment: librariesOf(program),
        timeoutMs: QUERY_MS_MAX,
      });
      return answer.trimEnd();
    },
  });
}

/** The server speaks first: a packet with the number of the protocol and its version. */
function greeting(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(GREETING_MS_MAX, () => socket.destroy());
    socket.once('data', (packet) => {
      // The false version before it is for old replicas.
      resolve(
        /^\n(?:5\.5\.5-)?([^\0]+)\0/.exec(packet.subarray(PACKET_HEADER_BYTES).toString('latin1'))?.[1],
      );
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(undefined));
  });
}

const PACKET_HEADER_BYTES = 4;
