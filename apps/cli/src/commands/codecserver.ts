import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import type { Output } from '../output';
import { hostAndPort } from '../parsers';
import { untilStopped } from '../untilstopped';

interface Options {
  readonly listen: string;
  readonly uiUrl?: string;
}

/** `parquetry codec-server` */
export const define: Define = ({ command, output, run }) =>
  command('codec-server', 'decrypt payloads for the Temporal Web UI until Ctrl-C', 'Run')
    .option('--listen <address>', 'loopback address of the server', hostAndPort, '127.0.0.1:8235')
    .option(
      '--ui-url <url>',
      'the Temporal Web UI whose pages may ask (default: TEMPORAL_UI_URL, or that of the embedded server)',
    )
    .example('parquetry codec-server --ui-url https://temporal.example.com')
    .action((options: Options) => run(() => codecServer(options, output)));

/** Decrypts with the keys of the environment. */
async function codecServer({ listen, uiUrl }: Options, output: Output): Promise<number> {
  const { devHome, payloadCodec, readDevServer } =
    require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { serveCodec } = require('../codecserver') as typeof import('../codecserver');
  const address = uiUrl ?? process.env['TEMPORAL_UI_URL'] ?? (await readDevServer(devHome()))?.uiUrl;
  const origin = originOf(address);
  const server = await serveCodec({ address: listen, ui: origin, codec: payloadCodec() });
  const interrupt = onInterrupt();
  try {
    output.note(`Codec server: ${server.url}, for pages of ${origin}. Ctrl-C stops it.`);
    output.note('In the UI open the settings of the codec server and enter this address.');
    await untilStopped(undefined, interrupt.signal);
    return 0;
  } finally {
    server.close();
    interrupt.dispose();
  }
}

function originOf(address: string | undefined): string {
  if (address !== undefined && /^https?:/.test(address) && URL.canParse(address))
    return new URL(address).origin;
  throw new ParquetryError(
    'USAGE',
    address === undefined
      ? 'The address of the Temporal Web UI is not known.'
      : '--ui-url is not an http address.',
    { hint: 'Add --ui-url, for example --ui-url https://temporal.example.com, or set TEMPORAL_UI_URL.' },
  );
}
