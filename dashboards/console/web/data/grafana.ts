/** Where Grafana is, if the platform knows of one: asked once for all pages. */
import { useEffect, useState } from 'react';
import { getJson, OWN } from '#dashboards/console/web/data/client.ts';
import type { Companions } from '#dashboards/console/web/data/own-api.ts';

let known: string | undefined;
let asked: Promise<void> | undefined;

/** Base URL without a slash at the end; undefined while unknown and when there is none. */
export function useGrafana(): string | undefined {
  const [base, setBase] = useState(known);
  useEffect(() => {
    let gone = false;
    asked ??= ask();
    void asked.then(() => {
      if (!gone) setBase(known);
    });
    return () => {
      gone = true;
    };
  }, []);
  return base;
}

/** A page is whole without it: what fails is asked again by the next page. */
async function ask(): Promise<void> {
  try {
    known = (await getJson<Companions>(`${OWN}/companions`)).grafana ?? undefined;
  } catch {
    asked = undefined;
  }
}
