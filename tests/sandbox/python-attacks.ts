/** @file Hostile Python programs. */
import { ASSERT, type Attack, CALL, SECRET, SHORT, SMALL, TWICE } from './attack.ts';

/** Tries each expression; prints `contained` where all raise. */
const refused = (...attempts: string[]) => `
for attempt in ${JSON.stringify(attempts)}:
    try:
        exec(attempt)
    except Exception:
        continue
    print("ESCAPED", attempt)
print("contained")`;

/** Calls libc directly; prints `contained` where every call fails. */
const libc = (...calls: string[]) => `
import ctypes
libc = ctypes.CDLL(None)
results = [${calls.join(', ')}]
print("contained" if all(result == -1 for result in results) else results)`;

/** @param canary - path of a file of the host */
export const pythonAttacks = (canary: string): Attack[] => [
  { name: 'fork bomb', code: 'import os\nwhile True: os.fork()', verdict: 'error' },
  {
    name: 'fork bomb where processes are allowed',
    code: 'import os\nwhile True: os.fork()',
    verdict: 'error',
    limits: { processes: 4 },
  },
  {
    name: 'os.system',
    code: 'print("contained" if __import__("os").system("id") else 0)',
    verdict: 'passed',
  },
  { name: 'subprocess', code: 'import subprocess\nsubprocess.run(["/bin/sh"])', verdict: 'error' },
  {
    name: 'multiprocessing',
    code: 'import multiprocessing as m\nm.Process(target=print).start()',
    verdict: 'error',
  },
  {
    name: 'many threads',
    code: 'import threading,time\nwhile 1: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()',
    verdict: ['error', 'memory'],
  },
  {
    name: 'daemon by two forks, where processes are allowed',
    code: 'import os,time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    time.sleep(60)\n  os._exit(0)\nprint("contained")',
    verdict: 'passed',
    limits: { processes: 4 },
  },
  {
    name: 'exec of itself keeps the limits',
    code: 'import os,sys\nos.execv(sys.executable, ["python", "-c", "import os\\ntry: os.fork()\\nexcept OSError: print(\'contained\')"])',
    verdict: 'passed',
  },
  {
    name: 'list without end',
    code: 'a=[]\nwhile 1: a.append(bytes(10**6))',
    verdict: 'memory',
    limits: SMALL,
  },
  { name: 'one huge object', code: 'bytes(10**11)', verdict: 'memory' },
  {
    name: 'generator without end',
    code: 'import itertools\nlist(itertools.count())',
    verdict: 'memory',
    limits: SMALL,
  },
  {
    name: 'decompression bomb',
    code: 'import zlib\nb=zlib.compress(bytes(10**7))\nzlib.decompress(b)\nx=[zlib.decompress(b) for _ in range(10**4)]',
    verdict: 'memory',
    limits: SMALL,
  },
  { name: 'memory outside the address space', code: 'import os\nos.memfd_create("x")', verdict: 'error' },
  {
    name: 'System V shared memory',
    code: libc('libc.shmget(0, 10**9, 0o1600)', 'libc.msgget(0, 0o1600)'),
    verdict: 'passed',
  },
  { name: 'huge integer', code: 'x = 9**9**9', verdict: ['timeout', 'memory'], limits: SHORT },
  { name: 'output flood', code: 'while 1: print("x" * 10**5)', verdict: 'output' },
  {
    name: 'flood of the error output',
    code: 'import sys\nwhile 1: sys.stderr.write("x" * 10**5)',
    verdict: 'output',
  },
  {
    name: 'flood of the result channel',
    code: 'import os\ndef f(x):\n  while 1: os.write(3, b"x" * 10**5)',
    verdict: 'output',
    tests: CALL,
  },
  { name: 'deep recursion', code: 'def f(): return f()\nf()', verdict: 'error' },
  {
    name: 'deep recursion in C',
    code: 'import sys\nsys.setrecursionlimit(10**9)\nclass A:\n  def __repr__(s): return repr([s])\nrepr(A())',
    verdict: ['error', 'memory'],
  },
  { name: 'infinite loop', code: 'while True: pass', verdict: 'timeout', limits: SHORT },
  {
    name: 'loop at exit',
    code: 'import atexit\n@atexit.register\ndef f():\n  while 1: pass',
    verdict: 'timeout',
    limits: SHORT,
  },
  { name: 'sleep', code: 'import time\ntime.sleep(1000)', verdict: 'timeout', limits: SHORT },
  {
    name: 'catastrophic regex',
    code: 'import re\nre.match("(a+)+$", "a" * 40 + "b")',
    verdict: 'timeout',
    limits: SHORT,
  },
  {
    name: 'signals ignored',
    code: 'import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n  except Exception: pass\nwhile True: pass',
    verdict: 'timeout',
    limits: SHORT,
  },
  {
    name: 'stops itself',
    code: 'import os,signal\nos.kill(os.getpid(), signal.SIGSTOP)',
    verdict: 'timeout',
    limits: SHORT,
  },
  {
    name: 'stops and kills its parent',
    code: 'import os\nfor s in (19, 9): os.kill(os.getppid(), s)\nprint("contained")',
    verdict: 'passed',
  },
  {
    name: 'kills everything',
    code: 'import os\ntry: os.kill(-1, 9)\nexcept OSError: pass\nprint("contained")',
    verdict: 'passed',
  },
  {
    name: 'kills processes of the host by number',
    code: refused(`import os; os.kill(${process.pid}, 0)`),
    verdict: 'passed',
  },
  { name: '/etc/passwd', code: 'print(open("/etc/passwd").read())', verdict: 'error' },
  {
    name: '/proc and /sys',
    code: refused('open("/proc/self/environ")', 'open("/proc/1/cmdline")', 'import os; os.listdir("/sys")'),
    verdict: 'passed',
  },
  {
    name: 'files of the host',
    code: refused(
      `open(${JSON.stringify(canary)})`,
      'import os; os.listdir("/root")',
      'import os; os.listdir("/home")',
      'import os; os.listdir("/var")',
      'import os; os.listdir("/usr/bin/..") and os.listdir("/usr/share")',
    ),
    verdict: 'passed',
  },
  {
    name: 'symbolic link to a file of the host',
    code: `import os\nos.symlink(${JSON.stringify(canary)}, "link")\nprint(open("link").read())`,
    verdict: 'error',
  },
  {
    name: 'writes outside its directory',
    code: refused(
      'open("/x", "w")',
      'open("/usr/lib/x", "w")',
      'open("/dev/shm/x", "w")',
      'import os; os.remove("/tmp")',
      'import os; os.chmod("/usr/lib", 0o777)',
    ),
    verdict: 'passed',
  },
  { name: 'one huge file', code: 'f = open("x", "wb")\nwhile 1: f.write(bytes(10**6))', verdict: 'error' },
  {
    name: 'many files',
    code: 'i = 0\nwhile 1:\n  i += 1\n  open(str(i), "wb").write(bytes(10**6))',
    verdict: 'error',
  },
  ...[
    ['empty files', 'open(str(i), "w").close()'],
    ['directories', 'os.mkdir(str(i))'],
    ['symbolic links', 'os.symlink("x", str(i))'],
    ['nodes', 'os.mkfifo(str(i))'],
    ['deleted files that stay open', 'fds.append(os.open(str(i % 60), os.O_CREAT)); os.mkdir("d" + str(i))'],
  ].map(([what, make]) => ({
    name: `${what} without end`,
    code: `import os\nfds = []\ni = 0\nwhile i < 10**5:\n  i += 1\n  ${make}`,
    verdict: 'error' as const,
  })),
  {
    name: 'number of files, all at once',
    code: `import os\ni = 0\ntry:\n  while i < 10**5:\n    i += 1\n    open(str(i), "w").close()\nexcept OSError: pass\nprint("contained" if i < 10**4 else i)`,
    verdict: 'passed',
  },
  {
    name: 'inodes raised',
    code: libc(
      'libc.mount(b"box", b"/box", b"tmpfs", 32, b"nr_inodes=0")',
      'libc.mount(b"box", b"/tmp", b"tmpfs", 0, 0)',
    ),
    verdict: 'passed',
  },
  {
    name: 'forges the names it defines',
    code: 'import os, json\nos.write(3, b"N" + json.dumps(dict.fromkeys(["f", "__name__", "__builtins__", "__class__", "__file__"])).encode() + b"\\n")\ndef f(x): return 1',
    verdict: ['wrong', 'error'],
    tests: ASSERT,
  },
  {
    name: 'leaves the main guard of test code out',
    code: 'import os\nos.write(3, b\'N{"f": null, "__name__": null}\\n\')\n__name__ = "x"\ndef f(x): return 1',
    verdict: ['wrong', 'error'],
    tests: { code: [`f(1)\nif __name__ == "__main__": assert f(1) == "${SECRET}"`] },
  },
  {
    name: 'answers with other tags',
    code: 'import os, json\ndef f(x):\n  os.write(3, b\'R{"end": true}\\n\')\n  os._exit(0)',
    verdict: ['wrong', 'error'],
    tests: ASSERT,
  },
  {
    name: 'coroutine that never ends',
    code: 'import asyncio\nasync def f(x): await asyncio.Event().wait()',
    verdict: 'timeout',
    tests: { code: [`import asyncio\nassert asyncio.run(f(1)) == "${SECRET}"`] },
    limits: SHORT,
  },
  {
    name: 'skips the test that calls it',
    code: 'import unittest\ndef f(x): raise unittest.SkipTest("no")',
    verdict: ['wrong', 'error'],
    tests: {
      code: [
        `import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(f(1), "${SECRET}")`,
        `def test_f(): assert f(1) == "${SECRET}"`,
      ],
    },
  },
  {
    name: 'skips by an exception of its own',
    code: 'class SkipTest(Exception): pass\nclass Skipped(SkipTest): pass\nclass Untested(Skipped): pass\ndef f(x): raise Untested("no")',
    verdict: ['wrong', 'error'],
    tests: {
      code: [
        `import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(f(1), "${SECRET}")`,
        `import pytest\ndef test_f(): assert f(1) == "${SECRET}"`,
      ],
    },
  },
  {
    name: 'forges exceptions',
    code: 'import os\nos.write(3, b\'N{"f": ["f", "Exception"], "T": ["T", "SystemExit"], "unittest": ["unittest"]}\\n\')\ndef f(x): return 1',
    verdict: ['wrong', 'error'],
    tests: {
      code: [
        `f(1)\nassert f(1) == "${SECRET}"`,
        `import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(f(1), "${SECRET}")`,
      ],
    },
  },
  {
    name: 'object whose operators say yes',
    code: 'class D:\n  def __getattr__(s, n): return D()\n  def __call__(s, *a): return D()\n  def yes(s, *a): return True\n  def me(s, *a): return s\n  __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __contains__ = yes\n  __sub__ = __rsub__ = __abs__ = __add__ = __round__ = me\n  def __len__(s): return 2\n  def __getitem__(s, i):\n    if i > 1: raise IndexError(i)\n    return D()\ndef f(x): return D()',
    verdict: ['wrong', 'error'],
    tests: {
      code: [
        `assert f(1) == "${SECRET}"`,
        'assert abs(f(1) - 4) < 1e-6',
        'assert 4 in f(1)',
        'assert f(1)[0] == 4',
        'assert f(1) <= 4',
        'assert f(1) != 5 and round(f(1)) == 4',
        'assert list(f(1)) == [4, 4]',
        'assert sorted(f(1)) == [4, 4]',
      ],
    },
  },
  {
    name: 'replaces the tests',
    code: 'class T: pass\ndef load_tests(*a): return []\ndef setup_function(): pass\ndef main(): pass\ndef test_f(): pass\ndef f(x): return 1',
    verdict: ['wrong', 'error'],
    tests: {
      code: [
        `import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(f(1), "${SECRET}")\nunittest.main()`,
        `def test_f(): assert f(1) == "${SECRET}"`,
      ],
    },
  },
  {
    name: 'file left for the next case',
    code: 'import os\nprint("contained" if os.listdir(".") == [] else "ESCAPED")\nopen("x", "w").write(input())',
    verdict: 'passed',
    tests: TWICE,
  },
  { name: 'open files without end', code: 'a=[]\nwhile 1: a.append(open("/dev/null"))', verdict: 'error' },
  { name: 'terminal of the host', code: 'open("/dev/tty", "w")', verdict: 'error' },
  {
    name: 'sockets',
    code: refused(
      'import socket; socket.socket()',
      'import socket; socket.create_connection(("127.0.0.1", 22), 1)',
      'import socket; socket.socket(socket.AF_UNIX)',
      'import urllib.request as u; u.urlopen("http://1.1.1.1", timeout=1)',
    ),
    verdict: 'passed',
  },
  {
    name: 'environment',
    code: 'import os\nprint("contained" if not any("SECRET" in k for k in os.environ) else "ESCAPED")',
    verdict: 'passed',
  },
  { name: 'packages of the host', code: 'import pip', verdict: 'error' },
  {
    name: 'ctypes: processes, namespaces, mounts',
    code: libc(
      'libc.fork()',
      'libc.unshare(0x10000000)',
      'libc.setns(0, 0)',
      'libc.mount(b"x", b"/box", b"tmpfs", 0, 0)',
      'libc.umount2(b"/box", 0)',
      'libc.chroot(b"/box")',
      'libc.ptrace(0, 0, 0, 0)',
      'libc.setuid(0)',
    ),
    verdict: 'passed',
  },
  {
    name: 'limits raised',
    code: refused(
      'import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))',
      'import resource as r; r.setrlimit(r.RLIMIT_CPU, (-1, -1))',
      'import resource as r; r.setrlimit(r.RLIMIT_NPROC, (-1, -1))',
    ),
    verdict: 'passed',
  },
  {
    name: 'unpickles a command',
    code: 'import pickle\nprint("contained" if pickle.loads(b"cposix\\nsystem\\n(S\'id\'\\ntR.") else 0)',
    verdict: 'passed',
  },
  {
    name: 'exits before it returns',
    code: 'import sys\ndef f(x): sys.exit(0)',
    verdict: 'error',
    tests: CALL,
  },
  { name: 'exits at once', code: 'import os\ndef f(x): os._exit(0)', verdict: 'error', tests: CALL },
  {
    name: 'ends the process of test code',
    code: 'import os\ndef f(x): os._exit(0)',
    verdict: 'error',
    tests: ASSERT,
  },
  {
    name: 'prints by other means',
    code: 'import sys,io\nsys.stdout = io.StringIO()\nprint("contained")',
    verdict: 'wrong',
  },
  {
    name: 'forges a result',
    code: 'import os\ndef f(x):\n  os.write(3, b"V1\\nP\\n")\n  os._exit(0)',
    verdict: 'error',
    tests: CALL,
  },
  {
    name: 'forges a returned value',
    code: 'import os\ndef f(x):\n  os.write(3, b"V1\\n")\n  os._exit(0)',
    verdict: 'wrong',
    tests: CALL,
  },
  {
    name: 'forges a passed test',
    code: 'import os\nos.write(3, b"P null\\n")\ndef f(x): return 1',
    verdict: 'error',
    tests: ASSERT,
  },
  {
    name: 'forges a passed test later',
    code: 'import os\ndef f(x):\n  os.write(3, b"R{\\"value\\":0}\\nP null\\n")\n  return 1',
    verdict: ['wrong', 'error'],
    tests: ASSERT,
  },
  {
    name: 'equals everything',
    code: 'class E(str):\n  __hash__ = None\n  def __eq__(s, o): return True\n  def __ne__(s, o): return False\nclass D:\n  __eq__ = E.__eq__\ndef f(x): return D()',
    verdict: 'wrong',
    tests: ASSERT,
  },
  {
    name: 'string that equals everything',
    code: 'class E(str):\n  def __eq__(s, o): return True\ndef f(x): return E("x")',
    verdict: 'wrong',
    tests: ASSERT,
  },
  {
    name: 'overrides what test code uses',
    code: 'import builtins\nbuiltins.AssertionError = int\nassert_ = len = str = list = lambda *a: 0\nbuiltins.__debug__2 = 0\ndef f(x): return 1',
    verdict: 'wrong',
    tests: ASSERT,
  },
  {
    name: 'looks for the expected value in memory',
    code: `
import gc, sys, os
needle = "".join(["S3", "CR", "ET-"])
def f(x):
    frame = sys._getframe()
    seen = [str(o) for o in gc.get_objects() if isinstance(o, (dict, list, tuple, str)) and o is not seen_before]
    while frame:
        seen.append(str(frame.f_locals)); seen.append(str(frame.f_globals)); frame = frame.f_back
    os.set_blocking(3, False)
    try: seen.append(str(os.read(3, 10**6)))
    except OSError: pass
    for text in seen:
        at = text.find(needle)
        if at >= 0: return text[at:at + 11]
    return "contained"
seen_before = []`,
    verdict: 'wrong',
    tests: CALL,
  },
];
