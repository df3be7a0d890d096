import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBType,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { TableSchema } from '@parquetry/schema';
import type { Part } from '../parts';
import type { RowRun } from '../rows';
import { BatchWalk } from './batches';
import { fillVector } from './fill';
import { vectorType } from './types';

const FUNCTION = 'staged_batches';

/** A run of staged rows that queries may read. */
interface Scan {
  readonly schema: TableSchema;
  readonly types: readonly DuckDBType[];
  readonly parts: readonly Part[];
  readonly run: Pick<RowRun, 'firstRow' | 'rows'>;
}

/** A query's own place in a scan. */
interface Reading {
  readonly walk: BatchWalk;
  readonly schema: TableSchema;
  /** Columns of the schema that the query asks for. */
  readonly columns: readonly number[];
}

/**
 * Staged record batches as a table function of one DuckDB: DuckDB calls for a chunk when it needs one, and gets it
 * copied from Arrow's buffers. The calls run on the event loop, about a millisecond each, while the query itself works
 * on a thread of its own. Nothing is loaded: a scan holds one part of the stage.
 */
export class BatchScans {
  private readonly scans = new Map<string, Scan>();
  private count = 0;

  /** Makes the function known to the connection's database. */
  constructor(connection: DuckDBConnection) {
    connection.registerTableFunction(
      DuckDBTableFunction.create({
        name: FUNCTION,
        parameterTypes: [VARCHAR],
        supportsProjectionPushdown: true,
        bindFunction: (info) => {
          const scan = this.find(String(info.getParameter(0)));
          for (const [index, type] of scan.types.entries()) info.addResultColumn(`c${index}`, type);
          info.setCardinality(scan.run.rows, true);
          info.setBindData(scan);
        },
        initFunction: (info) => {
          const { parts, run, schema } = info.getBindData() as Scan;
          info.setMaxThreads(1);
          const reading: Reading = {
            walk: new BatchWalk(parts, run),
            schema,
            columns: info.getColumnIndexes(),
          };
          info.setInitData(reading);
        },
        mainFunction: (info, output) => fillChunk(info.getInitData() as Reading, output),
      }),
    );
  }

  /** A query of a run's rows as columns c0, c1, …, valid until `close`. */
  open(
    schema: TableSchema,
    parts: readonly Part[],
    run: Pick<RowRun, 'firstRow' | 'rows'>,
  ): { sql: string; close: () => void } {
    const id = String((this.count += 1));
    this.scans.set(id, { schema, types: schema.fields.map(({ type }) => vectorType(type)), parts, run });
    return { sql: `SELECT * FROM ${FUNCTION}('${id}')`, close: () => this.scans.delete(id) };
  }

  private find(id: string): Scan {
    const scan = this.scans.get(id);
    if (scan === undefined) throw new Error(`There is no scan ${id}.`);
    return scan;
  }
}

function fillChunk({ walk, schema, columns }: Reading, output: DuckDBDataChunk): void {
  const piece = walk.next();
  output.rowCount = piece?.count ?? 0;
  if (piece === undefined) return;
  for (const [at, index] of columns.entries()) {
    const field = schema.fields[index];
    const column = piece.columns[index];
    if (field === undefined || column === undefined) continue;
    fillVector(duckdb.data_chunk_get_vector(output.chunk, at), field.type, column, piece.from, piece.count);
  }
}
