/**
 * @file The part of pytest that test code of single functions uses, as Python text: no package is installed in the
 * sandbox. `test…` functions and methods of `Test…` classes, `raises`, `approx`, `mark.parametrize`, `mark.skip`,
 * `skipif` and `xfail`, fixtures without scope, `setup_method` and `setup_function`. Other fixtures and plugins are left
 * out: a test that asks for one is an error.
 */
export const PYTEST = `
class Skipped(Exception):
    pass

class Raises:
    def __init__(self, kinds, match):
        self.kinds, self.match, self.value = kinds, match, None
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        if error is None:
            raise AssertionError("did not raise " + str(self.kinds))
        if not isinstance(error, self.kinds):
            return False
        self.value, self.type, self.tb = error, kind, trace
        import re
        if self.match is not None and not re.search(self.match, str(error)):
            raise AssertionError("%r does not match %r" % (str(error), self.match))
        return True

def raises(expected_exception, *args, match=None, **names):
    context = Raises(expected_exception, match)
    if not args:
        return context
    with context:
        args[0](*args[1:], **names)
    return context

class Approx:
    def __init__(self, expected, rel=None, abs=None, nan_ok=False):
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok
    def near(self, given, wanted):
        if isinstance(wanted, dict):
            return isinstance(given, dict) and given.keys() == wanted.keys() and all(
                self.near(given[key], wanted[key]) for key in wanted)
        if isinstance(wanted, (list, tuple)):
            return isinstance(given, (list, tuple)) and len(given) == len(wanted) and all(
                map(self.near, given, wanted))
        if isinstance(wanted, (bool, str, type(None))) or not isinstance(given, (int, float, complex)):
            return given == wanted
        if wanted != wanted:
            return self.nan_ok and given != given
        absolute = 1e-12 if self.abs is None else self.abs
        relative = 1e-6 if self.rel is None and self.abs is None else self.rel or 0
        infinite = builtins.abs(wanted) == float("inf")
        return given == wanted or not infinite and builtins.abs(given - wanted) <= max(absolute, relative * builtins.abs(wanted))
    def __eq__(self, given):
        return self.near(given, self.expected)
    __hash__ = None

class Mark:
    """pytest.mark: each mark is kept on its function, most are only names."""
    def __init__(self, name=None, args=(), names=None):
        self.name, self.args, self.names = name, args, names or {}
    def __getattr__(self, name):
        return Mark(name)
    def __call__(self, *args, **names):
        if len(args) == 1 and not names and self.name != "skipif" and (isinstance(args[0], type) or type(args[0]) is type(raises)):
            args[0].pytestmark = [*getattr(args[0], "pytestmark", []), self]
            return args[0]
        return Mark(self.name, args, names)

class Param(tuple):
    pass

class Pytest:
    def __init__(self, space, used):
        self.space, self.used, self.fixtures, self.always, self.done = space, used, {}, [], False

    def module(self):
        module = type(sys)("pytest")
        def fixture(function=None, **options):
            def keep(function):
                name = options.get("name") or function.__name__
                self.fixtures[name] = function
                if options.get("autouse"):
                    self.always.append(name)
                return function
            return keep if function is None else keep(function)
        def stop(kind):
            def raise_it(reason="", **_):
                raise kind(reason)
            return raise_it
        def main(*args, **names):
            before = len(failures)
            self.run()
            return 1 if len(failures) > before else 0
        def param(*values, **_):
            return Param(values)
        for name, value in {"raises": raises, "approx": Approx, "mark": Mark(), "fixture": fixture, "main": main,
                            "param": param, "skip": stop(Skipped), "fail": stop(AssertionError)}.items():
            setattr(module, name, value)
        return module

    def run(self):
        if self.done:
            return
        self.done = True
        for name, value in list(self.space.items()):
            if name.startswith("test") and type(value) is type(raises):
                self.run_function(value, None, self.space, "function")
            elif name.startswith("Test") and isinstance(value, type) and value.__module__ == "__main__":
                self.run_class(value)

    def run_class(self, kind):
        if "unittest" in sys.modules and issubclass(kind, sys.modules["unittest"].TestCase):
            return
        if kind.__init__ is not object.__init__:
            return
        self.fixtures.update((name, value.__get__(kind())) for name, value in vars(kind).items()
                             if any(value is fixture for fixture in self.fixtures.values()))
        getattr(kind, "setup_class", lambda: None)()
        for name in dir(kind):
            if name.startswith("test") and callable(getattr(kind, name)):
                self.run_function(getattr(kind, name), kind, {}, "method")

    def run_function(self, function, kind, space, level):
        marks = [*getattr(kind, "pytestmark", []), *getattr(function, "pytestmark", [])]
        if any(mark.name == "skip" or mark.name == "skipif" and mark.args[:1] and mark.args[0] for mark in marks):
            return
        wanted = any(mark.name == "xfail" for mark in marks)
        for values in self.parameters(marks):
            instance = kind() if kind else None
            method = getattr(instance, function.__name__) if kind else function
            missing = [name for name in self.arguments(method) if name not in values and name not in self.fixtures]
            # A helper, which test code calls itself.
            if missing and function.__name__ in self.used:
                return
            if missing:
                raise Untested("%s: no fixture %s" % (function.__name__, missing[0]))
            try:
                self.run_once(method, values, instance, space, level)
            except Exception as error:
                skipped = (Skipped, sys.modules["unittest"].SkipTest) if "unittest" in sys.modules else Skipped
                if not wanted and not isinstance(error, skipped):
                    return note(error)

    def run_once(self, method, values, instance, space, level):
        ends = []
        def hook(name):
            function = getattr(instance, name + level, None) if instance else space.get(name + level)
            if function is not None and not isinstance(function, Remote):
                function(*[method] * len(self.arguments(function)))
        hook("setup_")
        try:
            made = dict(values)
            for name in self.always:
                self.fixture(name, made, ends)
            given = {name: self.fixture(name, made, ends) for name in self.arguments(method)}
            self.finish(method(**given))
            for end in reversed(ends):
                next(end, None)
        finally:
            hook("teardown_")

    def fixture(self, name, made, ends):
        """The value of a parameter: of parametrize, or of a fixture, which is made once a test."""
        if name not in made:
            function = self.fixtures[name]
            value = function(**{other: self.fixture(other, made, ends) for other in self.arguments(function)})
            if type(value).__name__ == "generator":
                ends.append(value)
                value = next(value)
            made[name] = self.finish(value)
        return made[name]

    def finish(self, result):
        if type(result).__name__ != "coroutine":
            return result
        import asyncio
        return asyncio.run(result)

    def arguments(self, function):
        """Names of the parameters a call must give."""
        bound = hasattr(function, "__self__")
        function = getattr(function, "__wrapped__", function)
        code = getattr(function, "__func__", function).__code__
        names = code.co_varnames[:code.co_argcount - len(function.__defaults__ or ())]
        return names[1:] if bound else names

    def parameters(self, marks):
        rows = [{}]
        for mark in marks:
            if mark.name != "parametrize":
                continue
            names, values = mark.args[0], mark.args[1] if len(mark.args) > 1 else mark.names["argvalues"]
            single = isinstance(names, str) and "," not in names
            keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            cases = [dict(zip(keys, value if isinstance(value, Param) or not single else [value])) for value in values]
            rows = [{**row, **case} for case in cases for row in rows]
        return rows
`;
