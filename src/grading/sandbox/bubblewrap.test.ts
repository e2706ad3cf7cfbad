import { describe, expect, it } from 'vitest';
import { findBubblewrap, INODES, type PythonSandbox, sandboxCommand } from './bubblewrap.ts';

const sandbox: PythonSandbox = {
  bubblewrap: '/usr/bin/bwrap',
  version: '3.11.2',
  uid: 65534,
  limitsProcesses: true,
  mounter: null,
  location: {
    version: '3.11.2',
    executable: '/usr/bin/python3.11',
    library: ['/usr/lib/python3.11', '/usr/lib/python3.11'],
    shared: ['/usr/lib/x86_64-linux-gnu'],
    prefix: '/usr/lib/x86_64-linux-gnu',
    soname: 'libpython3.11.a',
  },
};

describe('the Python sandbox', () => {
  it('says what to install where bubblewrap is missing', async () => {
    await expect(findBubblewrap(['/nowhere', ''])).rejects.toThrow(
      /bwrap is not installed\n.*apt-get install -y bubblewrap/u,
    );
  });

  it('binds nothing writable, and only what CPython needs', () => {
    const args = sandboxCommand(sandbox, 'print(1)', 16);
    const bound = args.flatMap((arg, i) => (arg.startsWith('--ro-bind') ? [args[i + 2]] : []));
    expect(bound).toEqual([
      '/usr/bin/python3.11',
      '/usr/lib/python3.11',
      '/usr/lib/x86_64-linux-gnu',
      '/usr/lib64',
      '/lib64',
    ]);
    expect(args.filter((arg) => /^--(dev-)?bind/u.test(arg))).toEqual([]);
    expect(args).toEqual(
      expect.arrayContaining(['--unshare-all', '--die-with-parent', '--new-session', '--clearenv']),
    );
    expect(args[args.indexOf('--size') + 1]).toBe(String(16 * 2 ** 20));
    expect(args.at(-1)).toBe('print(1)');
  });

  it('has a directory of bounded size and number of files where it can be mounted', () => {
    const mounter = { unshare: ['/usr/bin/unshare', '--user', '--mount'], mount: '/usr/bin/mount' };
    const args = sandboxCommand({ ...sandbox, mounter }, 'print(1)', 16);
    expect(args.slice(0, 6)).toEqual([...mounter.unshare, '--', '/bin/sh', '-c']);
    expect(args).toContain(`size=16m,nr_inodes=${INODES},mode=0700`);
    expect(args.join(' ')).toContain('--bind /tmp /box');
    expect(args.filter((arg) => arg === '--bind')).toHaveLength(1);
    expect(args.at(-1)).toBe('print(1)');
  });
});
