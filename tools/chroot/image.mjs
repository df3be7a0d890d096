// Builds the stages of a Dockerfile in overlay folders with chroot, and runs commands in the result as a container does.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { assign, parseRun } from './dockerfile.mjs';

/** Runs a program; fails with its output. */
export function must(program, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64e6,
    ...options,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The base image: Debian's minimal system with the Node of this machine, where the official image has its own. */
export function baseImage(folder) {
  if (existsSync(path.join(folder, 'usr/local/bin/npx'))) return folder;
  if (!existsSync(path.join(folder, 'bin')))
    must('debootstrap', ['--variant=minbase', 'bookworm', folder], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  const local = path.join(folder, 'usr/local');
  const npm = path.join(path.dirname(must('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim()), '..');
  cpSync(process.execPath, path.join(local, 'bin/node'));
  cpSync(npm, path.join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(local, `bin/${name}`));
  return folder;
}

/** Builds images and keeps their layers in `work`. */
export class Builder {
  images = new Map();
  mounted = [];

  constructor(work, base, log) {
    Object.assign(this, { work, base, log });
  }

  /** Builds a stage. `context` lists the files that COPY may take. */
  build({ name, base, steps }, context) {
    const parent = this.images.get(base) ?? { layers: [this.base], env: { PATH: PATHS } };
    const layer = path.join(this.work, name);
    for (const part of ['upper', 'work', 'root']) mkdirSync(path.join(layer, part), { recursive: true });
    const image = {
      ...parent,
      env: { ...parent.env },
      layers: [path.join(layer, 'upper'), ...parent.layers],
      args: {},
    };
    const root = path.join(layer, 'root');
    this.mount([
      '-t',
      'overlay',
      'overlay',
      '-o',
      `lowerdir=${parent.layers.join(':')},upperdir=${layer}/upper,workdir=${layer}/work`,
      root,
    ]);
    for (const step of steps) {
      this.log(`${name}: ${step.instruction} ${step.value}`);
      this.step(image, root, step, context);
    }
    this.unmount();
    this.images.set(name, image);
    return image;
  }

  step(image, root, { instruction, value }, context) {
    const handlers = {
      ARG: () => assign(image.args, value),
      ENV: () => assign(image.env, expandArgs(value, image)),
      WORKDIR: () => (mkdirSync(path.join(root, value), { recursive: true }), (image.workdir = value)),
      USER: () => (image.user = value),
      COPY: () => this.copy(root, image, value, context),
      RUN: () => this.run(root, image, value),
      ENTRYPOINT: () => (image.entrypoint = JSON.parse(value)),
      CMD: () => (image.cmd = JSON.parse(value)),
      HEALTHCHECK: () =>
        (image.health = value === 'NONE' ? undefined : JSON.parse(/CMD (\[.*)$/.exec(value)[1])),
    };
    (handlers[instruction] ?? (() => undefined))();
  }

  copy(root, image, value, context) {
    if (value !== '. .') throw new Error(`COPY ${value} is not supported here`);
    for (const file of context.files) {
      const target = path.join(root, image.workdir, file);
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(path.join(context.folder, file), target, { verbatimSymlinks: true });
    }
  }

  run(root, image, value) {
    const { mounts, command } = parseRun(value);
    this.mount(['-t', 'proc', 'proc', path.join(root, 'proc')]);
    this.mount(['--bind', '/dev', path.join(root, 'dev')]);
    // Docker gives each container the resolver of the host.
    this.bindFile('/etc/resolv.conf', root);
    for (const { type, from, source, target } of mounts) {
      const place = path.join(root, target);
      mkdirSync(place, { recursive: true });
      const origin =
        type === 'cache'
          ? path.join(this.work, 'cache', target)
          : path.join(this.work, from, 'upper', source);
      mkdirSync(origin, { recursive: true });
      this.mount(['--bind', origin, place]);
    }
    const env = { ...image.args, ...image.env, HOME: image.env.HOME ?? '/root' };
    // A proxy of this network may have its own certificate authority.
    const authority = process.env.NODE_EXTRA_CA_CERTS;
    if (authority) {
      this.bindFile(authority, root, '/run/authority.crt');
      env.NODE_EXTRA_CA_CERTS = '/run/authority.crt';
    }
    const shell = `cd ${image.workdir ?? '/'} && ${command}`;
    try {
      must('chroot', [root, '/bin/sh', '-ec', shell], { env });
    } finally {
      this.unmount(1);
    }
  }

  bindFile(file, root, target = file) {
    const place = path.join(root, target);
    if (!existsSync(place)) must('touch', [place]);
    this.mount(['--bind', file, place]);
  }

  /**
   * A container of an image: read-only root, tmpfs at /tmp, folders of the host as volumes, its own processes. `exec`
   * runs another program in it, as a health check does.
   */
  container(name, volumes) {
    const { layers, env, entrypoint, cmd, user, workdir } = this.images.get(name);
    const root = path.join(this.work, 'containers', `${name}-${this.mounted.length}`);
    mkdirSync(root, { recursive: true });
    this.mount(['-t', 'overlay', 'overlay', '-o', `ro,lowerdir=${layers.join(':')}`, root]);
    this.mount(['-t', 'proc', 'proc', path.join(root, 'proc')]);
    this.mount(['--bind', '/dev', path.join(root, 'dev')]);
    this.mount(['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', path.join(root, 'tmp')]);
    for (const [target, source] of Object.entries(volumes)) {
      mkdirSync(source, { recursive: true });
      must('chown', ['-R', user, source]);
      this.mount(['--bind', source, path.join(root, target)]);
    }
    const start = (command, own, namespace) => {
      const inside = ['chroot', `--userspec=${user}`, root, '/usr/bin/env', '-C', workdir, ...command];
      const [program, ...args] = namespace
        ? ['unshare', '--pid', '--fork', '--kill-child=KILL', `--mount-proc=${root}/proc`, ...inside]
        : inside;
      return spawn(program, args, { env: { ...env, ...own }, stdio: ['ignore', 'pipe', 'pipe'] });
    };
    return {
      start: (args = cmd, own = {}) => start([...entrypoint, ...args], own, true),
      exec: (command, own = {}) => start(command, own, false),
    };
  }

  mount(args) {
    must('mount', args);
    this.mounted.push(args.at(-1));
  }

  /** Unmounts all but the first ones. */
  unmount(kept = 0) {
    while (this.mounted.length > kept) must('umount', ['--lazy', this.mounted.pop()]);
  }
}

const PATHS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function expandArgs(text, { args }) {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name) => args[name] ?? '');
}

/** The files of the repository that the build's context has: those that .dockerignore leaves. */
export function buildContext(folder) {
  const ignored = readFileSync(path.join(folder, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(
      (line) =>
        new RegExp(
          `^${line
            .replaceAll('.', '\\.')
            .replaceAll('**/', '(.*/)?')
            .replaceAll(/(?<!\.)\*/g, '[^/]*')}(/|$)`,
        ),
    );
  const files = must('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: folder })
    .split('\n')
    .filter((file) => file !== '' && existsSync(path.join(folder, file)))
    .filter((file) => !ignored.some((pattern) => pattern.test(file)));
  return { folder, files };
}

/** The output of a process and how it ended. */
export async function ended(child, onText = () => undefined) {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => ((stdout += text), onText(text)));
  child.stderr.setEncoding('utf8').on('data', (text) => ((stderr += text), onText(text)));
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)));
  return { code, signal, stdout, stderr };
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}
