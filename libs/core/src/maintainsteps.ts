/** The steps of a maintenance run, in order. */
export const MAINTAIN_STEPS = ['compact', 'log', 'gc', 'audit', 'rejects'] as const;
