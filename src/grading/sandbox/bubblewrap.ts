/**
 * @file The Python sandbox of this machine: which programs it is made of, and the command line that builds it.
 *
 * Inside there is CPython's executable, its standard library, the system's shared libraries (all read-only), an empty
 * /dev, and one writable directory in memory. No /etc, /proc, /home, /tmp of the host, no shell, no installed packages;
 * network, processes, IPC and host name are namespaces of its own.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { Confined } from './confined.ts';
import { seccompFilter } from './seccomp.ts';

/** The user a sandbox is started as by root: limits on processes do not hold for root. */
const NOBODY = 65534;
const PROBE_TIME_MS = 20_000;
const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'];
/** Files, directories and links a program may have at one time: each takes memory of the kernel, empty ones too. */
export const INODES = 4096;
/** Where the writable directory is mounted first: hidden in the sandbox, and there on every machine. */
const MOUNT_POINT = '/tmp';
/** Directories of shared libraries outside the standard library, where they exist. */
const LIBRARIES = ['/usr/lib64', '/lib64'];

/** Says where CPython keeps what it needs. */
const LOCATE = `
import json, os, sys, sysconfig
paths = sysconfig.get_paths()
multiarch = sysconfig.get_config_var("MULTIARCH") or ""
print(json.dumps({
    "version": sys.version.split()[0],
    "executable": os.path.realpath(sys.executable),
    "library": [paths["stdlib"], paths["platstdlib"]],
    "shared": ["/usr/lib/" + multiarch, "/lib/" + multiarch] if multiarch else [],
    "prefix": sysconfig.get_config_var("LIBDIR") or "",
    "soname": sysconfig.get_config_var("INSTSONAME") or "",
}))
`;

const locationSchema = z.object({
  version: z.string(),
  executable: z.string(),
  library: z.array(z.string()),
  shared: z.array(z.string()),
  prefix: z.string(),
  soname: z.string(),
});
type Location = z.output<typeof locationSchema>;

/** What mounts the writable directory with a bound on its inodes, which bubblewrap has no option for. */
export interface Mounter {
  /** util-linux's `unshare`, with the namespaces it must make. */
  readonly unshare: readonly string[];
  /** util-linux's `mount`. */
  readonly mount: string;
}

/** What a Python sandbox is made of here. */
export interface PythonSandbox {
  readonly bubblewrap: string;
  /** CPython's version, e.g. `3.11.2`. */
  readonly version: string;
  /** User sandboxes are started as; null for the caller's own. */
  readonly uid: number | null;
  /** Whether the number of processes can be limited: not where only root itself may build namespaces. */
  readonly limitsProcesses: boolean;
  /** Null where the number of files cannot be limited, only their size. */
  readonly mounter: Mounter | null;
  readonly location: Location;
}

async function usable(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** The paths of programs in these directories; null where one is missing. */
async function findProgram(name: string, directories: readonly string[]): Promise<string | null> {
  for (const directory of directories) {
    const file = join(directory || '/', name);
    if (await usable(file, constants.X_OK)) return file;
  }
  return null;
}

const onPath = () => (process.env.PATH ?? '').split(delimiter).concat('/usr/bin', '/bin');

/** The program bwrap in the first of these directories that has it; throws UserError saying how to install it. */
export async function findBubblewrap(directories: readonly string[] = onPath()): Promise<string> {
  const file = await findProgram('bwrap', directories);
  if (file !== null) return file;
  throw new UserError(
    'Python programs are run under bubblewrap, and bwrap is not installed',
    'Install it, e.g.: apt-get install -y bubblewrap',
  );
}

async function findPython(): Promise<Location> {
  for (const file of PYTHONS) {
    if (!(await usable(file, constants.X_OK))) continue;
    const { stdout } = await promisify(execFile)(file, ['-I', '-S', '-c', LOCATE], { env: {} });
    return locationSchema.parse(JSON.parse(stdout));
  }
  throw new UserError(
    `Python programs need the system's CPython, and there is no ${PYTHONS.join(' or ')}`,
    'Install it, e.g.: apt-get install -y python3',
  );
}

/** The paths the sandbox sees, each bound read-only at its own place; what does not exist is passed over. */
function visible({ executable, library, shared, prefix, soname }: Location): string[] {
  const own = soname.endsWith('.a') || soname === '' ? [] : [join(prefix, soname)];
  return [...new Set([executable, ...library, ...shared, ...LIBRARIES, ...own])];
}

/** Mounts a tmpfs with the options $1, then becomes the command that follows. */
const MOUNT_SCRIPT = `"$0" -t tmpfs -o "$1" box ${MOUNT_POINT} && shift && exec "$@"`;

/** The command line of one run of CPython with `script` as its program. */
export function sandboxCommand(sandbox: PythonSandbox, script: string, filesMb: number): string[] {
  const command = [sandbox.bubblewrap, ...bubblewrapArguments(sandbox, script, filesMb)];
  if (sandbox.mounter === null) return command;
  const { unshare, mount } = sandbox.mounter;
  const options = `size=${filesMb}m,nr_inodes=${INODES},mode=0700`;
  return [...unshare, '--', '/bin/sh', '-c', MOUNT_SCRIPT, mount, options, ...command];
}

function bubblewrapArguments(sandbox: PythonSandbox, script: string, filesMb: number): string[] {
  const { executable, prefix } = sandbox.location;
  const box =
    sandbox.mounter === null ? ['--size', `${filesMb * 2 ** 20}`, '--tmpfs'] : ['--bind', MOUNT_POINT];
  const groups = [
    ['--unshare-all', '--unshare-user', '--uid', `${NOBODY}`, '--gid', `${NOBODY}`],
    ['--hostname', 'sandbox', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    visible(sandbox.location).flatMap((path) => ['--ro-bind-try', path, path]),
    ['--dev', '/dev', '--remount-ro', '/dev'],
    [...box, '/box', '--symlink', 'box', '/tmp', '--chdir', '/box'],
    ['--remount-ro', '/', '--clearenv', '--setenv', 'HOME', '/box', '--setenv', 'LANG', 'C.UTF-8'],
    ['--setenv', 'LD_LIBRARY_PATH', prefix, '--setenv', 'PYTHONHASHSEED', '0'],
    ['--setenv', 'MALLOC_ARENA_MAX', '1', '--seccomp', '4'],
    ['--', executable, '-I', '-S', '-B', '-X', 'utf8', '-c', script],
  ];
  return groups.flat();
}

/** Null where a sandbox of this user works, else what its programs say. */
async function tryOut(sandbox: PythonSandbox): Promise<string | null> {
  const child = new Confined({
    command: sandboxCommand(sandbox, 'open("x", "w").close()\nprint(6 * 7)', 1),
    uid: sandbox.uid,
    seccomp: seccompFilter(1),
    stdin: '',
    timeMs: PROBE_TIME_MS,
    outputBytes: 2 ** 16,
  });
  const { stdout, stderr, status, stopped } = await child.ended;
  if (stdout === '42\n') return null;
  return stderr.trim() || (stopped ?? `exit status ${status}`);
}

async function findSandbox(): Promise<PythonSandbox> {
  const bubblewrap = await findBubblewrap();
  const location = await findPython();
  const root = process.getuid?.() === 0;
  const [unshare, mount] = await Promise.all(['unshare', 'mount'].map((name) => findProgram(name, onPath())));
  let refusal: string | null = null;
  for (const uid of root ? [NOBODY, null] : [null]) {
    const limitsProcesses = !root || uid !== null;
    const namespaces = limitsProcesses ? ['--user', '--map-root-user', '--mount'] : ['--mount'];
    const bounded = unshare && mount ? [{ unshare: [unshare, ...namespaces], mount }] : [];
    for (const mounter of [...bounded, null]) {
      const sandbox = { bubblewrap, version: location.version, uid, limitsProcesses, mounter, location };
      refusal = await tryOut(sandbox);
      if (refusal === null) return sandbox;
    }
  }
  throw new UserError(
    `bubblewrap cannot build a sandbox here: ${refusal}`,
    'Run as root, or allow user namespaces: sysctl user.max_user_namespaces=10000 ' +
      'kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist); ' +
      'in a container, start it with --security-opt seccomp=unconfined.',
  );
}

let found: Promise<PythonSandbox> | undefined;

/**
 * The Python sandbox of this machine, tried out once per process. Throws UserError saying what to install or to allow
 * where there is none.
 */
export function pythonSandbox(): Promise<PythonSandbox> {
  found ??= findSandbox();
  return found;
}
