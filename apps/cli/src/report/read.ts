import type { ReportData } from '@parquetry/report';
import { joinTemporal } from './server';
import { type ReportOptions, ReportSource } from './source';

/** Reads the report of an archive once. @throws ParquetryError MESSAGE_TYPE_UNKNOWN, ARCHIVE_INVALID */
export async function readReport(
  options: ReportOptions & { readonly root: string },
  onProgress?: (dataset: string) => void,
): Promise<ReportData> {
  const temporal = await joinTemporal();
  try {
    return await new ReportSource(options.root, options).read(
      'unavailable' in temporal ? temporal : temporal.view,
      onProgress,
    );
  } finally {
    if (!('unavailable' in temporal)) await temporal.close();
  }
}
