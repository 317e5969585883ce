import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import {
  METADATA_EVERY_MS,
  SeriesBook,
  type BookRules,
} from '#collector/receivers/prometheus/core/series-book.ts';
import { parseExposition } from '#signals/prometheus/exposition.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';

const RULES: BookRules = {
  labels: { job: 'quotes', instance: 'q:1' },
  honorLabels: false,
  honorTimestamps: true,
  labelsMax: undefined,
};

interface Target {
  /** Series as `name{own labels} value@time`, without the figures about the scrape. */
  readonly scrape: (lines: string) => string[];
  readonly fail: () => string[];
  /** Of the last scrape, figures included. */
  readonly told: readonly string[];
  readonly duplicates: number;
  wait(byMs: number): void;
  readonly book: SeriesBook;
}

function target(rules: Partial<BookRules> = {}): Target {
  const book = new SeriesBook({ ...RULES, ...rules });
  let nowMs = 0;
  let told: string[] = [];
  let duplicates = 0;
  const sink: SampleSink = {
    sample: ({ __name__: name = '', ...labels }, timeMs, value, stale) => {
      const own = Object.entries(labels).filter(
        ([label, text]) =>
          !(label === 'job' && text === 'quotes') && !(label === 'instance' && text === 'q:1'),
      );
      const text = own.map(([label, its]) => `${label}=${its}`).toSorted();
      told.push(`${name}{${text.join(',')}} ${stale ? 'stale' : value}@${timeMs}`);
    },
    exemplar: (labels, exemplar) =>
      told.push(`exemplar of ${labels['__name__']} ${JSON.stringify(exemplar)}`),
    metadata: (name, { type }) => told.push(`${name} is a ${type}`),
  };
  const series = (): string[] => told.filter((line) => !/^(up|scrape_)/.test(line));
  return {
    book,
    get told() {
      return told;
    },
    get duplicates() {
      return duplicates;
    },
    scrape(lines) {
      told = [];
      nowMs += 1000;
      const exposition = parseExposition(`${lines}\n# EOF`, 'openmetrics', 100);
      duplicates = book.succeeded(exposition, { atMs: nowMs, durationSeconds: 0.25 }, sink);
      return series();
    },
    fail() {
      told = [];
      nowMs += 1000;
      book.failed({ atMs: nowMs, durationSeconds: 0.5 }, sink);
      return series();
    },
    wait: (byMs) => void (nowMs += byMs),
  };
}

test('samples get the labels of their target and the time of the scrape', () => {
  const { scrape } = target();
  deepEqual(scrape('a{x="1"} 2\nb 3'), ['a{x=1} 2@1000', 'b{} 3@1000']);
});

test('the figures about a scrape, up and down', () => {
  const it = target();
  it.scrape('a 1\nb 2');
  deepEqual(it.told.slice(2), [
    'up{} 1@1000',
    'scrape_duration_seconds{} 0.25@1000',
    'scrape_samples_scraped{} 2@1000',
    'scrape_samples_post_metric_relabeling{} 2@1000',
    'scrape_series_added{} 2@1000',
  ]);
  it.scrape('a 1\nc 2');
  equal(it.told.at(-1), 'scrape_series_added{} 1@2000');
  it.fail();
  deepEqual(it.told.slice(2), [
    'up{} 0@3000',
    'scrape_duration_seconds{} 0.5@3000',
    'scrape_samples_scraped{} 0@3000',
    'scrape_samples_post_metric_relabeling{} 0@3000',
    'scrape_series_added{} 0@3000',
  ]);
});

test('a series that vanishes is marked once, and comes back', () => {
  const { scrape } = target();
  scrape('a 1\nb{x="1"} 1');
  deepEqual(scrape('a 2'), ['a{} 2@2000', 'b{x=1} stale@2000']);
  deepEqual(scrape('a 3'), ['a{} 3@3000']);
  deepEqual(scrape('a 4\nb{x="1"} 5'), ['a{} 4@4000', 'b{x=1} 5@4000']);
});

test('a target that fails ends all its series, once', () => {
  const { scrape, fail } = target();
  scrape('a 1\nb 2');
  deepEqual(fail(), ['a{} stale@2000', 'b{} stale@2000']);
  deepEqual(fail(), []);
  deepEqual(scrape('a 1'), ['a{} 1@4000']);
});

test('the order of labels makes no other series', () => {
  const { scrape } = target();
  scrape('a{x="1",y="2"} 1');
  deepEqual(scrape('a{y="2",x="1"} 2'), ['a{x=1,y=2} 2@2000']);
});

test('series with times of their own keep them and are never marked', () => {
  const honored = target();
  deepEqual(honored.scrape('a 1 0.5\nb 1'), ['a{} 1@500', 'b{} 1@1000']);
  deepEqual(honored.scrape('b 2'), ['b{} 2@2000']);
  const ignored = target({ honorTimestamps: false });
  deepEqual(ignored.scrape('a 1 0.5'), ['a{} 1@1000']);
  deepEqual(ignored.scrape('b 1'), ['b{} 1@2000', 'a{} stale@2000']);
});

test('one series twice in a scrape: the first counts, unless the times differ', () => {
  const it = target();
  deepEqual(it.scrape('a 1\na 2'), ['a{} 1@1000']);
  equal(it.duplicates, 1);
  equal(it.told[3], 'scrape_samples_scraped{} 2@1000');
  equal(it.told[4], 'scrape_samples_post_metric_relabeling{} 1@1000');
  deepEqual(it.scrape('a 1 1\na 2 2'), ['a{} 1@1000', 'a{} 2@2000']);
  equal(it.duplicates, 0);
});

test('labels both have: ours win and theirs get another name, or the other way round', () => {
  const lines = 'a{job="x",exported_job="y",z="1"} 1';
  deepEqual(target().scrape(lines), ['a{exported_exported_job=x,exported_job=y,z=1} 1@1000']);
  deepEqual(target({ honorLabels: true }).scrape(lines), ['a{exported_job=y,job=x,z=1} 1@1000']);
});

test('a series with too many labels fails the scrape before anything is written', () => {
  const { scrape } = target({ labelsMax: 3 });
  deepEqual(scrape('a{x="1"} 1'), ['a{x=1} 1@1000']);
  throws(
    () => scrape('b 1\na{x="1",y="2"} 1'),
    (error) =>
      isCoded(error, 'PLIM_BODY_TOO_LARGE') && /series a has 4 labels, at most 3/.test(error.message),
  );
});

test('exemplars follow their sample, with its time where they have none', () => {
  deepEqual(target().scrape('a_total 1 # {trace_id="t"} 0.5\nb_total 1 # {} 2 0.25'), [
    'a_total{} 1@1000',
    'exemplar of a_total {"labels":{"trace_id":"t"},"value":0.5,"timeMs":1000}',
    'b_total{} 1@1000',
    'exemplar of b_total {"labels":{},"value":2,"timeMs":250}',
  ]);
});

test('descriptions are written when they are new, changed, lost, or old', () => {
  const it = target();
  const gauge = '# TYPE a gauge\na 1';
  const described = (lines: string): boolean => it.scrape(lines).some((line) => line.startsWith('a is a'));
  deepEqual([described(gauge), described(gauge)], [true, false]);
  equal(described('# TYPE a unknown\na 1'), true);
  equal(described(gauge), true);
  it.book.forgetDescriptions();
  deepEqual([described(gauge), described(gauge)], [true, false]);
  it.wait(METADATA_EVERY_MS);
  deepEqual([described(gauge), described(gauge)], [true, false]);
  equal(described('b 1'), false);
  equal(described(gauge), true, 'a family that was away is described again');
});
