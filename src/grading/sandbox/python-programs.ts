/**
 * @file The Python program, as text, that runs the program under test in the sandbox, and what it shares with the one
 * that runs test code (python-tester.ts).
 *
 * Test code and the program under test never share a process. The test process calls the other by name over the host:
 * values cross as tagged JSON, anything else stays where it is and crosses as a reference. So a program cannot read an
 * expected value, answer with an object that equals everything, or report a success: what runs beside it does not know
 * either. Functions cannot be passed to the program, and changes it makes to its arguments do not come back.
 */

/** Channel, limits and the tagged JSON both programs speak. */
export const COMMON = String.raw`
import os, sys, json, resource
_in = open(3, "rb", closefd=False)
_out = open(3, "wb", closefd=False)

def send(kind, value):
    _out.write((kind + json.dumps(value) + "\n").encode("ascii"))
    _out.flush()

def receive():
    line = _in.readline()
    if not line:
        os._exit(3)
    return json.loads(line)

def first_job():
    # The host sends the program only now: until here, a sandbox could outlive a host that ends.
    send("H", None)
    return receive()

def limit(job):
    for name, value in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))

def describe(error):
    try:
        message = str(error)[:600]
    except BaseException:
        message = ""
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "solution.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return {"type": kinds[0], "kinds": kinds, "message": message, "line": line}

class Uncrossable(TypeError):
    pass

def encode(value, other):
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, int):
        value = int(value)
        return value if -2**53 < value < 2**53 else ["i", hex(value)]
    for tag, types in (("l", list), ("t", tuple), ("s", set), ("f", frozenset)):
        if isinstance(value, types):
            return [tag, [encode(item, other) for item in value]]
    if isinstance(value, dict):
        return ["d", [[encode(k, other), encode(v, other)] for k, v in value.items()]]
    if isinstance(value, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, (str, float)):
        return (str if isinstance(value, str) else float)(value)
    return other(value)

def decode(value, other):
    if not isinstance(value, list):
        return value
    tag = value[0]
    if tag == "i":
        return int(value[1], 16)
    if tag in "ltsf":
        return {"l": list, "t": tuple, "s": set, "f": frozenset}[tag](decode(v, other) for v in value[1])
    if tag == "d":
        return {decode(k, other): decode(v, other) for k, v in value[1]}
    if tag == "b":
        return bytes.fromhex(value[1])
    if tag == "c":
        return complex(value[1], value[2])
    return other(value)
`;

/** Runs the program under test: as a script, for one call, or as a server of calls. */
export const PROGRAM_RUNNER = `${COMMON}
import itertools, operator

def plain(value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else {"$number": repr(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {k if isinstance(k, str) else json.dumps(k): plain(v) for k, v in value.items()}
    raise TypeError("a " + type(value).__name__ + " is no JSON value")

def look_up(space, path):
    first, *rest = path.split(".")
    if first in space:
        value = space[first]
    elif not rest and hasattr(space.get("Solution"), first):
        value = getattr(space["Solution"](), first)
    else:
        raise NameError("the program does not define " + path)
    for name in rest:
        value = getattr(value() if isinstance(value, type) else value, name)
    return value

loops = []

def complete(awaitable):
    import asyncio
    if not loops:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[0])
    async def finish():
        return await awaitable
    return loops[0].run_until_complete(finish())

class Items:
    """An iterator that stays here: only its items cross."""
    def __init__(self, items):
        self.items = items

class operators:
    """What test code may do with a reference. No comparison: its answer would be the program's."""
    bool, len, str, repr, set = bool, len, str, repr, setattr
    getitem, setitem, delitem = operator.getitem, operator.setitem, operator.delitem

def kinds_of(value):
    """Names of the bases of an exception, from itself on; null for anything else."""
    is_exception = isinstance(value, type) and issubclass(value, Exception)
    return [kind.__name__ for kind in value.__mro__] if is_exception else None

def serve(space):
    references = []
    def refer(value):
        references.append(value)
        return ["a" if type(value).__name__ == "coroutine" else "r", len(references) - 1]
    def take(value):
        return look_up(space, value[1]) if value[0] == "n" else references[value[1]]
    def operate(operation, target, rest):
        if operation == "call":
            args, names = (decode(value, take) for value in rest)
            return target(*args, **names)
        if operation == "get":
            return getattr(target, rest[0])
        if operation == "await":
            return complete(target)
        if operation == "aiter":
            return type(target).__aiter__(target)
        if operation == "iter":
            return Items(iter(target))
        return getattr(operators, operation)(target, *(decode(value, take) for value in rest))
    def answer(operation, target, *rest):
        target = take(target)
        if operation == "anext":
            try:
                return {"value": encode(complete(type(target).__anext__(target)), refer)}
            except StopAsyncIteration:
                return {"end": True}
        if operation == "next":
            try:
                return {"value": encode(next(target), refer)}
            except StopIteration:
                return {"end": True}
        if operation == "take":
            items = list(itertools.islice(target.items, rest[0]))
            return {"value": encode(items, refer), "end": len(items) < rest[0]}
        return {"value": encode(operate(operation, target, rest), refer)}
    module = type(sys)
    names = [name for name, value in space.items() if not name.startswith("__") and type(value) is not module]
    send("N", {name: kinds_of(space[name]) for name in names})
    while True:
        request = receive()
        try:
            reply = answer(*request)
        except BaseException as error:
            reply = {"error": describe(error)}
        send("R", reply)

def main():
    job = first_job()
    limit(job)
    import builtins, types
    # The module site, which is not loaded, would define them.
    builtins.exit = builtins.quit = sys.exit
    name = "__main__" if job["kind"] == "script" else "solution"
    module = types.ModuleType(name)
    sys.modules[name] = module
    space = module.__dict__
    sys.argv = ["solution.py"]
    try:
        exec(compile(job["code"], "solution.py", "exec"), space)
        if job["kind"] == "call":
            result = look_up(space, job["function"])(*job["args"])
            send("V", plain(complete(result) if hasattr(type(result), "__await__") else result))
            os._exit(0)
        if job["kind"] == "serve":
            serve(space)
    except SystemExit as error:
        if job["kind"] == "script":
            raise
        send("E", {"type": "SystemExit", "message": "the program ended itself", "line": None})
    except BaseException as error:
        send("E", describe(error))
        os._exit(1)

main()
`;
