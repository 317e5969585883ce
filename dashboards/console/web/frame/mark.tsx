import { useEffect, type ReactNode } from 'react';

/** Of the worst budget how much is used up, 0 … 1: so full is the ring. */
function markSvg(used: number, color: string, water: string): string {
  const level = 21 - 18 * Math.min(1, Math.max(0, used));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${color}" stroke-width="2"><clipPath id="w"><rect x="0" y="${level.toFixed(1)}" width="24" height="24"/></clipPath><circle cx="12" cy="12" r="8" fill="${water}" stroke="none" clip-path="url(#w)"/><circle cx="12" cy="12" r="9"/><path d="M0 12h24"/></svg>`;
}

/** The ring with the load line; what is used of the worst budget fills it from below. */
export function Mark({ used }: { readonly used: number }): ReactNode {
  const level = 21 - 18 * Math.min(1, Math.max(0, used));
  const over = used > 0.5;
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const water = over ? '#ff6b66' : '#5aaeff';
    if (icon !== null)
      icon.href = `data:image/svg+xml,${encodeURIComponent(markSvg(used, '#8b98a6', water))}`;
  }, [used, over]);
  return (
    <svg
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      aria-hidden="true"
    >
      <clipPath id="water">
        <rect x="0" y={level} width="24" height="24" />
      </clipPath>
      <circle
        cx="12"
        cy="12"
        r="8"
        fill={over ? 'var(--burning)' : 'var(--accent)'}
        stroke="none"
        clipPath="url(#water)"
      />
      <circle cx="12" cy="12" r="9" />
      <path d="M0 12h24" />
    </svg>
  );
}
