import {
  type TableSchema,
  checkCompatibility,
  compareSchemas,
  mergeSchemas,
  parseTableSchema,
  schemaFingerprint,
} from '@parquetry/schema';
import { COMPATIBILITY_MODES } from '@parquetry/core';
import { stellarSchemas } from '@parquetry/stellar';
import { mutateJson, mutateJsonText } from '../mutate';
import { type Target, demand } from '../target';

/**
 * Schemas as JSON by a person or another program (`schema check`, `schema promote`): those of the ledger tables with
 * replaced types, names, ids, nesting and members, and damaged texts.
 *
 * Oracle: a schema is refused with a code, or parsing its own JSON again gives the same schema and fingerprint, and it
 * can be compared and merged with the valid one under every mode.
 */
export const schema: Target = {
  name: 'schema',
  ci: 2500,
  open: () => {
    const texts = [...stellarSchemas.values()]
      .map((each) => JSON.stringify(each))
      .filter((text) => text.length < 8000);
    return Promise.resolve({
      run: (random) => {
        const text = random.pick(texts);
        const older = JSON.parse(text) as TableSchema;
        const parsed = parseTableSchema(
          random.chance(4)
            ? mutateJsonText(random, text)
            : (JSON.stringify(mutateJson(random, older, 3)) ?? ''),
        );
        const again = parseTableSchema(JSON.stringify(parsed));
        demand(schemaFingerprint(again) === schemaFingerprint(parsed), () => 'another fingerprint');
        compareSchemas(older, parsed);
        mergeSchemas(older, parsed);
        for (const mode of COMPATIBILITY_MODES) {
          const { compatible, breaking } = checkCompatibility(mode, [older], parsed);
          demand(
            compatible === (breaking.length === 0),
            () => `${mode}: ${compatible} with ${breaking.length} breaking changes`,
          );
        }
        return undefined;
      },
    });
  },
};
