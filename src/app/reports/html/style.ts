/** @file The style sheet of the report: light and dark by the reader's setting. */
import { PAPER } from '../../terminal/plot.ts';

const seriesOf = (colours: readonly string[]) =>
  colours.map((colour, i) => `--series-${i + 1}: ${colour};`).join(' ');

/** The plots' colours, lighter for a dark page. */
const ON_DARK = ['#58a6e6', '#f0883e', '#3fb98f', '#e09cc4', '#f2c14e', '#8fd0f5'];

export const STYLE = `
:root { color-scheme: light dark; --text: #24292f; --page: #ffffff; --quiet: #57606a; --grid: #d8dee4; --card: #f6f8fa;
  --good: #116329; --bad: #a40e26; ${seriesOf(PAPER.series)} }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --page: #0d1117; --quiet: #9198a1; --grid: #30363d; --card: #161b22;
    --good: #56d364; --bad: #ff7b72; ${seriesOf(ON_DARK)} }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1, h2, h3, h4 { line-height: 1.25; margin: 1.5em 0 .5em; }
h3, h4, p { overflow-wrap: anywhere; }
h4 { margin-top: 0; }
h2 { border-bottom: 1px solid var(--grid); padding-bottom: .2em; }
small, caption, summary { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
tr > :first-child { text-align: left; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
figure { margin: 0; }
svg { width: 100%; height: auto; }
.traces { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(17rem, 1fr); gap: 1rem; }
article { min-width: 0; background: var(--card); border-radius: .4rem; padding: .8rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.45 ui-monospace, 'DejaVu Sans Mono', monospace;
  margin: .5rem 0; }
.answer { border-left: 3px solid var(--series-1); padding-left: .6rem; }
.wide > pre { white-space: pre; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
`;
