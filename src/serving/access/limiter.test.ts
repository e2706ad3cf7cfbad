import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyLimiter, NO_LIMITS } from './limiter.ts';

describe('KeyLimiter', () => {
  it('limits nothing unless told to', () => {
    const limiter = new KeyLimiter(NO_LIMITS, 0);
    for (let i = 0; i < 1000; i++) expect(limiter.admit(0)).toBeNull();
    limiter.settle(1e9, 0);
    expect(limiter.admit(0)).toBeNull();
  });

  it('counts requests at once until they are settled', () => {
    const limiter = new KeyLimiter({ ...NO_LIMITS, concurrent: 2 }, 0);
    expect([limiter.admit(0), limiter.admit(0)]).toEqual([null, null]);
    expect(limiter.admit(0)).toEqual({ limit: 'concurrent', retryAfter: 1 });
    limiter.settle(0, 0);
    expect(limiter.admit(0)).toBeNull();
  });

  it('lets a key in debt wait until it is paid off', () => {
    const limiter = new KeyLimiter({ ...NO_LIMITS, tokensPerMinute: 600 }, 0);
    expect(limiter.admit(0)).toBeNull();
    limiter.settle(1200, 0);
    const refusal = limiter.admit(0);
    expect(refusal?.limit).toBe('tokensPerMinute');
    expect(refusal?.retryAfter).toBeCloseTo(60.1);
    expect(limiter.admit(60_200)).toBeNull();
  });

  it('takes nothing for a refused request', () => {
    const limiter = new KeyLimiter({ requestsPerMinute: 2, tokensPerMinute: 60, concurrent: null }, 0);
    limiter.admit(0);
    limiter.settle(90, 0);
    // In debt of 30 tokens: 31 s. Refusals meanwhile leave the one request that is left.
    for (let i = 0; i < 50; i++) expect(limiter.admit(0)?.limit).toBe('tokensPerMinute');
    expect(limiter.admit(31_001)).toBeNull();
  });

  it('names the limit that holds longest', () => {
    const limiter = new KeyLimiter({ requestsPerMinute: 1, tokensPerMinute: 60, concurrent: null }, 0);
    limiter.admit(0);
    limiter.settle(61, 0);
    expect(limiter.admit(0)).toEqual({ limit: 'requestsPerMinute', retryAfter: expect.closeTo(60, 3) });
  });

  it('keeps requests in flight and debts when limits change', () => {
    const limiter = new KeyLimiter({ requestsPerMinute: null, tokensPerMinute: 60, concurrent: 5 }, 0);
    limiter.admit(0);
    limiter.admit(0);
    limiter.settle(120, 0);
    limiter.setLimits({ requestsPerMinute: null, tokensPerMinute: 60, concurrent: 1 }, 0);
    expect(limiter.admit(0)?.limit).toBe('concurrent');
    limiter.settle(0, 0);
    expect(limiter.admit(0)?.limit).toBe('tokensPerMinute');
    limiter.setLimits(NO_LIMITS, 0);
    expect(limiter.admit(0)).toBeNull();
  });

  it('never has more at once, or more a minute, than it may; a client that waits as told gets in', () => {
    const action = fc.oneof(
      fc.constant({ kind: 'ask' as const }),
      fc.record({ kind: fc.constant('end' as const), tokens: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const limits = { requestsPerMinute: 12, tokensPerMinute: 100, concurrent: 3 };
        const limiter = new KeyLimiter(limits, 0);
        let [now, running] = [0, 0];
        const admitted: number[] = [];
        const ended: [at: number, tokens: number][] = [];
        for (const step of actions) {
          if (step.kind === 'pass') now += step.ms;
          else if (step.kind === 'end' && running > 0) {
            running--;
            ended.push([now, step.tokens]);
            limiter.settle(step.tokens, now);
          } else if (step.kind === 'ask' && limiter.admit(now) === null) {
            running++;
            admitted.push(now);
            // Spent before this request: never more than has flowed in.
            const spent = ended.reduce((sum, [, tokens]) => sum + tokens, 0);
            expect(spent).toBeLessThanOrEqual(limits.tokensPerMinute * (1 + now / 60_000) + 1e-3);
          }
          expect(running).toBeLessThanOrEqual(limits.concurrent);
        }
        admitted.forEach((first, i) => {
          const count = admitted.slice(i).filter((at) => at < first + 60_000).length;
          expect(count).toBeLessThanOrEqual(2 * limits.requestsPerMinute);
        });
        while (running-- > 0) limiter.settle(0, now);
        const refusal = limiter.admit(now);
        if (refusal !== null) expect(limiter.admit(now + refusal.retryAfter * 1000 + 1)).toBeNull();
      }),
    );
  });
});
