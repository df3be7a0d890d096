import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import type { Connection } from '@temporalio/client';
import { grpcCode, GRPC } from './grpc';
import { sdk } from './sdk';

const { IndexedValueType } = sdk;

/** The search attributes that Parquetry's workflows set, by name, with their Temporal types. */
export const SEARCH_ATTRIBUTES = {
  ParquetryDatasets: 'KeywordList',
  ParquetryNetwork: 'Keyword',
  ParquetryRun: 'Keyword',
  ParquetryState: 'Keyword',
  ParquetryLedgerStart: 'Int',
  ParquetryLedgerEnd: 'Int',
} as const;

type Missing = [name: string, type: (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES]][];

const WIRE_TYPES = {
  KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const;

/**
 * Makes sure that the namespace has our search attributes: adds the missing ones and waits until they are usable.
 * Without them every workflow task that sets one would fail repeatedly.
 * @returns the names that were added
 * @throws ParquetryError CONFIG_INVALID with the commands to run, when one has another type or can't be added
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return [];
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, WIRE_TYPES[type]])),
    });
  } catch (error) {
    if (grpcCode(error) !== GRPC.ALREADY_EXISTS) throw notAllowed(namespace, missing, error);
  }
  await usable(connection, namespace, missing);
  return missing.map(([name]) => name);
}

/**
 * The search attributes that the namespace lacks; adds none.
 * @throws ParquetryError CONFIG_INVALID when one has another type, or they can't be listed
 */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<{ readonly names: readonly string[]; readonly commands: readonly string[] }> {
  const names = (await missingAttributes(connection, namespace)).map(([name]) => name);
  return { names, commands: createCommands(namespace, names) };
}

/** The commands that add the missing attributes. */
function createCommands(namespace: string, missing: readonly string[]): string[] {
  return missing.map((name) => {
    const type = SEARCH_ATTRIBUTES[name as keyof typeof SEARCH_ATTRIBUTES];
    return `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${type}`;
  });
}

async function missingAttributes(connection: Connection, namespace: string): Promise<Missing> {
  const known = await registered(connection, namespace);
  const missing: Missing = [];
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    const found = known[name];
    if (found === undefined) missing.push([name, type]);
    else if (found !== WIRE_TYPES[type]) throw wrongType(namespace, name, type, found);
  }
  return missing;
}

async function registered(connection: Connection, namespace: string): Promise<Record<string, number>> {
  try {
    const list = await connection.operatorService.listSearchAttributes({ namespace });
    return list.customAttributes ?? {};
  } catch (error) {
    throw notAllowed(namespace, Object.entries(SEARCH_ATTRIBUTES), error);
  }
}

/** A new attribute takes some seconds to reach the front end; queries that use it fail until then. */
async function usable(connection: Connection, namespace: string, added: Missing): Promise<void> {
  const query = added.map(([name]) => `${name} IS NULL`).join(' AND ');
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (grpcCode(error) !== GRPC.INVALID_ARGUMENT || Date.now() > deadline) throw error;
      await sleep(250);
    }
  }
}

function wrongType(namespace: string, name: string, type: string, found: number): ParquetryError {
  const has = String(IndexedValueType[found] ?? found).replace('INDEXED_VALUE_TYPE_', '');
  return new ParquetryError(
    'CONFIG_INVALID',
    `Search attribute ${name} of namespace "${namespace}" has type ${has}, not ${type}.`,
    {
      details: { namespace, name },
      hint: `Use another namespace (TEMPORAL_NAMESPACE), or remove the attribute: temporal operator search-attribute remove --namespace ${namespace} --name ${name}`,
    },
  );
}

function notAllowed(
  namespace: string,
  missing: readonly (readonly [string, string])[],
  cause: unknown,
): ParquetryError {
  const names = missing.map(([name]) => name);
  return new ParquetryError(
    'CONFIG_INVALID',
    `Namespace "${namespace}" lacks the search attributes ${names.join(', ')}, and they could not be added: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      cause,
      details: { namespace, missing: names },
      hint: `Ask the namespace's operator to run: ${createCommands(namespace, names).join(' && ')}`,
    },
  );
}
