/**
 * @file The system calls a Python sandbox refuses, as a seccomp filter for `bwrap --seccomp`.
 *
 * A classic BPF program over `struct seccomp_data` (linux/seccomp.h): calls that a program in an empty namespace never
 * needs fail with EPERM, all others pass. Namespaces already keep the host out; this takes away kernel surface, memory
 * no limit counts (memfd, System V), and, on request, new processes.
 */
import { UserError } from '../../errors.ts';

type Numbers = readonly [x64: number | null, arm64: number | null];

/** Never needed: namespaces and mounts, other processes' memory, kernel facilities, sockets, uncounted memory. */
const REFUSED: { readonly [call: string]: Numbers } = {
  socket: [41, 198],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsmount: [432, 432],
  mount_setattr: [442, 442],
  open_by_handle_at: [304, 265],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
  msgget: [68, 186],
  semget: [64, 190],
  mq_open: [240, 180],
  personality: [135, 92],
  kexec_load: [246, 104],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  syslog: [103, 116],
  acct: [163, 89],
};
/** Start a process whatever their arguments. */
const FORKS: { readonly [call: string]: Numbers } = { fork: [57, null], vfork: [58, null] };
const CLONE: Numbers = [56, 220];
/** Its flags lie in memory, out of a filter's sight: ENOSYS makes the C library fall back to clone. */
const CLONE3: Numbers = [435, 435];

const AUDIT_ARCH: Numbers = [0xc000003e, 0xc00000b7];
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const errno = (code: number) => 0x00050000 | code;
const EPERM = 1;
const ENOSYS = 38;

const CLONE_THREAD = 0x00010000;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const CLONE_NEW = 0x7e020000;
const X32_BIT = 0x40000000;

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;
/** Offsets in struct seccomp_data. */
const NR = 0;
const ARCH = 4;
const ARG0 = 16;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset];
const end = (action: number): Instruction => [RETURN, 0, 0, action];
/** `action` where the loaded word passes the test, else on with the next line. */
const when = (test: number, operand: number, action: number): Instruction[] => [
  [test, 0, 1, operand],
  end(action),
];

/**
 * The filter as bytes of `struct sock_filter[]` (8 bytes each, host order: both supported machines are little-endian).
 * @param processes - 1 refuses new processes; threads are always allowed
 */
export function seccompFilter(processes: number, arch: string = process.arch): Uint8Array {
  const machine = { x64: 0, arm64: 1 }[arch];
  if (machine === undefined)
    throw new UserError(`the Python sandbox does not know the system calls of ${arch}`, 'Use x64 or arm64.');
  const refused = [REFUSED, processes === 1 ? FORKS : {}]
    .flatMap((table) => Object.values(table))
    .flatMap((numbers) => numbers[machine] ?? []);
  const program: Instruction[] = [
    load(ARCH),
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]!],
    end(KILL_PROCESS),
    load(NR),
    ...(arch === 'x64' ? when(JUMP_GREATER_EQUAL, X32_BIT, errno(ENOSYS)) : []),
    ...when(JUMP_EQUAL, CLONE3[machine]!, errno(ENOSYS)),
    ...refused.flatMap((number) => when(JUMP_EQUAL, number, errno(EPERM))),
    [JUMP_EQUAL, 1, 0, CLONE[machine]!],
    end(ALLOW),
    load(ARG0),
    ...when(JUMP_ANY_BIT, CLONE_NEW, errno(EPERM)),
    ...(processes === 1 ? when(JUMP_ANY_BIT, CLONE_THREAD, ALLOW) : []),
    end(processes === 1 ? errno(EPERM) : ALLOW),
  ];
  const bytes = Buffer.alloc(8 * program.length);
  for (const [i, [code, jumpTrue, jumpFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * i);
    bytes.writeUInt8(jumpTrue, 8 * i + 2);
    bytes.writeUInt8(jumpFalse, 8 * i + 3);
    bytes.writeUInt32LE(operand >>> 0, 8 * i + 4);
  }
  return bytes;
}
