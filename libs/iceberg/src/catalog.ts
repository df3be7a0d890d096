import { ParquetryError } from '@parquetry/core';

const TIMEOUT_MS = 60_000;

/** How a REST catalog is reached. */
export interface CatalogOptions {
  /** `https://host/path`, without `/v1`. */
  readonly uri: string;
  readonly namespace: readonly string[];
  readonly warehouse?: string;
  /** Bearer token. */
  readonly token?: string;
}

/** What a registration did: `current` when the catalog already had this metadata. */
export interface Registration {
  /** With its namespace. */
  readonly table: string;
  readonly outcome: 'registered' | 'updated' | 'current';
  /** URI of the table's metadata. */
  readonly metadata: string;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A catalog that speaks Iceberg's REST protocol
 * (https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml). It only registers metadata that is
 * on storage; the catalog never writes the table.
 */
export class RestCatalog {
  private prefix = '';

  private constructor(private readonly options: CatalogOptions) {}

  /** Asks the catalog for its settings, and makes the namespace. @throws ParquetryError CONFIG_INVALID, CATALOG_FAILED */
  static async connect(options: CatalogOptions): Promise<RestCatalog> {
    const fault = uriFault(options.uri);
    if (fault !== undefined)
      throw new ParquetryError('CONFIG_INVALID', `--catalog is not the URI of a catalog: ${fault}.`, {
        hint: 'Give http://… or https://…; the token is read from ICEBERG_CATALOG_TOKEN.',
      });
    const catalog = new RestCatalog(options);
    const { warehouse, namespace } = options;
    const query = warehouse === undefined ? '' : `?warehouse=${encodeURIComponent(warehouse)}`;
    const config = await catalog.ask('GET', `config${query}`, 'send its settings');
    const { overrides = {}, defaults = {} } = config.body as Readonly<
      Record<string, Readonly<Record<string, string>>>
    >;
    const prefix = overrides['prefix'] ?? defaults['prefix'];
    if (prefix !== undefined && prefix !== '') catalog.prefix = `${prefix}/`;
    await catalog.ask('POST', 'namespaces', `make ${namespace.join('.')}`, { namespace }, [409]);
    return catalog;
  }

  /**
   * Registers a table, or lets the catalog's table of the same id name newer metadata.
   * @throws ParquetryError CATALOG_FAILED, also when the name belongs to another table
   */
  async register(name: string, metadata: string): Promise<Registration> {
    const { namespace } = this.options;
    const levels = namespace.map(encodeURIComponent).join('%1F');
    const table = [...namespace, name].join('.');
    const path = `namespaces/${levels}/tables/${encodeURIComponent(name)}`;
    const register = (overwrite: boolean): Promise<Answer> =>
      this.ask(
        'POST',
        `namespaces/${levels}/register`,
        `register ${table}`,
        { name, 'metadata-location': metadata, ...(overwrite ? { overwrite } : {}) },
        [409],
      );
    const first = await register(false);
    if (first.status !== 409) return { table, outcome: 'registered', metadata };
    const { body } = await this.ask('GET', path, `load ${table}`);
    if (body['metadata-location'] === metadata) return { table, outcome: 'current', metadata };
    const { properties } = (body['metadata'] ?? {}) as { properties?: Readonly<Record<string, string>> };
    if (properties?.['write.metadata.path'] !== metadata.slice(0, metadata.lastIndexOf('/')))
      throw new ParquetryError('CATALOG_FAILED', `The catalog has another table of the name ${table}.`, {
        details: { table },
        hint: 'Choose another --namespace, or drop that table.',
      });
    if ((await register(true)).status === 409) {
      // The catalog can't overwrite a table: drop its entry, and nothing else, first.
      await this.ask('DELETE', `${path}?purgeRequested=false`, `drop ${table}`);
      await register(false);
    }
    return { table, outcome: 'updated', metadata };
  }

  private async ask(
    method: string,
    path: string,
    what: string,
    body?: object,
    accepted: readonly number[] = [],
  ): Promise<Answer> {
    const { uri, token } = this.options;
    const url = `${uri.replace(/\/+$/, '')}/v1/${path.startsWith('config') ? '' : this.prefix}${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (cause) {
      throw new ParquetryError('CATALOG_FAILED', `The catalog ${uri} does not answer.`, { cause });
    }
    const { status } = response;
    if (!response.ok && !accepted.includes(status))
      throw new ParquetryError('CATALOG_FAILED', `The catalog ${uri} refused to ${what} (${status}).`, {
        details: { status },
        ...(status === 401 || status === 403 ? { hint: 'Set ICEBERG_CATALOG_TOKEN to a valid token.' } : {}),
      });
    try {
      return { status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
    } catch (cause) {
      throw new ParquetryError('CATALOG_FAILED', `${uri} is not an Iceberg REST catalog.`, { cause });
    }
  }
}

function uriFault(uri: string): string | undefined {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return 'it does not begin with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'it has a user or a password';
  return url.search === '' && url.hash === '' ? undefined : 'it has a query';
}
