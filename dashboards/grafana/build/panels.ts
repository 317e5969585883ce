/** The kinds of panels that boards are made of, each with what holds for all of its kind. */
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  PanelBuilder as AnyPanel,
  type DashboardLinkBuilder,
  type Panel,
  type ThresholdsConfigBuilder,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as Heatmap,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as Logs } from '@grafana/grafana-foundation-sdk/logs';
import { PanelBuilder as NodeGraph } from '@grafana/grafana-foundation-sdk/nodegraph';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries';
import { byName, byThreshold, COLORS } from '#dashboards/grafana/build/look.ts';
import type { Target } from '#dashboards/grafana/build/queries.ts';
import { SOURCE_TITLES, SOURCES } from '#dashboards/grafana/build/sources.ts';

/** What people read of a panel. */
export interface Words {
  readonly title: string;
  /** A sentence: what it shows and what to make of it. */
  readonly description: string;
  /** Of Grafana's ids: `s`, `reqps`, `percentunit`, `bytes`, `short`. */
  readonly unit: string;
}

export interface Extras {
  /** Of 24 columns. */
  readonly width?: number;
  readonly height?: number;
  readonly links?: readonly DashboardLinkBuilder[];
  /** Of each value. */
  readonly dataLinks?: readonly DashboardLinkBuilder[];
  readonly thresholds?: ThresholdsConfigBuilder;
  readonly mappings?: readonly ValueMapping[];
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
}

export type PanelMaker = Builder<Panel>;

/** The setters that all kinds have. */
interface Settable {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  datasource(source: { readonly type: string; readonly uid: string }): this;
  withTarget(target: ReturnType<Target['build']>): this;
  span(width: number): this;
  height(height: number): this;
  links(links: DashboardLinkBuilder[]): this;
  dataLinks(links: DashboardLinkBuilder[]): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  mappings(mappings: ValueMapping[]): this;
  decimals(decimals: number): this;
  min(min: number): this;
  max(max: number): this;
}

const HEIGHT = 8;
const HEIGHT_OF_STAT = 4;
const LETTERS = 'ABCDEFGHIJKLMNOP';

/** Lines over time. */
export function lines(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  const panel = settle(new Timeseries(), words, targets, { width: 12, height: HEIGHT, ...extras });
  if (extras.thresholds !== undefined)
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return panel
    .colorScheme(byName())
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
}

/** One number, the last; or one for each series. */
export function figure(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new Stat(), words, targets, { width: 4, height: HEIGHT_OF_STAT, ...extras })
    .colorScheme(byThreshold())
    .colorMode(
      extras.thresholds === undefined && extras.mappings === undefined
        ? BigValueColorMode.None
        : BigValueColorMode.Value,
    )
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Auto)
    .reduceOptions(lastValue());
}

/** A bar for each series, against the thresholds. */
export function bars(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new BarGauge(), words, targets, { width: 12, height: HEIGHT, ...extras })
    .colorScheme(byThreshold())
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .reduceOptions(lastValue());
}

/** A strip for each series, coloured by state. */
export function strips(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new StateTimeline(), words, targets, { width: 24, height: HEIGHT, ...extras })
    .colorScheme(byThreshold())
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List));
}

/** Where most of many durations lie, over time. */
export function heat(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new Heatmap(), words, targets, { width: 12, height: HEIGHT, ...extras })
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(32))
    .exemplarsColor(COLORS.ticket)
    .hideLegend();
}

/** Rows and columns. Joining and naming of columns is the caller's. */
export function table(words: Words, targets: readonly Target[], extras: Extras = {}): Table {
  return settle(new Table(), words, targets, { width: 24, height: HEIGHT, ...extras }).showHeader(true);
}

/** Traces as rows; each leads to itself. */
export function traceList(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new Table(), words, targets, { width: 12, height: HEIGHT, ...extras }).showHeader(true);
}

/** Log lines as they are. */
export function logList(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  return settle(new Logs(), words, targets, { width: 12, height: HEIGHT, ...extras })
    .showTime(true)
    .enableLogDetails(true)
    .wrapLogMessage(true)
    .sortOrder(LogsSortOrder.Descending);
}

/** Who calls whom, of `edges`; the nodes are what edges lead to. Their figure is not calculated but renamed. */
export function callGraph(words: Words, targets: readonly Target[], extras: Extras = {}): PanelMaker {
  const sum = { mode: 'reduceRow', reduce: { reducer: 'sum' }, alias: 'mainstat', timeSeries: false };
  return settle(new NodeGraph(), words, targets, { width: 12, height: HEIGHT, ...extras }).withTransformation(
    { id: 'calculateField', options: sum },
  );
}

/** Alerts in the groups they are told in. It asks Alertmanager by the source's name and has no query. */
export function alertGroups(words: Words, extras: Extras = {}): PanelMaker {
  const panel = settle(new AnyPanel(), words, [], { width: 12, height: HEIGHT, ...extras });
  return {
    build: () => ({
      ...panel.datasource(SOURCES.alertmanager).build(),
      type: 'alertGroups',
      options: { labels: '', alertmanager: SOURCE_TITLES.alertmanager, expandAll: true },
    }),
  };
}

function settle<Kind extends Settable>(
  panel: Kind,
  words: Words,
  targets: readonly Target[],
  extras: Extras & { readonly width: number; readonly height: number },
): Kind {
  panel.title(words.title).description(words.description).unit(words.unit);
  panel.span(extras.width).height(extras.height);
  const [first] = targets;
  if (first !== undefined) panel.datasource(first.source);
  for (const [index, target] of targets.entries()) panel.withTarget(target.build(LETTERS.charAt(index)));
  if (extras.links !== undefined) panel.links([...extras.links]);
  if (extras.dataLinks !== undefined) panel.dataLinks([...extras.dataLinks]);
  if (extras.thresholds !== undefined) panel.thresholds(extras.thresholds);
  if (extras.mappings !== undefined) panel.mappings([...extras.mappings]);
  if (extras.decimals !== undefined) panel.decimals(extras.decimals);
  if (extras.min !== undefined) panel.min(extras.min);
  if (extras.max !== undefined) panel.max(extras.max);
  return panel;
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
}
