import type { Target } from '../target';
import { answers } from './answers';
import { archive } from './archive';
import { commandLine } from './arguments';
import { buckets } from './buckets';
import { configuration } from './configuration';
import { json } from './json';
import { lake } from './lake';
import { messages } from './messages';
import { metadata } from './metadata';
import { parquet } from './parquet';
import { rpc } from './rpc';
import { schema } from './schema';
import { workflow } from './workflow';
import { xdr } from './xdr';

/** All targets: those in memory, those over HTTP, those with files. */
export const TARGETS: readonly Target[] = [
  ...[json, xdr, workflow, schema, metadata, commandLine, configuration],
  ...[rpc, answers, buckets],
  ...[parquet, messages, lake, archive],
];
