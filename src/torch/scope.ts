/**
 * @file Tensor lifetime by scope.
 *
 * Garbage collection frees tensors far too late: JavaScript sees an object of a few bytes where torch holds
 * megabytes. So `scope(fn)` frees every tensor made inside but those it returns or was told to keep. Tensors
 * made outside every scope are freed by `dispose()`, and by a finalizer as the net.
 */

/** What the stack of scopes needs of a tensor. */
export interface Owned {
  readonly disposed: boolean;
  /** Lives until `dispose()`, whatever scope made it. */
  kept: boolean;
  /** Gives up ownership of the handle and returns it, for release in bulk. */
  surrender(): number;
  /** Registers the finalizer that frees a tensor no scope owns. */
  watch(): void;
}

let current: Owned[] | null = null;
let releaseAll: (handles: Float64Array, count: number) => void = () => {};
/** Handles on their way to be released, in memory that the addon reads without a call for each. */
let handles = new Float64Array(256);

/** Room for `count` handles. */
function roomFor(count: number): Float64Array {
  if (count > handles.length) handles = new Float64Array(2 * count);
  return handles;
}

/** Called once by tensor.ts, which owns the native side. */
export function onRelease(release: (handles: Float64Array, count: number) => void): void {
  releaseAll = release;
}

/** Enters a new tensor into the innermost scope, or under the finalizer where there is none. */
export function own(tensor: Owned): void {
  if (current === null) tensor.watch();
  else current.push(tensor);
}

function isOwned(value: object): value is Owned {
  return 'surrender' in value;
}

/** Every tensor inside a value: in arrays, maps, sets and the fields of objects. */
function tensorsIn(value: unknown, seen = new Set<object>(), found = new Set<Owned>()): Set<Owned> {
  if (value === null || typeof value !== 'object' || seen.has(value)) return found;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return found;
  seen.add(value);
  if (isOwned(value)) return found.add(value);
  const iterable = Array.isArray(value) || value instanceof Map || value instanceof Set;
  for (const child of iterable ? value.values() : Object.values(value)) tensorsIn(child, seen, found);
  return found;
}

/**
 * Runs `fn` and frees every tensor it made, except those found in its result (a tensor, or tensors anywhere inside
 * arrays, maps, sets and objects) and those passed to {@link keep}. When `fn` throws, all are freed.
 *
 * @throws TypeError when `fn` returns a promise: another scope could open while it waits.
 */
export function scope<T>(fn: () => T): T {
  const outer = current;
  const inner: Owned[] = [];
  current = inner;
  let returned: ReadonlySet<Owned> | null = null;
  try {
    const result = fn();
    if (result instanceof Promise) throw new TypeError('scope() takes a function that is not async');
    if (typeof result === 'object' && result !== null) returned = tensorsIn(result);
    return result;
  } finally {
    current = outer;
    const freed = roomFor(inner.length);
    let count = 0;
    for (const tensor of inner) {
      if (tensor.disposed || tensor.kept) continue;
      if (returned?.has(tensor)) own(tensor);
      else freed[count++] = tensor.surrender();
    }
    if (count > 0) releaseAll(freed, count);
  }
}

/** Exempts the tensors inside a value from every scope: they live until `dispose()`. Returns the value. */
export function keep<T>(value: T): T {
  for (const tensor of tensorsIn(value)) {
    if (tensor.kept) continue;
    tensor.kept = true;
    tensor.watch();
  }
  return value;
}

/** Frees every tensor inside a value now. */
export function dispose(value: unknown): void {
  const tensors = tensorsIn(value);
  const freed = roomFor(tensors.size);
  let count = 0;
  for (const tensor of tensors) if (!tensor.disposed) freed[count++] = tensor.surrender();
  if (count > 0) releaseAll(freed, count);
}
