import { defineQuery, defineSignal } from './define';

/** A workflow that wants to process, or processes, a partition of an archive whose number of them is limited. */
export interface LeaseRequest {
  /** Its workflow id. */
  readonly holder: string;
  /** New for each request, so that a reset workflow does not take an earlier answer for its own. */
  readonly token: string;
  /** Most partitions of the archive at work; the newest request counts. */
  readonly limit: number;
}

/** A workflow that has a lease. */
export interface Lease {
  readonly holder: string;
  readonly token: string;
  /** When it was granted, milliseconds since 1970. */
  readonly since: number;
}

/** Input of the `limiter` workflow, one for each archive. */
export interface LimiterInput {
  /** After this time a lease is checked for a workflow that ended without a release, milliseconds; absent: one minute. */
  readonly checkMs?: number;
  /** The limiter ends after this time without requests, and the next one starts it again, milliseconds; absent: ten minutes. */
  readonly idleMs?: number;
  /** Leases granted before the workflow continues as new; bounds its history. */
  readonly grantsPerRun?: number;
  /** State carried over a continue-as-new. */
  readonly carry?: LimiterState;
}

/** State of a limiter, also its answer to the `progress` query. */
export interface LimiterState {
  readonly limit: number;
  readonly held: readonly Lease[];
  /** In the order of their requests. */
  readonly waiting: readonly Pick<Lease, 'holder' | 'token'>[];
}

/** Step of workflows that ask for a lease. */
export interface LeaseActivities {
  /** Asks the archive's limiter, and starts it if necessary; a repetition changes nothing. Returns its workflow id. */
  requestLease(request: LeaseRequest & { readonly archive: string }): Promise<string>;
}

/** Workflow → limiter: asks for a lease. */
export const leaseRequest = defineSignal<[LeaseRequest]>('leaseRequest');
/** Workflow → limiter: gives the lease of a token back, or no longer waits for it. */
export const leaseRelease = defineSignal<[string]>('leaseRelease');
/** Limiter → workflow: the lease of this token is granted. */
export const leaseGranted = defineSignal<[string]>('leaseGranted');
/** State of a limiter. */
export const limiterProgress = defineQuery<LimiterState>('progress');

/** Workflow id of a limiter. */
export function limiterId(name: string): string {
  return `limiter/${name}`;
}
