import { diag } from '@opentelemetry/api';
import { passWarnings } from './warnings';

describe('warnings of the export of traces', () => {
  const before = { ...process.env };
  afterEach(() => {
    diag.disable();
    process.env = { ...before };
  });

  it('are one line a minute, without secrets and stacks', () => {
    process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=collector-secret';
    const lines: string[] = [];
    let time = 0;
    passWarnings(
      (text) => lines.push(text),
      () => time,
    );
    diag.info('no warning');
    const error = { message: 'Unauthorized', code: 401, stack: 'at …', name: 'OTLPExporterError' };
    diag.error(JSON.stringify(error));
    diag.warn('again');
    diag.createComponentLogger({ namespace: 'otlp' }).warn('and again');
    time = 60_000;
    diag.warn('no such host http://user:password@collector, authorization=collector-secret');
    time = 120_000;
    diag.createComponentLogger({ namespace: 'otlp' }).error('{"code":"ECONNREFUSED"}');
    diag.error('{');
    expect(lines).toEqual([
      'Traces: Unauthorized (401)',
      'Traces: no such host http://***@collector, *** (2 more warnings since the last one)',
      'Traces: otlp an error without a message (ECONNREFUSED)',
    ]);
  });
});
