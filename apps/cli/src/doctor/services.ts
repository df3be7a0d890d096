import { isLedgerUri, ledgerLocations } from '@parquetry/core';
import { serviceAddress } from '@parquetry/storage';

/** HTTP addresses of the services behind an archive and a source; none for local ones. */
export function servicesOf(locations: readonly (string | undefined)[]): string[] {
  return locations.flatMap((location) =>
    location === undefined ? [] : placesOf(location).flatMap(addressOf),
  );
}

function placesOf(location: string): string[] {
  if (isLedgerUri(location)) return ledgerLocations(location).map(({ place }) => place);
  return location.startsWith('ndjson:') ? location.slice('ndjson:'.length).split(',') : [location];
}

function addressOf(place: string): string[] {
  if (/^https?:/.test(place)) return URL.canParse(place) ? [place] : [];
  return /^(s3|gs):/.test(place) ? [serviceAddress(place)].filter((found) => found !== undefined) : [];
}
