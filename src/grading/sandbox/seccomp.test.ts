import { describe, expect, it } from 'vitest';
import { seccompFilter } from './seccomp.ts';

const X64 = 0xc000003e;
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const KILL = 0x80000000;
const CLONE_THREAD = 0x10000;

/** What the kernel would make of one system call: the four instructions of the filter, interpreted. */
function decide(filter: Uint8Array, call: number, flags = 0, arch = X64): number {
  const program = Buffer.from(filter);
  const data: { readonly [offset: number]: number } = { 0: call, 4: arch, 16: flags };
  let loaded = 0;
  for (let pc = 0; 8 * pc < program.length; pc++) {
    const operand = program.readUInt32LE(8 * pc + 4);
    const jump = (taken: boolean) => {
      pc += program.readUInt8(8 * pc + (taken ? 2 : 3));
    };
    const code = program.readUInt16LE(8 * pc);
    if (code === 0x06) return operand;
    if (code === 0x20) loaded = data[operand]!;
    else if (code === 0x15) jump(loaded === operand);
    else if (code === 0x35) jump(loaded >= operand);
    else if (code === 0x45) jump((loaded & operand) !== 0);
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('the program has no end');
}

describe('the filter of system calls', () => {
  const alone = seccompFilter(1, 'x64');
  const many = seccompFilter(4, 'x64');

  it.each([
    ['read', 0, 0, ALLOW, ALLOW],
    ['socketpair', 53, 0, ALLOW, ALLOW],
    ['socket', 41, 2, EPERM, EPERM],
    ['unshare', 272, 0x10000000, EPERM, EPERM],
    ['mount', 165, 0, EPERM, EPERM],
    ['ptrace', 101, 0, EPERM, EPERM],
    ['memfd_create', 319, 0, EPERM, EPERM],
    ['fork', 57, 0, EPERM, ALLOW],
    ['vfork', 58, 0, EPERM, ALLOW],
    ['clone of a process', 56, 17, EPERM, ALLOW],
    ['clone of a thread', 56, CLONE_THREAD | 0x100, ALLOW, ALLOW],
    ['clone into a user namespace', 56, 0x10000000, EPERM, EPERM],
    ['clone of a thread into a namespace', 56, CLONE_THREAD | 0x20000, EPERM, EPERM],
    ['clone3', 435, 0, ENOSYS, ENOSYS],
    ['the x32 spelling of fork', 0x40000000 + 57, 0, ENOSYS, ENOSYS],
  ])('%s (%d, flags %d)', (_name, call, flags, one, several) => {
    expect(decide(alone, call, flags)).toBe(one);
    expect(decide(many, call, flags)).toBe(several);
  });

  it('kills what calls as another machine', () => {
    expect(decide(alone, 0, 0, 0x40000003)).toBe(KILL);
  });

  it('knows arm64, and says which machines it does not know', () => {
    const arm = seccompFilter(1, 'arm64');
    expect(decide(arm, 198, 0, 0xc00000b7)).toBe(EPERM);
    expect(decide(arm, 220, 17, 0xc00000b7)).toBe(EPERM);
    expect(decide(arm, 63, 0, 0xc00000b7)).toBe(ALLOW);
    expect(() => seccompFilter(1, 's390x')).toThrow('s390x');
  });
});
