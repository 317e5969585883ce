import { useState, type ReactNode } from 'react';

const SHOWN_MS = 1500;

/** Copies `text`; says so for a moment where it stands. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [done, setDone] = useState<'copied' | 'not allowed' | undefined>(undefined);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone('copied');
    } catch {
      setDone('not allowed');
    }
    setTimeout(() => setDone(undefined), SHOWN_MS);
  };
  return (
    <button
      type="button"
      className="copy quiet"
      title={`Copy: ${text.slice(0, 300)}`}
      onClick={() => void copy()}
    >
      {done ?? label}
    </button>
  );
}

/** The request behind what is shown, for a shell. */
export function CopyCurl({ path }: { readonly path: string }): ReactNode {
  return <Copy text={`curl -s '${location.origin}${path.replaceAll("'", '%27')}'`} label="curl" />;
}
