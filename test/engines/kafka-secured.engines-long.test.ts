/** The journal and the exporter on a Kafka that asks who is there. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import kafkajs from 'kafkajs';
import { parseYaml } from '#base/config/yaml.ts';
import { isCoded, type ErrorCode } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import { silentLogger } from '#base/log.ts';
import type { Problem } from '#base/problem.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { kafkaExporterSchema } from '#collector/exporters/kafka/config.ts';
import { createKafkaExporter } from '#collector/exporters/kafka/exporter.ts';
import { ExportError } from '#collector/exporters/ports.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { KAFKA_SCHEMA, type KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournalSource } from '#journal/kafka/source.ts';
import { openKafkaJournal, type KafkaJournalWriter } from '#journal/kafka/writer.ts';
import type { SharedBatch, SharedReader } from '#journal/ports.ts';
import { draft, STORE, textOf } from '#test/contract/journal-backend.ts';
import { isMissing } from '#test/engines/engine.ts';
import { withAdmin } from '#test/engines/kafka-journal.ts';
import { startSecuredKafka, USER, type SecuredKafka } from '#test/engines/kafka-secured.ts';
import { makeTopics } from '#test/engines/kafka.ts';
import { journalRecord } from '#test/support/journal-records.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { until } from '#test/support/wait.ts';

const BACK_MS_MAX = 20_000;
const LOGIN = `sasl: {username: ${USER.username}, password: ${USER.password}, mechanism: SCRAM-SHA-512}`;

const secured = await startSecuredKafka();
if (isMissing(secured)) {
  void test('a Kafka that asks who is there', (t) => t.skip(secured.missing));
} else {
  after(() => secured[Symbol.asyncDispose]());
  void describe('a Kafka that asks who is there', () => securedTests(secured));
}

/** A section as it stands in a file, without the topic. */
interface Case {
  readonly what: string;
  readonly yaml: string;
}

function goodOf({ login, otherName, mutual, files }: SecuredKafka): readonly Case[] {
  const tls = `ca_file: ${files.ca}`;
  const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => ({
    what: mechanism,
    yaml: `{brokers: [${login}], auth: {${LOGIN.replace('SCRAM-SHA-512', mechanism)}}, tls: {${tls}}}`,
  }));
  return [
    ...mechanisms,
    {
      what: 'plain_text, and tls in its older place',
      yaml: `{brokers: [${login}], auth: {plain_text: {username: ${USER.username}, password: ${USER.password}}, tls: {${tls}}}}`,
    },
    {
      what: 'another name in the address',
      yaml: `{brokers: [${otherName}], auth: {${LOGIN}}, tls: {${tls}, server_name_override: localhost}}`,
    },
    {
      what: 'a certificate instead of a login',
      yaml: `{brokers: [${mutual}], tls: {${tls}, cert_file: ${files.clientCert}, key_file: ${files.clientKey}}}`,
    },
    {
      what: 'any certificate, when told so',
      yaml: `{brokers: [${otherName}], auth: {${LOGIN}}, tls: {insecure_skip_verify: true}}`,
    },
  ];
}

interface BadCase extends Case {
  /** Of the text that people read. */
  readonly says: RegExp;
}

function badOf({ kafka, login, otherName, mutual, files }: SecuredKafka): readonly BadCase[] {
  const tls = `ca_file: ${files.ca}`;
  const wrong = (name: string, value: string): string =>
    LOGIN.replace(new RegExp(`${name}: [^,}]*`), `${name}: ${value}`);
  const refused = /PLIM_CREDENTIALS_REFUSED: .*mend username, password or mechanism under auth\.sasl/;
  return [
    {
      what: 'a wrong password, by SCRAM',
      yaml: `{brokers: [${login}], auth: {${wrong('password', 'no')}}, tls: {${tls}}}`,
      says: refused,
    },
    {
      what: 'a wrong password, by PLAIN',
      yaml: `{brokers: [${login}], auth: {${wrong('password', 'no').replace('SCRAM-SHA-512', 'PLAIN')}}, tls: {${tls}}}`,
      says: refused,
    },
    {
      what: 'an unknown user',
      yaml: `{brokers: [${login}], auth: {${wrong('username', 'bob')}}, tls: {${tls}}}`,
      says: refused,
    },
    {
      what: 'a wrong authority',
      yaml: `{brokers: [${login}], auth: {${LOGIN}}, tls: {ca_file: ${files.otherCa}}}`,
      says: /PLIM_TLS_FAILED: .*localhost.*authority that is not trusted; mend ca_file under tls/,
    },
    {
      what: 'a wrong host name',
      yaml: `{brokers: [${otherName}], auth: {${LOGIN}}, tls: {${tls}}}`,
      says: /PLIM_TLS_FAILED: .*127\.0\.0\.1.*for another name; mend .*server_name_override/,
    },
    {
      what: 'no certificate where one is asked for',
      yaml: `{brokers: [${mutual}], tls: {${tls}}}`,
      says: /PLIM_TLS_FAILED: .*mend cert_file and key_file under tls/,
    },
    {
      what: 'TLS to a listener without',
      yaml: `{brokers: [${kafka.url}], tls: {${tls}}}`,
      says: /PLIM_TLS_FAILED: .*take tls away, or mend the port in brokers/,
    },
    {
      what: 'a login where none is asked for',
      yaml: `{brokers: [${kafka.url}], auth: {${LOGIN}}}`,
      says: /PLIM_CREDENTIALS_REFUSED: .*take auth away, or mend the port in brokers/,
    },
    {
      what: 'no TLS where it is asked for',
      yaml: `{brokers: [${login}], auth: {${LOGIN}}}`,
      says: /it asks for what is not configured: tls/,
    },
    {
      what: 'no login where one is asked for',
      yaml: `{brokers: [${login}], tls: {${tls}}}`,
      says: /it asks for what is not configured: auth\.sasl/,
    },
  ];
}

function securedTests(kafka: SecuredKafka): void {
  for (const { what, yaml } of goodOf(kafka)) {
    void test(`the journal is written and read: ${what}`, () => carries(journalConfig(yaml)));
    void test(`the exporter sends: ${what}`, () => exports(kafka, yaml));
  }
  for (const { what, yaml, says } of badOf(kafka)) {
    void test(`the journal names the key to mend: ${what}`, () => isRefused(journalConfig(yaml), says));
    void test(`the exporter names the key to mend: ${what}`, () => isNotSent(yaml, says));
  }
  void test('whoever was refused goes on by itself once it is let in', () => comesBack(kafka));
  void test('whoever lacks a right is told; with those of the manual it goes', () => needsRights(kafka));
  void test('a file that cannot be used is told at the start', () => namesFile(kafka));
}

let topics = 0;

function journalConfig(yaml: string): KafkaJournalConfig {
  topics += 1;
  return { ...readSection(KAFKA_SCHEMA, yaml), topic: `secured-${topics}`, partitions: 2 };
}

function readSection<T>(
  schema: {
    read(
      node: Parameters<typeof KAFKA_SCHEMA.read>[0],
      path: string,
      context: { readonly file: string; readonly problems: Problem[] },
    ): T | undefined;
  },
  yaml: string,
): T {
  const problems: Problem[] = [];
  const root = present(parseYaml('x.yaml', yaml).roots[0], 'it is YAML');
  const value = schema.read(root, '', { file: 'x.yaml', problems });
  assert.deepEqual(problems, []);
  return present(value, 'it is valid');
}

async function withWriter<T>(
  config: KafkaJournalConfig,
  work: (writer: KafkaJournalWriter) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-kafka-secured-'));
  try {
    const parts = { disk: systemDisk, clock: systemClock, random: systemRandom };
    await using writer = await openKafkaJournal({ ...parts, directory, config });
    return await work(writer);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function carries(config: KafkaJournalConfig): Promise<void> {
  await withWriter(config, async (writer) => {
    await writer.append(draft('safe'));
    await using source = await openKafkaJournalSource({ clock: systemClock, config });
    await using reader = await source.open({ cursor: NEW_CURSOR, consumer: STORE });
    const { records } = await reader.next({ bytesMax: 1000, waitMs: 5000 });
    assert.deepEqual(records.map(textOf), ['safe']);
    await using member = await source.openShared({ consumer: STORE });
    const batch = await until('its share', () => nextOf(member), { timeoutMs: BACK_MS_MAX });
    assert.equal(await batch.commit(), true);
  });
}

/** A coordinator that has just been chosen says for a moment that it is none. */
async function nextOf(member: SharedReader): Promise<SharedBatch | undefined> {
  try {
    return await member.next({ bytesMax: 1000, waitMs: 500 });
  } catch (error) {
    if (isCoded(error, 'PLIM_STORE_UNAVAILABLE')) return undefined;
    throw error;
  }
}

async function isRefused(patient: KafkaJournalConfig, says: RegExp): Promise<void> {
  // Opening waits as long as a record would.
  const config = { ...patient, timeoutMs: 1000 };
  await withWriter(config, async (writer) => {
    assert.equal(writer.status().state, 'failed');
    await refusesWith('PLIM_JOURNAL_FAILED', says, () => writer.append(draft('x')));
    await using source = await openKafkaJournalSource({ clock: systemClock, config });
    await using reader = await source.open({ cursor: NEW_CURSOR, consumer: STORE });
    await using member = await source.openShared({ consumer: STORE });
    for (const next of [reader, member])
      await refusesWith('PLIM_STORE_UNAVAILABLE', says, () => next.next({ bytesMax: 1000, waitMs: 100 }));
  });
}

/** Every time; and with the reason as soon as the brokers, who may be slow, have told it. */
async function refusesWith(code: ErrorCode, says: RegExp, call: () => Promise<unknown>): Promise<void> {
  let said = '';
  const isSaid = async (): Promise<boolean> => {
    await assert.rejects(call(), (error) => {
      assert.ok(isCoded(error, code) && error.canRetry, String(error));
      said = error.message;
      return true;
    });
    return says.test(said);
  };
  await until(`an error like ${says.source}`, isSaid, { timeoutMs: BACK_MS_MAX, detail: () => said });
}

function exporterOf(yaml: string, topic: string) {
  const config = readSection(kafkaExporterSchema, yaml.replace('{', `{topic: ${topic}, timeout: 3s, `));
  return createKafkaExporter({ config, clock: systemClock, log: silentLogger });
}

function oneRecord() {
  return journalRecord(1, 'otlp-logs', 1, buildLogs({ resource: {}, logs: [{ nanos: 1n, body: 'x' }] }));
}

const { signal } = new AbortController();

async function exports({ kafka }: SecuredKafka, yaml: string): Promise<void> {
  topics += 1;
  const topic = `sent-${topics}`;
  await withAdmin(kafka, (admin) => makeTopics(admin, [{ topic, numPartitions: 1 }]));
  await using exporter = exporterOf(yaml, topic);
  const { refused } = await exporter.export({ records: [oneRecord()], mayRepeat: false, signal });
  assert.deepEqual(refused, []);
  const [end] = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  assert.equal(end?.high, '1');
}

async function isNotSent(yaml: string, says: RegExp): Promise<void> {
  await using exporter = exporterOf(yaml, 'never');
  await assert.rejects(
    exporter.export({ records: [oneRecord()], mayRepeat: false, signal }),
    (error) => error instanceof ExportError && says.test(error.message),
  );
}

/** The broker learns the password that the journal has had all the time. */
async function comesBack({ login, files, setPassword }: SecuredKafka): Promise<void> {
  const auth = `auth: {sasl: {username: carol, password: late, mechanism: SCRAM-SHA-512}}`;
  await withWriter(
    { ...journalConfig(`{brokers: [${login}], ${auth}, tls: {ca_file: ${files.ca}}}`), timeoutMs: 2000 },
    async (writer) => {
      assert.equal(writer.status().state, 'failed');
      await setPassword('carol', 'late');
      await until('the journal to be open', () => writer.status().state === 'open', {
        timeoutMs: BACK_MS_MAX,
      });
      await writer.append(draft('safe'));
    },
  );
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

interface Grant {
  readonly user: string;
  readonly kind: 'TOPIC' | 'GROUP' | 'CLUSTER';
  readonly name: string;
  readonly operations: readonly (keyof typeof AclOperationTypes)[];
}

function grant({ kafka }: SecuredKafka, { user, kind, name, operations }: Grant): Promise<unknown> {
  const acl = operations.map((operation) => ({
    resourceType: AclResourceTypes[kind],
    resourceName: name,
    resourcePatternType: kind === 'GROUP' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }));
  return withAdmin(kafka, (admin) => admin.createAcls({ acl }));
}

/** Once somebody has a right on something, whoever has none may not do it. */
async function needsRights(server: SecuredKafka): Promise<void> {
  const { kafka, login, files, setPassword } = server;
  const auth = `auth: {sasl: {username: dave, password: known, mechanism: SCRAM-SHA-512}}`;
  const config = journalConfig(`{brokers: [${login}], ${auth}, tls: {ca_file: ${files.ca}}}`);
  const { topic } = config;
  const groups = { kind: 'GROUP', name: 'plimsoll.' } as const;
  await setPassword('dave', 'known');
  await withAdmin(kafka, (admin) => makeTopics(admin, [{ topic, numPartitions: 2 }]));
  await grant(server, { user: 'erin', kind: 'TOPIC', name: topic, operations: ['READ'] });
  await grant(server, { user: 'erin', ...groups, operations: ['READ'] });
  await grant(server, { user: 'erin', kind: 'CLUSTER', name: 'kafka-cluster', operations: ['ALTER'] });
  const says = /PLIM_CREDENTIALS_REFUSED: .*TOPIC_AUTHORIZATION_FAILED: grant the user of auth\.sasl/;
  await isRefused(config, says);
  const operations = ['DESCRIBE', 'DESCRIBE_CONFIGS', 'READ', 'WRITE'] as const;
  await grant(server, { user: 'dave', kind: 'TOPIC', name: topic, operations });
  await grant(server, { user: 'dave', ...groups, operations: ['DESCRIBE', 'READ'] });
  await carries(config);
}

async function namesFile({ login, files }: SecuredKafka): Promise<void> {
  for (const [name, says] of [
    [`${files.ca}.none`, /tls of Kafka: ca_file cannot be read: /],
    [files.clientKey, /tls of Kafka: ca_file holds no certificate/],
  ] as const) {
    const config = journalConfig(`{brokers: [${login}], auth: {${LOGIN}}, tls: {ca_file: ${name}}}`);
    await assert.rejects(
      withWriter(config, async () => {}),
      (error) => isCoded(error, 'PLIM_CONFIG_INVALID') && says.test(error.message),
    );
  }
}
