/**
 * @file The Python program, as text, that runs test code against a program in another process.
 *
 * Test code is a script, `__main__`. What it only defines is run as its runner would: TestCase classes by unittest,
 * `test…` functions and `Test…` classes as by pytest (python-pytest.ts), docstrings by doctest. A failure that raises
 * nothing counts as well: of a runner, in a thread, in a task nobody awaited. Where the program was never called,
 * nothing was tested, which is an error.
 */
import { COMMON } from './python-programs.ts';
import { PYTEST } from './python-pytest.ts';

/** Speaks with the program: references to its objects, and exceptions it raised. */
const REMOTE = `
import builtins, _thread

# StopIteration would silently end a loop of test code, as PEP 479 says of generators.
HIDDEN = (UnicodeError, StopIteration, StopAsyncIteration)
# Exceptions the program defines, as classes of this process.
exceptions = {}

def exception_of(kinds):
    """The first of these names that is an exception here."""
    for name in kinds:
        kind = exceptions.get(name) or getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind

def fail(error):
    kind = exception_of(error["kinds"])
    if kind is None or kind is Exception or issubclass(kind, HIDDEN):
        raise RuntimeError(error["type"] + ": " + error["message"])
    raise kind(error["message"])

calls = 0
turn = _thread.allocate_lock()

def request(*message):
    global calls
    with turn:
        # Whether a name stands for something says nothing of the program.
        calls += message[0] != "bool"
        send("C", message)
        reply = receive()
    if "error" in reply:
        fail(reply["error"])
    return reply

def ask(*message):
    return decode(request(*message)["value"], refer)

async def wait(target):
    return ask("await", target)

def refer(value):
    return wait(value) if value[0] == "a" else Remote(value)

def refuse(value):
    if isinstance(value, Remote):
        return object.__getattribute__(value, "_target")
    raise Uncrossable("a " + type(value).__name__ + " cannot be passed to the program")

def items(target):
    # More at a time the longer it goes on: a program may make items without end.
    size = 1
    while True:
        reply = request("take", target, size)
        yield from decode(reply["value"], refer)
        if reply["end"]:
            return
        size = min(2 * size, 4096)

class Remote:
    def __init__(self, target):
        object.__setattr__(self, "_target", target)
    def __call__(self, *args, **names):
        return ask("call", self._target, encode(args, refuse), encode(names, refuse))
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return ask("get", self._target, name)
    def __setattr__(self, name, value):
        ask("set", self._target, name, encode(value, refuse))
    def __bool__(self):
        return ask("bool", self._target)
    def __len__(self):
        return ask("len", self._target)
    def __getitem__(self, key):
        return ask("getitem", self._target, encode(key, refuse))
    def __setitem__(self, key, value):
        ask("setitem", self._target, encode(key, refuse), encode(value, refuse))
    def __delitem__(self, key):
        ask("delitem", self._target, encode(key, refuse))
    def __str__(self):
        return ask("str", self._target)
    def __repr__(self):
        return ask("repr", self._target)
    def __next__(self):
        reply = request("next", self._target)
        if "end" in reply:
            raise StopIteration
        return decode(reply["value"], refer)
    def __iter__(self):
        return items(refuse(ask("iter", self._target)))
    def __await__(self):
        return wait(self._target).__await__()
    def __aiter__(self):
        return ask("aiter", self._target)
    async def __anext__(self):
        reply = request("anext", self._target)
        if "end" in reply:
            raise StopAsyncIteration
        return decode(reply["value"], refer)
`;

/**
 * What a name of test code means. Names it neither defines nor imports are the program's, but for modules and well-known
 * helpers: a program must not define what it is compared with.
 */
const NAMES = `
HELPERS = {name: module for module, names in {
    "math": "isclose fabs isnan isinf isfinite inf nan pi",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "copy": "deepcopy", "functools": "reduce partial", "fractions": "Fraction", "decimal": "Decimal",
    "datetime": "date datetime timedelta",
}.items() for name in names.split()}
# Modules whose functions are helpers where they are called with what a function of the program returns.
APPLIED = ("math", "cmath", "statistics", "collections", "itertools", "functools", "operator", "heapq", "bisect", "copy")
ABSENT_MODULES = {"np", "numpy", "pd", "pandas", "scipy", "sympy", "torch"}
ABSENT = ABSENT_MODULES | {"approx", "raises", "allclose", "array_equal", "assert_allclose", "assert_almost_equal",
                           "assert_array_equal"}

# Of large test code the tree would take too much memory; it is generated, and imports what it uses.
ANALYSED = 250_000
PARSED = 0x400

def nodes(tree):
    """All nodes of a syntax tree but constants, which are most of it."""
    from _ast import Constant, Load, Store
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for field in node._fields:
            value = getattr(node, field, None)
            stack.extend(item for item in (value if isinstance(value, list) else [value])
                         if type(item) not in (Constant, Load, Store) and hasattr(item, "_fields"))

class Names:
    def __init__(self, tree):
        self.used, self.bases, self.assigned = set(), set(), set()
        # Names called with literals only, and for each name the names called in its arguments.
        self.literal, self.inner = set(), {}
        for node in nodes(tree):
            kind = type(node).__name__
            if kind == "Name":
                (self.used if type(node.ctx).__name__ == "Load" else self.assigned).add(node.id)
            elif kind == "Attribute" and type(node.value).__name__ == "Name":
                self.bases.add(node.value.id)
            elif kind == "Call" and type(node.func).__name__ == "Name":
                self.call(node)
            elif kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
                self.assigned.add(node.name)
            elif kind == "alias":
                self.assigned.add((node.asname or node.name).split(".")[0])
    def call(self, node):
        name = node.func.id
        inside = [part for argument in [*node.args, *node.keywords] for part in nodes(argument)]
        if not any(type(part).__name__ in ("Name", "Call", "Attribute") for part in inside):
            self.literal.add(name)
        calls = {part.func.id for part in inside if type(part).__name__ == "Call" and type(part.func).__name__ == "Name"}
        self.inner.setdefault(name, set()).update(calls - {name})
    def applied(self, program):
        """Names of standard functions that are called with results of the program: name to module."""
        names = {name for name, inner in self.inner.items() if inner & program and name in program}
        return {name: module for name in names - self.literal - self.assigned
                for module in APPLIED if hasattr(__import__(module), name)}
    def forgotten_modules(self):
        known = sys.stdlib_module_names | ABSENT_MODULES | {"pytest"}
        return (self.bases & known) - self.assigned
    def forgotten_helpers(self, program):
        """Names of well-known helpers that test code uses: name to module, None where that is not installed."""
        known = {**dict.fromkeys(ABSENT), **HELPERS, **self.applied(program)}
        helpers = {name: known[name] for name in (self.used - self.assigned) & known.keys()}
        subjects = (self.used & program) - helpers.keys() - self.bases.intersection(sys.stdlib_module_names)
        # Where nothing else of the program is named, the helper is what the tests are about.
        return helpers if subjects else {}

def fill(space, names, program):
    modules, helpers = names.forgotten_modules(), names.forgotten_helpers(set(program))
    for name in program:
        if not hasattr(builtins, name) and name not in modules and name not in helpers:
            space[name] = exceptions.get(name) or Remote(["n", name])
    for name in modules - ABSENT_MODULES:
        space[name] = __import__(name)
    for name, module in helpers.items():
        if module is not None:
            space[name] = getattr(__import__(module), name)
`;

/** Failures that raise nothing, and tests that nobody starts. */
const RUNNERS = `
ran = {"unittest": 0, "skipped": 0, "main": False}

def watch_unittest():
    import unittest
    Result = unittest.TestResult
    def watched(name, before):
        original = getattr(Result, name)
        def method(self, *args):
            before(*args)
            return original(self, *args)
        setattr(Result, name, method)
    def count(kind):
        def add(*_):
            ran[kind] += 1
        return add
    watched("startTest", count("unittest"))
    watched("addSkip", count("skipped"))
    for name in ("addError", "addFailure"):
        watched(name, lambda test, error: note(error[1]))
    watched("addSubTest", lambda test, sub, error: error and note(error[1]))
    watched("addUnexpectedSuccess", lambda test: note(AssertionError("unexpected success of " + str(test))))
    def started(program, *args, original=unittest.TestProgram.runTests):
        ran["main"] = True
        return original(program, *args)
    unittest.TestProgram.runTests = started

def run_unittest(module):
    import unittest
    cases = [value for value in module.__dict__.values()
             if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "__main__"]
    if cases and ran["unittest"] == 0:
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        unittest.TextTestRunner().run(suite)
    if (cases or ran["main"]) and ran["unittest"] == ran["skipped"] and not failures:
        raise Untested("unittest ran no test")

def watch_doctest():
    import doctest
    original = doctest.DocTestRunner.run
    def run(self, test, *args, **names):
        result = original(self, test, *args, **names)
        if result.failed:
            note(AssertionError("%d of %d examples of the doctest %s failed" % (*result, test.name)))
        return result
    doctest.DocTestRunner.run = run

def run_doctest(module, session):
    import doctest
    if session is None:
        doctest.testmod(module)
    else:
        test = doctest.DocTestParser().get_doctest(session, module.__dict__, "tests", "tests.py", 0)
        doctest.DocTestRunner(verbose=False).run(test)

def watch_tasks():
    import asyncio
    def handle(loop, context):
        if isinstance(context.get("exception"), Exception):
            note(context["exception"])
    asyncio.BaseEventLoop.default_exception_handler = handle

def watch_threads():
    import threading
    threading.excepthook = lambda args: args.exc_type is SystemExit or note(args.exc_value)

WATCHES = {"unittest": watch_unittest, ">>>": watch_doctest, "doctest": watch_doctest, "async": watch_tasks,
           "hread": watch_threads}
`;

/** Parts that only some test code needs, and that take milliseconds to compile. */
export const TEST_PARTS = { runners: RUNNERS, pytest: PYTEST };

const MAIN = `
class Untested(Exception):
    pass

failures = []

def note(error):
    failures.append(describe(error))

def wait_for_threads():
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    if "asyncio" in sys.modules:
        import gc
        gc.collect()

def run(code, program, module, parts):
    space = module.__dict__
    session = code if code.lstrip().startswith(">>>") else None
    script = code if session is None else ""
    compiled = compile(script, "tests.py", "exec")
    names = Names(compile(script if len(script) < ANALYSED else "", "tests.py", "exec", PARSED))
    pytest = None
    if "test" in code.lower():
        exec(parts["pytest"], globals())
        pytest = Pytest(space, names.used)
        sys.modules["pytest"] = pytest.module()
    if any(word in code for word in ("unittest", ">>>", "doctest", "async", "hread")):
        exec(parts["runners"], globals())
        for word, watch in WATCHES.items():
            if word in code:
                watch()
    fill(space, names, program)
    try:
        exec(compiled, space)
    except SystemExit as error:
        if error.code:
            raise
        if pytest and calls:
            pytest.done = True
    if "unittest" in code and "unittest" in sys.modules:
        run_unittest(module)
    if pytest:
        pytest.run()
    if ">>>" in code and calls == 0:
        run_doctest(module, session)

def main():
    job = first_job()
    limit(job)
    builtins.exit = builtins.quit = sys.exit
    sys.argv = ["tests.py"]
    module = sys.modules["__main__"] = type(sys)("__main__")
    module.__file__ = "tests.py"
    solution = sys.modules["solution"] = type(sys)("solution")
    for name, kinds in job["names"].items():
        if kinds is not None and not hasattr(builtins, name):
            exceptions[name] = type(name, (exception_of(kinds[1:]) or Exception,), {})
        setattr(solution, name, exceptions.get(name) or Remote(["n", name]))
    try:
        run(job["code"], job["names"], module, job["parts"])
        wait_for_threads()
        if calls == 0 and not failures:
            raise Untested("the test code never called the program")
    except Untested as error:
        send("U", str(error))
        os._exit(0)
    except SystemExit as error:
        failures.append({"type": "AssertionError", "message": "exit " + str(error.code), "line": None})
    except BaseException as error:
        note(error)
    if failures:
        send("F", failures[0])
    else:
        send("P", None)
    os._exit(0)

main()
`;

/** Runs test code against a program in another process. */
export const TEST_RUNNER = [COMMON, REMOTE, NAMES, MAIN].join('\n');
