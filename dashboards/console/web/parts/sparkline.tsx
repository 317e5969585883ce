import type { ReactNode } from 'react';

interface SparklineProps {
  /** Evenly spaced; null is a gap. */
  readonly values: readonly (number | null)[];
  /** What it shows, for who cannot see it. */
  readonly label: string;
  readonly color?: string;
  /** Top of the scale at least; so that a small wobble does not fill the picture. */
  readonly maxAtLeast?: number;
}

const WIDTH = 120;
const HEIGHT = 24;

/** Fewer look like a stroke of the pen, not like a course. */
const VALUES_MIN = 4;

/** A line 24 px high from zero; gaps in data are gaps. Empty until there is a course to tell. */
export function Sparkline({
  values,
  label,
  color = 'var(--text-2)',
  maxAtLeast = 0,
}: SparklineProps): ReactNode {
  const max = Math.max(maxAtLeast, ...values.map((value) => value ?? 0)) || 1;
  const step = WIDTH / Math.max(1, values.length - 1);
  let path = '';
  let down = false;
  const told = values.filter((value) => value !== null).length >= VALUES_MIN ? values : [];
  told.forEach((value, index) => {
    if (value === null) {
      down = false;
      return;
    }
    const x = (index * step).toFixed(1);
    const y = (HEIGHT - 1 - (value / max) * (HEIGHT - 2)).toFixed(1);
    path += `${down ? 'L' : 'M'}${x} ${y}`;
    down = true;
  });
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      width="100%"
      height={HEIGHT}
    >
      <path d={path} fill="none" stroke={color} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
