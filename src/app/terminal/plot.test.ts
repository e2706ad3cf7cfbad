import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linePlot, movingAverage } from './plot.ts';

const accuracy = {
  name: 'accuracy',
  points: [
    [1, 0.2],
    [2, 0.6],
    [3, 0.9],
  ] as const,
};

describe('linePlot', () => {
  it('draws two axes', () => {
    const svg = linePlot({
      title: 'Zero',
      xLabel: 'step',
      left: { label: 'accuracy', series: [accuracy], include: [0, 1] },
      right: {
        label: 'tokens',
        series: [
          {
            name: 'length',
            points: [
              [1, 9],
              [3, 44],
            ],
          },
        ],
      },
      width: 320,
      height: 200,
    });
    expect(svg).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200" viewBox="0 0 320 200" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="#24292f">
      <title>Zero</title>
      <desc>Zero, by step: accuracy goes from 0.2 to 0.9; length goes from 9 to 44.</desc>
      <rect width="320" height="200" fill="#ffffff"/>
      <text x="68" y="28" font-size="16" font-weight="600">Zero</text>
      <path d="M68 48h24" stroke="#0072b2" stroke-width="2"/>
      <text x="98" y="52">accuracy</text>
      <path d="M168.8 48h24" stroke="#d55e00" stroke-width="2" stroke-dasharray="7 5"/>
      <text x="198.8" y="52">length</text>
      <path d="M68 148H252" stroke="#d8dee4"/>
      <text x="60" y="152" text-anchor="end">0.0</text>
      <path d="M68 132.8H252" stroke="#d8dee4"/>
      <text x="60" y="136.8" text-anchor="end">0.2</text>
      <path d="M68 117.6H252" stroke="#d8dee4"/>
      <text x="60" y="121.6" text-anchor="end">0.4</text>
      <path d="M68 102.4H252" stroke="#d8dee4"/>
      <text x="60" y="106.4" text-anchor="end">0.6</text>
      <path d="M68 87.2H252" stroke="#d8dee4"/>
      <text x="60" y="91.2" text-anchor="end">0.8</text>
      <path d="M68 72H252" stroke="#d8dee4"/>
      <text x="60" y="76" text-anchor="end">1.0</text>
      <text x="18" y="110" text-anchor="middle" transform="rotate(-90 18 110)" fill="#0072b2">accuracy</text>
      <text x="260" y="152">0</text>
      <text x="260" y="136.8">10</text>
      <text x="260" y="121.6">20</text>
      <text x="260" y="106.4">30</text>
      <text x="260" y="91.2">40</text>
      <text x="260" y="76">50</text>
      <text x="302" y="110" text-anchor="middle" transform="rotate(90 302 110)" fill="#d55e00">tokens</text>
      <path d="M68 148v5" stroke="#24292f"/>
      <text x="68" y="168" text-anchor="middle">1</text>
      <path d="M160 148v5" stroke="#24292f"/>
      <text x="160" y="168" text-anchor="middle">2</text>
      <path d="M252 148v5" stroke="#24292f"/>
      <text x="252" y="168" text-anchor="middle">3</text>
      <text x="160" y="188" text-anchor="middle">step</text>
      <path d="M68 132.8L160 102.4L252 79.6" fill="none" stroke="#0072b2" stroke-linejoin="round" stroke-linecap="round" stroke-width="2"/>
      <path d="M68 134.3L252 81.1" fill="none" stroke="#d55e00" stroke-linejoin="round" stroke-linecap="round" stroke-width="2" stroke-dasharray="7 5"/>
      </svg>
      "
    `);
  });

  it('escapes what could break out of the markup', () => {
    const evil = `</title><script>alert("1")</script>&'\u0000\ud800`;
    const svg = linePlot({
      title: evil,
      xLabel: evil,
      left: { label: evil, series: [{ name: evil, points: [[0, 0]] }] },
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0000');
    expect(svg).not.toMatch(/\p{Surrogate}/u);
    expect(svg).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;��');
  });

  it('interrupts a line where there is no value, and marks a lone point', () => {
    const points = [
      [1, 1],
      [2, 2],
      [3, Number.NaN],
      [4, 2],
      [5, Number.POSITIVE_INFINITY],
    ] as const;
    const svg = linePlot({ title: 't', xLabel: 'x', left: { label: 'y', series: [{ name: 's', points }] } });
    const d = /<path d="([^"]*)" fill="none"/.exec(svg)?.[1] ?? '';
    expect(d.match(/M/g)).toHaveLength(2);
    expect(d).toMatch(/h6$/);
  });

  it('draws a faint raw line below a smoothed one', () => {
    const svg = linePlot({ title: 't', xLabel: 'x', left: { label: 'y', series: [accuracy] }, smooth: 3 });
    expect(svg.match(/fill="none"/g)).toHaveLength(2);
    expect(svg).toContain('opacity="0.25"');
  });

  it('describes itself', () => {
    const svg = linePlot({
      title: 'Zero',
      xLabel: 'step',
      left: { label: 'y', series: [accuracy, { name: 'none', points: [] }] },
    });
    expect(svg).toContain('Zero, by step: accuracy goes from 0.2 to 0.9; none has no values.</desc>');
    const own = linePlot({
      title: 'Zero',
      description: 'Mine.',
      xLabel: 'step',
      left: { label: 'y', series: [] },
    });
    expect(own).toContain('<desc>Mine.</desc>');
  });

  it('never writes a coordinate that is not a number', () => {
    const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.double()));
    fc.assert(
      fc.property(points, points, (a, b) => {
        const svg = linePlot({
          title: 't',
          xLabel: 'x',
          left: { label: 'l', series: [{ name: 'a', points: a }] },
          right: { label: 'r', series: [{ name: 'b', points: b }] },
          smooth: 5,
        });
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });
});

describe('movingAverage', () => {
  it('is centred, shorter at the ends, and skips gaps', () => {
    const points = [
      [1, 3],
      [2, 6],
      [3, Number.NaN],
      [4, 9],
      [5, 12],
    ] as const;
    expect(movingAverage(points, 3)).toEqual([
      [1, 4.5],
      [2, 4.5],
      [3, Number.NaN],
      [4, 10.5],
      [5, 10.5],
    ]);
  });
});

describe('given ticks', () => {
  it('stand at the places given', () => {
    const points = [1, 2, 4].map((x) => [Math.log2(x), x] as const);
    const svg = linePlot({
      title: 't',
      xLabel: 'rows',
      xTicks: { values: [0, 1, 2], labels: ['one', 'two', 'four'] },
      left: { label: 'y', series: [{ name: 's', points }] },
    });
    const at = (label: string) => Number(new RegExp(`x="([\\d.]+)"[^>]*>${label}<`).exec(svg)![1]);
    expect(at('four') - at('two')).toBeCloseTo(at('two') - at('one'), 0);
  });
});
