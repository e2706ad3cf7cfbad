/** @file Python test code: as scripts, and as unittest, pytest and doctest run it. */
import { pair, type TestCodeCase } from './test-code.ts';

const RIGHT = 'def f(x):\n  if x < 0: raise ValueError("bad input")\n  return 2 * x';
const WRONG = 'def f(x): return 0';
const doubles = (name: string, code: string) => pair(name, RIGHT, WRONG, code);

const unit = (body: string, base = 'unittest.TestCase') => `import unittest\nclass T(${base}):\n${body}\n`;
const METHOD = '  def test_f(self): self.assertEqual(f(2), 4)';

/** Test code that calls nothing of the program. */
const EMPTY: [name: string, code: string][] = [
  ['nothing', ''],
  ['a comment', '# assert f(2) == 4'],
  ['an unrelated assertion', 'assert 1 + 1 == 2'],
  ['a check that is never called', 'def check(candidate):\n  assert candidate(2) == 4'],
  ['a branch that is never taken', 'if False: assert f(2) == 4'],
  ['a name that is only mentioned', 'f'],
  ['a name that is only asked for', 'assert f and callable(f)'],
  ['an exit at once', 'import sys\nsys.exit(0)\nassert f(2) == 4'],
  ['unittest without tests', 'import unittest\nassert f\nunittest.main()'],
  [
    'unittest with methods of other names',
    `${unit('  def check(self): self.assertEqual(f(2), 4)')}unittest.main()`,
  ],
  ['unittest, all skipped', `${unit(`  @unittest.skip("later")\n${METHOD}`)}unittest.main()`],
  [
    'unittest, none run beside a call',
    `f(1)\n${unit(`  @unittest.skip("later")\n${METHOD}`)}unittest.main()`,
  ],
  ['pytest, all skipped', 'import pytest\n@pytest.mark.skip\ndef test_f(): assert f(2) == 4'],
  ['a pytest function without its fixture', 'def test_f(client): assert f(2) == 4'],
  ['doctest without examples', 'import doctest\nassert f\ndoctest.testmod()'],
];

/** The forms of test code; each is run against a right and a wrong program. */
const FORMS: [name: string, code: string][] = [
  ['a main guard', 'if __name__ == "__main__":\n    assert f(2) == 4'],
  ['a main guard with a function', 'def main():\n  assert f(2) == 4\nif __name__ == "__main__": main()'],
  ['a check that is called', 'def check(c):\n  assert c(2) == 4\ncheck(f)'],
  ['an exit status', 'import sys\nsys.exit(0 if f(2) == 4 else 1)'],
  ['an exit message', 'import sys\nsys.exit(None if f(2) == 4 else "wrong")'],
  [
    'a thread',
    'import threading\ndef run(): assert f(2) == 4\nt = threading.Thread(target=run)\nt.start()\nt.join()',
  ],
  [
    'a thread nobody joins',
    'import threading, time\ndef run():\n  time.sleep(0.05)\n  assert f(2) == 4\nthreading.Thread(target=run).start()',
  ],
  [
    'threads of a pool',
    'from concurrent.futures import ThreadPoolExecutor as P\nwith P(4) as p: assert list(p.map(f, range(20))) == [2 * i for i in range(20)]',
  ],
  ['unittest.main()', `${unit(METHOD)}unittest.main()`],
  ['unittest.main() in a main guard', `${unit(METHOD)}if __name__ == "__main__": unittest.main(verbosity=2)`],
  ['unittest.main(exit=False)', `${unit(METHOD)}unittest.main(exit=False)`],
  [
    'unittest.main(argv=…, exit=False)',
    `${unit(METHOD)}unittest.main(argv=["first-arg-is-ignored"], exit=False)`,
  ],
  ['unittest that nobody starts', unit(METHOD)],
  [
    'unittest under another name',
    'from unittest import TestCase\nclass T(TestCase):\n  def test(self): self.assertEqual(f(2), 4)',
  ],
  [
    'unittest by a runner',
    `${unit(METHOD)}suite = unittest.TestLoader().loadTestsFromTestCase(T)\nunittest.TextTestRunner().run(suite)`,
  ],
  [
    'unittest, setUp',
    unit('  def setUp(self): self.want = 4\n  def test_f(self): self.assertEqual(f(2), self.want)'),
  ],
  [
    'unittest, setUpClass that fails',
    unit(`  @classmethod\n  def setUpClass(cls): assert f(2) == 4\n  def test_f(self): f(1)`),
  ],
  [
    'unittest, subtests',
    unit(
      '  def test_f(self):\n    for x in (0, 2):\n      with self.subTest(x=x): self.assertEqual(f(x), 2 * x)',
    ),
  ],
  ['unittest, assertRaises', unit('  def test_f(self):\n    with self.assertRaises(ValueError): f(-1)')],
  [
    'unittest, assertRaisesRegex',
    unit('  def test_f(self): self.assertRaisesRegex(ValueError, "bad", f, -1)'),
  ],
  ['unittest, one skipped', unit(`  @unittest.skip("later")\n  def test_g(self): pass\n${METHOD}`)],
  [
    'unittest, an expected failure',
    unit(`  @unittest.expectedFailure\n  def test_g(self): self.assertEqual(f(1), 3)\n${METHOD}`),
  ],
  [
    'unittest, async',
    unit('  async def test_f(self): self.assertEqual(f(2), 4)', 'unittest.IsolatedAsyncioTestCase'),
  ],
  [
    'unittest in a function',
    'import unittest\ndef main():\n  class T(unittest.TestCase):\n    def test(self): self.assertEqual(f(2), 4)\n  unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nmain()',
  ],
  ['a pytest function', 'def test_f():\n    assert f(2) == 4'],
  ['a pytest function after an assertion', 'f(0)\ndef test_f():\n    assert f(2) == 4'],
  ['a pytest function named test', 'def test(): assert f(2) == 4'],
  ['a pytest class', 'class TestF:\n  def test_f(self): assert f(2) == 4'],
  [
    'a pytest class with setup_method',
    'class TestF:\n  def setup_method(self): self.want = 4\n  def test_f(self): assert f(2) == self.want',
  ],
  ['an async pytest function', 'async def test_f(): assert f(2) == 4'],
  [
    'pytest.main()',
    'import pytest\ndef test_f(): assert f(2) == 4\nif __name__ == "__main__": pytest.main([__file__])',
  ],
  [
    'sys.exit(pytest.main())',
    'import pytest, sys\ndef test_f(): assert f(2) == 4\nif __name__ == "__main__": sys.exit(pytest.main())',
  ],
  [
    'pytest.raises',
    'import pytest\ndef test_f():\n  with pytest.raises(ValueError) as e: f(-1)\n  assert "bad" in str(e.value)',
  ],
  [
    'pytest.raises with match',
    'import pytest\ndef test_f():\n  with pytest.raises((TypeError, ValueError), match="bad"): f(-1)',
  ],
  [
    'pytest.approx',
    'import pytest\ndef test_f(): assert f(0.15) == pytest.approx(0.3)\ndef test_list(): assert [f(1.5)] == pytest.approx([3.0])',
  ],
  [
    'pytest.mark.parametrize',
    'import pytest\n@pytest.mark.parametrize("x,want", [(0, 0), (2, 4)])\ndef test_f(x, want): assert f(x) == want',
  ],
  [
    'pytest.mark.parametrize, stacked',
    'import pytest\n@pytest.mark.parametrize("x", [0, pytest.param(2, id="two")])\n@pytest.mark.parametrize(["k"], [(1,), (3,)])\ndef test_f(x, k): assert k * f(x) == 2 * k * x',
  ],
  [
    'pytest.fixture',
    'import pytest\n@pytest.fixture\ndef want(): return 4\ndef test_f(want): assert f(2) == want',
  ],
  [
    'a pytest fixture that yields',
    'import pytest\n@pytest.fixture()\ndef want():\n  yield 4\n  assert f(2) == 4\ndef test_f(want): assert want == 4',
  ],
  [
    'pytest fixtures that need one another, and one for every test',
    'import pytest\nlog = []\n@pytest.fixture(autouse=True)\ndef start(): log.append(0)\n@pytest.fixture\ndef a(): return [4]\n@pytest.fixture\ndef b(a): return a\ndef test_f(a, b):\n  assert a is b and log\n  assert f(2) == b[0]',
  ],
  [
    'a fixture of a pytest class',
    'import pytest\nclass TestF:\n  @pytest.fixture\n  def want(self): return 4\n  def test_f(self, want): assert f(2) == want',
  ],
  [
    'a helper with parameters that is passed',
    'def test_case(x, want): assert f(x) == want\nfor run in [test_case]: run(2, 4)',
  ],
  ['a helper with parameters that is called', 'def test_case(x, want): assert f(x) == want\ntest_case(2, 4)'],
  ['from solution import', 'from solution import f\ndef test_f(): assert f(2) == 4'],
  ['import solution', 'import solution\ndef test_f(): assert solution.f(2) == 4'],
  ['doctest.testmod()', '"""\n>>> f(2)\n4\n"""\nimport doctest\ndoctest.testmod()'],
  [
    'doctest.testmod() in a main guard',
    'def g():\n  """\n  >>> f(2)\n  4\n  """\nif __name__ == "__main__":\n  import doctest\n  doctest.testmod(verbose=True)',
  ],
  ['docstrings nobody runs', 'def g():\n  """\n  >>> f(2)\n  4\n  """'],
  ['a doctest session', '>>> f(2)\n4\n>>> f(1), f(3)\n(2, 6)\n'],
  [
    'a doctest of an exception',
    '>>> f(-1)\nTraceback (most recent call last):\n  ...\nValueError: bad input\n',
  ],
];

/** Programs whose functions are coroutines, and test code that awaits them. */
const ASYNC: [name: string, code: string][] = [
  ['asyncio.run', 'import asyncio\nassert asyncio.run(f(2)) == 4'],
  ['await', 'import asyncio\nasync def main(): assert await f(2) == 4\nasyncio.run(main())'],
  [
    'gather',
    'import asyncio\nasync def main(): assert await asyncio.gather(f(2), f(3)) == [4, 6]\nasyncio.run(main())',
  ],
  [
    'create_task',
    'import asyncio\nasync def main():\n  t = asyncio.create_task(f(2))\n  assert await t == 4\nasyncio.run(main())',
  ],
  ['run_until_complete', 'import asyncio\nassert asyncio.new_event_loop().run_until_complete(f(2)) == 4'],
  ['an async test', 'async def test_f(): assert await f(2) == 4'],
  [
    'IsolatedAsyncioTestCase',
    unit('  async def test_f(self): self.assertEqual(await f(2), 4)', 'unittest.IsolatedAsyncioTestCase'),
  ],
  [
    'async for',
    'import asyncio\nasync def main(): assert [x async for x in g(3)] == [0, 2, 4]\nasyncio.run(main())',
  ],
  [
    'an exception',
    'import asyncio\ntry: asyncio.run(f(-1))\nexcept ValueError as e: assert str(e) == "bad input"\nelse: assert False',
  ],
  ['a method', 'import asyncio\nassert asyncio.run(C().double(2)) == 4'],
  ['wait_for', 'import asyncio\nassert asyncio.run(asyncio.wait_for(f(2), 5)) == 4'],
];
const ASYNC_RIGHT = `import asyncio
async def f(x):
  await asyncio.sleep(0.001)
  if x < 0: raise ValueError("bad input")
  return 2 * x
async def g(n):
  for i in range(n): yield 2 * i
class C:
  async def double(self, x): return await f(x)`;
const ASYNC_WRONG = `async def f(x): return 0
async def g(n): yield 0
class C:
  async def double(self, x): return 0`;

/** Names that test code forgot to import, which a wrong program defines to its advantage. */
const FORGOTTEN: [name: string, forged: string, code: string][] = [
  ['math', 'class math:\n  isclose = staticmethod(lambda *a, **k: True)', 'assert math.isclose(f(2), 4.0)'],
  [
    'math as a function',
    'class M: pass\nmath = M()\nmath.isclose = lambda *a: True',
    'assert math.isclose(f(2), 4)',
  ],
  ['isclose', 'def isclose(*a, **k): return True', 'assert isclose(f(2), 4.0)'],
  ['fabs', 'def fabs(x): return 0', 'assert fabs(f(2) - 4) < 1e-6'],
  ['sqrt', 'def sqrt(x): return 2', 'assert sqrt(f(2)) == 2'],
  [
    'ceil of a result in an expression',
    'def ceil(x): return 4',
    'for x in (2,): assert ceil(2 * f(x) / 2) == 4',
  ],
  ['Counter', 'def Counter(x): return 0', 'assert Counter([f(2)]) == Counter([4])'],
  ['deepcopy', 'def deepcopy(x): return 4', 'x = [f(2)]\nassert deepcopy(x) == [4]'],
  ['reduce', 'def reduce(*a): return 10', 'assert reduce(max, [f(2), f(3)]) == 6'],
  ['numpy', 'class np:\n  allclose = staticmethod(lambda *a: True)', 'assert np.allclose(f(2), 4)'],
  ['allclose', 'def allclose(*a): return True', 'assert allclose(f(2), 4)'],
  ['pytest', 'class pytest:\n  approx = staticmethod(lambda x: 0)', 'assert f(2) == pytest.approx(4)'],
  ['approx', 'def approx(x): return 0', 'assert f(2) == approx(4)'],
  [
    'unittest',
    'class unittest:\n  class TestCase: pass\n  main = staticmethod(lambda: f(1))',
    unit('').replace('import unittest\n', '').replace(':\n\n', `:\n${METHOD}\n`),
  ],
  [
    'a builtin',
    'def abs(x): return 0\ndef len(x): return 1\ndef sorted(x): return [4]',
    'assert sorted([f(2)]) == [4]',
  ],
  ['__name__', '__name__ = "other"', 'if __name__ == "__main__": assert f(2) == 4'],
];

/** A program that raises StopIteration ends no loop of test code. */
const STOPPED: [name: string, code: string][] = [
  ['all and map', 'assert all(map(f, [2, 3, 5]))'],
  ['list and map', 'assert list(map(f, [])) == list(map(f, [1]))'],
  ['filter', 'assert not list(filter(f, [1, 2]))'],
  ['iter with a sentinel', 'for x in iter(lambda: f(1), None): assert x == 2'],
  ['next with a default', 'assert next(map(f, [1]), 4) == 4'],
  ['zip', 'for a, b in zip(map(f, [1]), [2]): assert a == b'],
  ['a for loop over map', 'for x in map(f, [1, 2]): assert x == 2'],
  ['a generator', 'assert all(f(x) for x in [2, 3, 5])'],
  ['unpacking', 'assert [*map(f, [1])] == []'],
];

const passed = (name: string, program: string, code: string): TestCodeCase => ({
  name,
  program,
  code,
  verdict: 'passed',
});

/** Objects of the program, and what test code does with them. */
const OBJECTS: [name: string, right: string, wrong: string, code: string][] = [
  [
    'attributes that test code sets',
    'class Node:\n  def __init__(s, x): s.x, s.left = x, None\ndef total(n): return n.x + total(n.left) if n else 0',
    'class Node:\n  def __init__(s, x): s.x, s.left = x, None\ndef total(n): return n.x',
    'root = Node(1)\nroot.left = Node(2)\nroot.left.left = Node(3)\nassert total(root) == 6',
  ],
  [
    'length and items',
    'class S:\n  def __len__(s): return 3\n  def __getitem__(s, i): return 2 * i',
    'class S:\n  def __len__(s): return 2\n  def __getitem__(s, i): return 0',
    's = S()\nassert len(s) == 3 and s[2] == 4',
  ],
  [
    'items that test code sets',
    'class S(object):\n  def __init__(s): s.d = {}\n  def __setitem__(s, k, v): s.d[k] = v\n  def __delitem__(s, k): del s.d[k]\n  def all(s): return s.d',
    'class S(object):\n  def __setitem__(s, k, v): pass\n  def __delitem__(s, k): pass\n  def all(s): return {}',
    's = S()\ns["a"] = 1\ns["b"] = 2\ndel s["a"]\nassert s.all() == {"b": 2}',
  ],
  [
    'text of an object',
    'class P:\n  def __str__(s): return "P(1)"\n  def __repr__(s): return "<P>"',
    'class P: pass',
    'assert str(P()) == "P(1)" and repr(P()) == "<P>" and f"{P()}" == "P(1)"',
  ],
  [
    'a linked list',
    'class Node:\n  def __init__(s, x, next=None): s.x, s.next = x, next\ndef f(xs):\n  node = None\n  for x in reversed(xs): node = Node(x, node)\n  return node',
    'class Node:\n  def __init__(s, x, next=None): s.x, s.next = x, next\ndef f(xs): return Node(xs[0])',
    'node, seen = f([1, 2, 3]), []\nwhile node:\n  seen.append(node.x)\n  node = node.next\nassert seen == [1, 2, 3]',
  ],
  [
    'a generator without end',
    'def g():\n  n = 0\n  while True:\n    yield n\n    n += 2',
    'def g():\n  while True: yield 0',
    'import itertools\nassert list(itertools.islice(g(), 5)) == [0, 2, 4, 6, 8]',
  ],
  [
    'next',
    'def g(): yield from [1, 2]',
    'def g(): yield 1',
    'it = g()\nassert next(it) == 1 and next(it) == 2 and next(it, None) is None',
  ],
  [
    'a long generator',
    'def g(n): yield from range(n)',
    'def g(n): yield 0',
    'assert sum(g(20000)) == 199990000',
  ],
  [
    'an exception of the program',
    'class Bad(Exception): pass\nclass Worse(Bad): pass\ndef f(x): raise Worse("no")',
    'class Bad(Exception): pass\nclass Worse(Bad): pass\ndef f(x): raise ValueError("no")',
    'try: f(1)\nexcept Bad as e: assert str(e) == "no" and type(e).__name__ == "Worse"\nelse: assert False',
  ],
  [
    'an exception derived from ValueError',
    'class Bad(ValueError): pass\ndef f(x): raise Bad("no")',
    'class Bad(TypeError): pass\ndef f(x): raise Bad("no")',
    'import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertRaises(ValueError, f, 1)',
  ],
];

export const PYTHON_TEST_CODE: { readonly [kind: string]: readonly TestCodeCase[] } = {
  'without a call of the program': EMPTY.map(([name, code]) => ({
    name,
    code,
    program: RIGHT,
    verdict: 'error',
  })),
  'as its runner runs it': FORMS.flatMap(([name, code]) => doubles(name, code)),
  'that awaits the program': ASYNC.flatMap(([name, code]) => pair(name, ASYNC_RIGHT, ASYNC_WRONG, code)),
  'that uses objects of the program': OBJECTS.flatMap((one) => pair(...one)),
  'that forgot a name': FORGOTTEN.map(([name, forged, code]) => ({
    name,
    code,
    program: `def f(x): return 0\n${forged}`,
    verdict: 'failed',
  })),
  'whose names the program may define': [
    passed(
      'a function named like one of math',
      'def gcd(a, b): return a if b == 0 else gcd(b, a % b)',
      'assert gcd(12, 8) == 4',
    ),
    passed(
      'two such functions',
      'from math import gcd\ndef lcm(a, b): return a * b // gcd(a, b)',
      'assert lcm(4, 6) == 12 and gcd(4, 6) == 2',
    ),
    passed(
      'functions of math that are tested themselves',
      'from math import gcd, lcm\ndef f(x): return 2 * x',
      'assert gcd(12, 8) == 4 and lcm(gcd(4, 6), 3) == 6 and f(1) == 2',
    ),
    passed(
      'a helper that only the program imports',
      'from math import isclose, sqrt\ndef f(x): return sqrt(x)',
      'assert isclose(f(2) ** 2, 2) and sqrt(f(16)) == 2',
    ),
    passed(
      'math, imported by both',
      'import math\ndef f(x): return math.sqrt(x)',
      'import math\nassert math.isclose(f(2) ** 2, 2)',
    ),
    passed(
      'math, imported by the program only',
      'import math\ndef f(x): return math.sqrt(x)',
      'assert math.isclose(f(2) ** 2, 2)',
    ),
    passed(
      'a helper of the problem',
      'def encode(x): return x + 1\ndef decode(x): return x - 1',
      'assert decode(encode(5)) == 5',
    ),
    passed('a function named test_prime', 'def test_prime(n): return n == 7', 'assert test_prime(7)'),
    passed(
      'a class',
      'class Stack:\n  def __init__(s): s.x = []\n  def push(s, v): s.x.append(v)\n  def pop(s): return s.x.pop()',
      's = Stack()\ns.push(3)\nassert s.pop() == 3',
    ),
  ],
  'whose program raises StopIteration': STOPPED.map(([name, code]) => ({
    name,
    code,
    program: 'def f(x): raise StopIteration',
    verdict: 'failed',
  })),
};
