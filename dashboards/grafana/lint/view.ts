/** Boards as their rules and tests look at them: only what is read, in the shape that stands in the files. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

export interface TargetView {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** Prometheus. */
  readonly expr?: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly exemplar?: boolean;
  readonly format?: string;
  readonly legendFormat?: string;
  /** Jaeger. */
  readonly queryType?: string;
  readonly service?: string;
  readonly tags?: string;
  readonly minDuration?: string;
  readonly limit?: number;
  /** Elasticsearch. */
  readonly query?: string;
  readonly timeField?: string;
  readonly metrics?: readonly AggregationView[];
  readonly bucketAggs?: readonly AggregationView[];
}

export interface AggregationView {
  readonly id: string;
  readonly type: string;
  readonly field?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface LinkView {
  readonly title: string;
  readonly url?: string;
  readonly type?: string;
}

export interface PanelView {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetView[];
  readonly links?: readonly LinkView[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly links?: readonly LinkView[];
      readonly thresholds?: { readonly steps: readonly { readonly color: string }[] };
    };
  };
}

export interface VariableView {
  readonly name: string;
  readonly type: string;
  readonly query?: string;
  readonly refresh?: number;
  readonly current?: { readonly value: string };
}

export interface BoardView {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly tags: readonly string[];
  readonly panels: readonly PanelView[];
  readonly links: readonly LinkView[];
  readonly templating: { readonly list: readonly VariableView[] };
  readonly annotations?: {
    readonly list?: readonly {
      readonly name: string;
      readonly expr?: string;
      readonly target?: TargetView;
    }[];
  };
}

/** The builders' types know more and say less of what is always there. */
export function viewOf(dashboard: Dashboard): BoardView {
  return dashboard as unknown as BoardView;
}

/** Without the titles of rows. */
export function panelsOf({ panels }: BoardView): readonly PanelView[] {
  return panels.filter(({ type }) => type !== 'row');
}
