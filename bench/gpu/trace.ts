/**
 * @file Breakdown of a GPU's time in a step: kernels, gaps between them, copies and calls of the CUDA runtime.
 *
 *   g++ -shared -fPIC -o trace.so bench/gpu/trace.cc -I<cuda>/include -L<cuda>/lib64 -lcupti
 *   CUDA_INJECTION64_PATH=$PWD/trace.so TRACE_OUT=trace.txt npm run bench -- gpu sft windows=windows.txt
 *   npm run bench -- trace trace.txt windows.txt [kernels]
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A stretch of time in ns; `name` is an index into the trace's names, of copies the kind. */
interface Event {
  readonly start: number;
  readonly end: number;
  readonly name: number;
}

interface Trace {
  readonly names: Map<number, string>;
  readonly kernels: Event[];
  readonly copies: Event[];
  readonly calls: Event[];
}

const MEMSET = -1;
/** CUpti_ActivityMemcpyKind. */
const COPIES = { H2D: 1, D2H: 2, D2D: 8 };

/** Prints each window: its time a step, how busy the GPU was, and the kernels that took most. */
export async function trace(file: string, windows: string, kernels = '12'): Promise<void> {
  const found = await read(file);
  for (const line of readFileSync(windows, 'utf8').trimEnd().split('\n')) {
    const [name = '', from, to, steps = '1'] = line.split(' ');
    report(found, { name, start: Number(from), end: Number(to), steps: Number(steps) }, Number(kernels));
  }
}

/** Lines of trace.cc: N id name, K start end name, C start end kind bytes, S start end bytes, A start end name. */
async function read(file: string): Promise<Trace> {
  const found: Trace = { names: new Map([[MEMSET, 'memset']]), kernels: [], copies: [], calls: [] };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [kind, first, second, third] = line.split(' ', 4);
    const event = (name: number): Event => ({ start: Number(first), end: Number(second), name });
    if (kind === 'N') found.names.set(Number(first), line.slice(`N ${first} `.length));
    else if (kind === 'K') found.kernels.push(event(Number(third)));
    else if (kind === 'S') found.kernels.push(event(MEMSET));
    else if (kind === 'C') found.copies.push(event(Number(third)));
    else if (kind === 'A') found.calls.push(event(Number(third)));
  }
  return found;
}

interface Window {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly steps: number;
}

function report(found: Trace, { name, start, end, steps }: Window, most: number): void {
  const inside = (events: readonly Event[]): Event[] =>
    events.filter((event) => event.start >= start && event.start < end);
  const [kernels, copies] = [inside(found.kernels), inside(found.copies)];
  const { busy, gaps, idle } = occupied([...kernels, ...copies]);
  const a = (value: number, digits = 1): string => (value / steps).toFixed(digits);
  const copied = Object.entries(COPIES).map(
    ([label, kind]) => `${label} ${a(copies.filter((copy) => copy.name === kind).length)}`,
  );
  console.log(
    [
      `== ${name}: window ${a((end - start) / 1e6, 3)} ms/step over ${steps} steps`,
      `GPU busy ${((100 * busy) / (end - start)).toFixed(1)} % (${a(busy / 1e6, 3)} ms/step)`,
      `${a(kernels.length)} kernels/step, mean kernel ${micro(total(kernels), kernels.length)} us`,
      `${a(gaps)} gaps/step of ${micro(idle, gaps)} us`,
      `copies ${copied.join(' ')} /step`,
    ].join('; '),
  );
  const api = byName(inside(found.calls), (id) => (found.names.get(id) ?? '?').replace(/_v\d+$/, ''));
  const calls = [...api].sort((x, y) => y[1].length - x[1].length).slice(0, 7);
  const told = calls.map(
    ([call, events]) => `${call} ${a(events.length)}/step ${a(total(events) / 1e6, 3)} ms`,
  );
  console.log(`   api: ${told.join('; ')}`);
  const all = total(kernels) || 1;
  const slowest = [...byName(kernels, (id) => id)].sort((x, y) => total(y[1]) - total(x[1])).slice(0, most);
  for (const [id, events] of slowest) {
    const share = ((100 * total(events)) / all).toFixed(1).padStart(5);
    const ms = a(total(events) / 1e6, 3).padStart(8);
    console.log(
      `   ${share} %  ${ms} ms/step  ${a(events.length).padStart(7)}x  ${short(found.names.get(id) ?? '?')}`,
    );
  }
}

function byName<Key>(events: readonly Event[], key: (name: number) => Key): Map<Key, Event[]> {
  const groups = new Map<Key, Event[]>();
  for (const event of events) {
    const name = key(event.name);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [event]);
    else group.push(event);
  }
  return groups;
}

function total(events: readonly Event[]): number {
  return events.reduce((sum, { start, end }) => sum + end - start, 0);
}

function micro(nanoseconds: number, count: number): string {
  return (nanoseconds / Math.max(1, count) / 1000).toFixed(2);
}

/** Time in which something ran, the gaps between, and their time. Events may overlap. */
function occupied(events: Event[]): { readonly busy: number; readonly gaps: number; readonly idle: number } {
  let [busy, gaps, idle] = [0, 0, 0];
  let end: number | null = null;
  for (const event of events.sort((x, y) => x.start - y.start)) {
    if (end === null || event.start > end) {
      if (end !== null) {
        gaps++;
        idle += event.start - end;
      }
      busy += event.end - event.start;
      end = event.end;
    } else if (event.end > end) {
      busy += event.end - end;
      end = event.end;
    }
  }
  return { busy, gaps, idle };
}

const NOISE = /\bat::native::|\(anonymous namespace\)::|<unnamed>::|cutlass::|void /g;
const GENERIC = /^(vectorized|unrolled|elementwise|gpu_kernel|legacy)/;
const FUNCTOR =
  /\w*[Ff]unctor\w*|\w+_kernel_cuda|\w+_kernel_impl|direct_copy_kernel\w*|b?float\d+_copy\w*|LoadWithCast/g;

/** A kernel's name that fits a line: of torch's generic kernels what they compute. */
function short(mangled: string): string {
  const demangled = spawnSync('c++filt', [mangled], { encoding: 'utf8' }).stdout?.trim();
  const name = (demangled || mangled).replace(NOISE, '');
  const functors = GENERIC.test(name) ? [...new Set(name.match(FUNCTOR))] : [];
  if (functors.length === 0) return name.slice(0, 95);
  return `${name.split('<')[0]!.slice(0, 22)}:${functors.join(',').slice(0, 70)}`;
}
