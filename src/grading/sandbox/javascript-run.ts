/**
 * @file One case of a JavaScript program in QuickJS, from start to outcome. Runs in a worker thread: a program may keep
 * the thread busy where no interrupt reaches it, and then the thread is ended.
 */
import { newQuickJSWASMModule, newVariant, type QuickJSWASMModule, RELEASE_SYNC } from 'quickjs-emscripten';
import type { Json } from '../../records.ts';
import { Budget, type Described, Guest, GuestError } from './javascript-context.ts';
import { asScript } from './javascript-script.ts';
import type { Limits } from './limits.ts';
import { exceptionFailure, failure, type Outcome } from './outcome.ts';
import type { TestCase } from './tests.ts';

/** What a worker is sent. */
export interface JavascriptJob {
  readonly code: string;
  readonly test: TestCase;
  readonly limits: Limits;
}

/** A wasm instance that has grown beyond this is given up: wasm memory never shrinks. */
const KEPT_BYTES = 64 * 2 ** 20;

/** What an instance holds before it runs anything. */
const OWN_BYTES = 16 * 2 ** 20;
const PAGE_BYTES = 65_536;

/** WebAssembly.Memory, as far as it is used here. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * Lets no run have more than `bytes`; the returned function says whether one wanted to. QuickJS's own limit does not
 * serve here: built for wasm, it cannot ask how large an allocation was, and counts eight bytes for each. Where growing
 * throws, its allocation fails: "out of memory".
 */
function capMemory(memory: WasmMemory, bytes: number): () => boolean {
  const { grow } = Object.getPrototypeOf(memory) as WasmMemory;
  let refused = false;
  memory.grow = (pages) => {
    refused = memory.buffer.byteLength + pages * PAGE_BYTES > bytes;
    if (refused) throw new RangeError('memory limit');
    return grow.call(memory, pages);
  };
  return () => refused;
}

/** An abort of the instance is thrown as well: it need not be printed. */
const QUIET = newVariant(RELEASE_SYNC, { emscriptenModule: { printErr: () => {} } as object });

let kept: Promise<QuickJSWASMModule> | undefined;

/** The names test code may mean functions of the program by. */
function identifiers(code: string): string[] {
  return [...new Set(code.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [])];
}

/** Names test code means its own tools by, also where it forgot to import them: a program must not define these. */
const OF_TESTS = new Set(
  'deepEqual deepStrictEqual strictEqual notStrictEqual notDeepEqual notEqual expect describe it test'.split(
    ' ',
  ),
);

/** Runs test code, which calls the program by name. Where it never does, nothing was tested: an error. */
function runTestCode(program: Guest, tester: Guest, testCode: string): Outcome {
  let called = false;
  const names = identifiers(testCode).filter((name) => program.defines(name));
  const subjects = names.filter((name) => !OF_TESTS.has(name));
  // Where nothing else of the program is named, such a name is what the tests are about.
  for (const name of subjects.length > 0 ? subjects : names) {
    tester.connect(name, (args) => {
      called = true;
      try {
        const value = program.call(name, args, true);
        return `{"value":${value},"promised":${program.promised()}}`;
      } catch (error) {
        if (!(error instanceof GuestError)) throw error;
        return JSON.stringify({ error: error.described, promised: program.promised() });
      }
    });
  }
  const outcome = attempt(() => {
    const settled = tester.run(testCode, 'tests.js');
    return settled ? PASSED : failure('error', 'the test code waits for a promise that is never settled');
  });
  if (outcome.kind === 'failed' && !tester.exited) return outcome;
  if (tester.noted !== null) return raised(tester.noted);
  if (tester.exitCode !== 0)
    return failure('wrong', `the test code ended with exit status ${tester.exitCode}`);
  return called ? PASSED : failure('error', 'the test code never called the program');
}

const PASSED: Outcome = { kind: 'asserted' };

const raised = ({ type, message, line }: Described) => exceptionFailure(type, message, line ?? undefined);

function runCase(
  open: (input: string, testing?: boolean) => Guest,
  job: JavascriptJob,
  budget: Budget,
): Outcome {
  const { code, test, limits } = job;
  const program = open(test.kind === 'stdio' ? test.stdin : '');
  const outcome = attempt(() => {
    program.run(asScript(code), 'solution.js');
    if (test.kind === 'stdio') return printed(program);
    if (test.kind === 'function') return returned(program, test.function, test.args, limits);
    return runTestCode(program, open('', true), test.code);
  });
  return ended(budget, program, test, limits) ?? outcome;
}

function returned(program: Guest, name: string, args: readonly Json[], { outputKb }: Limits): Outcome {
  const json = program.call(name, JSON.stringify(args), false);
  if (json.length > outputKb * 1024) return failure('output', `more than ${outputKb} KB returned`);
  return { kind: 'returned', json };
}

function printed(program: Guest): Outcome {
  if (program.exitCode !== 0) return failure('error', `exit status ${program.exitCode}`);
  return { kind: 'printed', stdout: program.printed };
}

function attempt(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    if (error instanceof GuestError) return raised(error.described);
    throw error;
  }
}

/** What a reached limit, or the program's own exit, makes of a run; null where it ended otherwise. */
function ended(budget: Budget, program: Guest, test: TestCase, limits: Limits): Outcome | null {
  if (budget.reached === 'timeout') return failure('timeout', `more than ${limits.timeMs} ms`);
  if (budget.reached === 'output') return failure('output', `more than ${limits.outputKb} KB of output`);
  if (!program.exited) return null;
  return test.kind === 'stdio' ? printed(program) : failure('error', 'the program ended itself');
}

/** Frees what a run has used; whether the instance can be used again. */
function tidy(module: QuickJSWASMModule, guests: readonly Guest[]): boolean {
  try {
    for (const guest of guests) guest.dispose();
    return module.getWasmMemory().buffer.byteLength <= KEPT_BYTES;
  } catch {
    // QuickJS aborts where a run has left objects behind, e.g. after a stack overflow in its parser.
    return false;
  }
}

/** Runs one case. Never rejects for what the program does, except by an abort of the wasm instance. */
export async function runInQuickJs(job: JavascriptJob): Promise<Outcome> {
  kept ??= newQuickJSWASMModule(QUIET);
  const module = await kept;
  // Until the run has ended well, the instance is in an unknown state.
  kept = undefined;
  const { timeMs, outputKb, memoryMb } = job.limits;
  const full = capMemory(module.getWasmMemory() as WasmMemory, OWN_BYTES + memoryMb * 2 ** 20);
  const budget = new Budget(timeMs, outputKb * 1024);
  const guests: Guest[] = [];
  const open = (input: string, testing = false) => {
    const guest = new Guest(module, budget, input, testing);
    guests.push(guest);
    return guest;
  };
  const outcome = runCase(open, job, budget);
  if (tidy(module, guests)) kept = Promise.resolve(module);
  if (outcome.kind === 'failed' && outcome.verdict === 'error' && full())
    return failure('memory', `more than ${memoryMb} MB`);
  return outcome;
}
