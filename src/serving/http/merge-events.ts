/** @file The events of several requests as one sequence, each taken when it is there; replies are numbered through. */
import type { GenerationEvent } from '../backend.ts';

type Source = AsyncIterator<GenerationEvent>;

/**
 * Waits until every request has been taken; where one is refused the others are ended.
 * @param n - replies of each request: the k-th request's replies are numbered from k · n
 * @throws the first refusal
 */
export async function mergeEvents(
  starting: readonly Promise<Source>[],
  n: number,
): Promise<AsyncIterator<GenerationEvent>> {
  const settled = await Promise.allSettled(starting);
  const sources = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = settled.find((one) => one.status === 'rejected');
  if (refused !== undefined) {
    endAll(sources);
    throw refused.reason;
  }
  return sources.length === 1 ? sources[0]! : merged(sources, n);
}

async function* merged(sources: readonly Source[], n: number): AsyncGenerator<GenerationEvent, undefined> {
  const ready: { source: number; result: Promise<IteratorResult<GenerationEvent>> }[] = [];
  let wake = (): void => undefined;
  const ask = (source: number): void => {
    const result = sources[source]!.next();
    const arrived = (): void => {
      ready.push({ source, result });
      wake();
    };
    result.then(arrived, arrived);
  };
  try {
    for (const source of sources.keys()) ask(source);
    for (let left = sources.length; left > 0; ) {
      if (ready.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const { source, result } = ready.shift()!;
      const { done, value } = await result;
      if (done === true) left -= 1;
      else {
        yield value.type === 'start' ? value : { ...value, index: value.index + source * n };
        ask(source);
      }
    }
  } finally {
    endAll(sources);
  }
}

function endAll(sources: readonly Source[]): void {
  for (const source of sources) source.return?.().catch(() => undefined);
}
