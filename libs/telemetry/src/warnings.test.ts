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
    const warnings = passWarnings(
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
    diag.createComponentLogger({ namespace: 'otlp' }).error('{"code":"ECONNREFUSED","stack":"at …"}');
    diag.error('{');
    // A line at the end does not wait for its minute.
    warnings.end('some were not received');
    diag.warn('after the end');
    passWarnings((text) => lines.push(text)).end();
    expect(lines).toEqual([
      'Traces: Unauthorized (401)',
      'Traces: no such host http://***@collector, ***; 2 more warnings since the last one',
      'Traces: otlp an error without a message (ECONNREFUSED)',
      'Traces: some were not received; 1 more warning since the last one',
    ]);
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:pa/ss@collector:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector/v1/K3yK3yK3yK3yK3yK3yK3y'],
  ])('do not quote %s', (name, address) => {
    process.env[name] = address;
    const lines: string[] = [];
    passWarnings((text) => lines.push(text));
    diag.warn(`Configuration: Could not parse environment-provided export URL: '${address}', falling back`);
    expect(lines).toEqual([
      `Traces: Configuration: Could not parse environment-provided export URL: 'the value of ${name}', falling back`,
    ]);
  });

  it('keep what a collector says that takes only a part', () => {
    const lines: string[] = [];
    passWarnings((text) => lines.push(text));
    diag.warn('Received Partial Success response:', '{"rejectedSpans":3,"errorMessage":"too old"}');
    expect(lines).toEqual([
      'Traces: Received Partial Success response: {"rejectedSpans":3,"errorMessage":"too old"}',
    ]);
  });
});
