/** Colours, states and thresholds: the same words and hues as in the console, on Grafana's own surfaces. */
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** Told apart also by those who see red and green alike; and a state is always a word too. */
export const COLORS = {
  ok: '#43b883',
  burning: '#ff6b66',
  ticket: '#f0a83c',
  blind: '#b690f7',
  idle: '#8b98a6',
  catchingUp: '#4fb9c9',
  accent: '#5aaeff',
} as const;

/** The state of an SLO as one number, the worst the highest. */
export const STATE_CODES = [
  { state: 'ok', code: 1, text: '● ok', color: COLORS.ok },
  { state: 'idle', code: 2, text: '– idle', color: COLORS.idle },
  { state: 'catching-up', code: 3, text: '↻ catching up', color: COLORS.catchingUp },
  { state: 'blind', code: 4, text: '◌ blind', color: COLORS.blind },
  { state: 'burning', code: 5, text: '▲ burning', color: COLORS.burning },
] as const;

/** @param matchers of the SLOs, with a comma behind each */
export function stateExpr(matchers = ''): string {
  const codes = STATE_CODES.map(
    ({ state, code }) => `${code} * plimsoll_slo_state{${matchers}state="${state}"}`,
  );
  return `max by (slo_id) (${codes.join(' or ')})`;
}

export const STATE_MAPPING: ValueMapping = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    STATE_CODES.map(({ code, text, color }, index) => [String(code), { text, color, index }]),
  ),
};

/** What is on or off: faults, circuits, targets. */
export function onOff(on: string, off: string, onIsBad = true): ValueMapping {
  const [onColor, offColor] = onIsBad ? [COLORS.burning, COLORS.ok] : [COLORS.ok, COLORS.burning];
  return {
    type: MappingType.ValueToText,
    options: {
      '1': { text: on, color: onColor, index: 0 },
      '0': { text: off, color: offColor, index: 1 },
    },
  };
}

/** Numbers from `from` on are shown as a word. */
export function fromOn(from: number, text: string): ValueMapping {
  return { type: MappingType.RangeToText, options: { from, to: null, result: { text, index: 0 } } };
}

/** Good below the first step. @param steps each from its value on */
export function worseFrom(...steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return thresholds({ value: null, color: COLORS.ok }, ...steps);
}

/** Bad below the first step. */
export function betterFrom(...steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return thresholds({ value: null, color: COLORS.burning }, ...steps);
}

function thresholds(...steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);
}

export function byThreshold(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

/** A series keeps its colour wherever its name appears. */
export function byName(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);
}
