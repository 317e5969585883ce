/** The cities the company drives between, and how far they are apart. */

export interface Position {
  /** Degrees north. */
  readonly lat: number;
  /** Degrees east. */
  readonly lon: number;
}

const CITIES = {
  Amsterdam: { lat: 52.37, lon: 4.9 },
  Antwerp: { lat: 51.22, lon: 4.4 },
  Barcelona: { lat: 41.39, lon: 2.17 },
  Berlin: { lat: 52.52, lon: 13.4 },
  Bremen: { lat: 53.08, lon: 8.8 },
  Copenhagen: { lat: 55.68, lon: 12.57 },
  Frankfurt: { lat: 50.11, lon: 8.68 },
  Gdansk: { lat: 54.35, lon: 18.65 },
  Genoa: { lat: 44.41, lon: 8.93 },
  Hamburg: { lat: 53.55, lon: 9.99 },
  Lyon: { lat: 45.76, lon: 4.84 },
  Marseille: { lat: 43.3, lon: 5.37 },
  Milan: { lat: 45.46, lon: 9.19 },
  Munich: { lat: 48.14, lon: 11.58 },
  Paris: { lat: 48.86, lon: 2.35 },
  Prague: { lat: 50.08, lon: 14.44 },
  Rotterdam: { lat: 51.92, lon: 4.48 },
  Vienna: { lat: 48.21, lon: 16.37 },
  Warsaw: { lat: 52.23, lon: 21.01 },
  Zurich: { lat: 47.37, lon: 8.54 },
} as const satisfies Readonly<Record<string, Position>>;

export type City = keyof typeof CITIES;

/** Names a request may use for origin and destination. */
export const CITY_NAMES = Object.keys(CITIES).toSorted() as readonly City[] as readonly [City, ...City[]];

const EARTH_RADIUS_KM = 6371;
/** Roads are longer than the great circle; a usual figure for western Europe. */
const DETOUR_FACTOR = 1.25;

export function positionOf(city: City): Position {
  return CITIES[city];
}

/** By road, in whole kilometres. */
export function distanceKm(origin: City, destination: City): number {
  const from = CITIES[origin];
  const to = CITIES[destination];
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const a =
    Math.sin(radians(to.lat - from.lat) / 2) ** 2 +
    Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.sin(radians(to.lon - from.lon) / 2) ** 2;
  return Math.round(2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(a)) * DETOUR_FACTOR);
}

/** The point a `share` (0 … 1) of the way has led to, on a straight line. */
export function positionBetween(origin: City, destination: City, share: number): Position {
  const from = CITIES[origin];
  const to = CITIES[destination];
  const clamped = Math.min(1, Math.max(0, share));
  const along = (a: number, b: number): number => Math.round((a + (b - a) * clamped) * 1e4) / 1e4;
  return { lat: along(from.lat, to.lat), lon: along(from.lon, to.lon) };
}
