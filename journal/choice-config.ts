/** `journal:` in plimsoll.yaml: the disk journal's keys, or `kafka` in place of all of them. */
import { complain, optional, type Schema } from '#base/config/schema.ts';
import { DEFAULT_JOURNAL_CONFIG, JOURNAL_SCHEMA, type JournalConfig } from '#journal/config.ts';
import { KAFKA_SCHEMA, type KafkaJournalConfig } from '#journal/kafka/config.ts';

export type JournalChoice =
  | { readonly kind: 'disk'; readonly disk: JournalConfig }
  | { readonly kind: 'kafka'; readonly kafka: KafkaJournalConfig };

const KAFKA = 'kafka';

export const JOURNAL_CHOICE_SCHEMA: Schema<JournalChoice> = {
  expected: JOURNAL_SCHEMA.expected,
  fields: {
    ...JOURNAL_SCHEMA.fields,
    [KAFKA]: optional(
      KAFKA_SCHEMA,
      'The journal in a topic of Kafka; the other keys of `journal` are left out then.',
    ),
  },
  read(node, path, context) {
    const entries = node.kind === 'map' ? node.entries : [];
    const kafka = entries.find(({ key }) => key === KAFKA);
    if (kafka === undefined) {
      const disk = JOURNAL_SCHEMA.read(node, path, context);
      return disk === undefined ? undefined : { kind: 'disk', disk };
    }
    for (const { key, place } of entries) {
      if (key === KAFKA) continue;
      return complain(
        context,
        place,
        `${path}.${key}`,
        `${key} belongs to the journal on disk; with kafka leave it out`,
      );
    }
    const config = KAFKA_SCHEMA.read(kafka.value, `${path}.${KAFKA}`, context);
    return config === undefined ? undefined : { kind: 'kafka', kafka: config };
  },
};

export const DEFAULT_JOURNAL_CHOICE: JournalChoice = { kind: 'disk', disk: DEFAULT_JOURNAL_CONFIG };
