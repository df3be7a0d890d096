const path = require('node:path');

const NAMES = ['master', 'volume', 'filer', 's3'];

/** Ports that `weedArguments` needs. */
exports.WEED_PORTS = NAMES.length * 2;

/**
 * Arguments of a SeaweedFS server on loopback with its S3 gateway, and the addresses of the gateway and of the master. It
 * keeps its data in the folder `dir`; the file `config` has its keys.
 */
exports.weedServer = (dir, config, ports) => ({
  endpoint: `http://127.0.0.1:${ports[6]}`,
  master: `127.0.0.1:${ports[0]}.${ports[1]}`,
  args: [
    ...['server', `-dir=${dir}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-filer', '-s3'],
    ...NAMES.flatMap((name, index) => [
      `-${name}.port=${ports[index * 2]}`,
      `-${name}.port.grpc=${ports[index * 2 + 1]}`,
    ]),
    ...[`-s3.config=${config}`, '-s3.autoCreateBucket=false', '-s3.port.iceberg=0', '-s3.port.lance=0'],
    ...[`-s3.localSocket=${path.join(dir, 's3.sock')}`, `-filer.localSocket=${path.join(dir, 'filer.sock')}`],
    ...['-volume.max=200', '-master.volumeSizeLimitMB=64'],
    ...['-master.telemetry=false', '-master.electionTimeout=1s'],
  ],
});
