/** The page's style, for light and dark screens; on a narrow one the labels stand above their lanes. */
export const style = `
:root { color-scheme: light dark; --page: #ffffff; --text: #1d2430; --quiet: #5b6573; --line: #dfe3e8; --used: #2f7d6d;
  --refused: #d3232f; --createSecret: #c9d7f2; --setSecret: #f4d9a6; --testSecret: #d5c9ee; --finishSecret: #c4e3c6; --on: #1d2430; }
@media (prefers-color-scheme: dark) { :root { --page: #14181f; --text: #e4e8ee; --quiet: #9aa5b4; --line: #303845;
  --used: #58b8a4; --refused: #ff5b62; --createSecret: #34507f; --setSecret: #7a5a1c; --testSecret: #55437f;
  --finishSecret: #2f6335; --on: #f2f4f7; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; max-width: 50rem; }
.panel { margin: 1rem 0 1.75rem; }
figcaption { margin-bottom: .5rem; }
.chart { position: relative; --label: 11rem; padding-top: 1.6rem; }
.grid { position: absolute; inset: 0 0 0 var(--label); pointer-events: none; }
.grid i { position: absolute; top: 1.4rem; bottom: 0; border-left: 1px solid var(--line); }
.grid i b { position: absolute; top: -1.4rem; left: .2rem; white-space: nowrap; font: 12px/1.4 system-ui, sans-serif;
  color: var(--quiet); }
.gap { position: absolute; top: 1.4rem; bottom: 0; min-width: 2px;
  background: color-mix(in srgb, var(--refused) 20%, transparent); }
.gap b { position: absolute; bottom: -1.35rem; left: 0; white-space: nowrap; font: 600 13px/1.4 system-ui, sans-serif;
  color: var(--refused); }
.gap.late b { left: auto; right: 0; }
.row { position: relative; display: grid; grid-template-columns: var(--label) 1fr; align-items: center; min-height: 1.5rem; }
.row span { font-size: 13px; color: var(--quiet); padding-right: .75rem; text-align: right; }
.steps { position: relative; height: 1.6rem; }
.step { position: absolute; top: 0; bottom: .1rem; overflow: hidden; padding-left: .2rem; border-radius: 2px; min-width: 2px;
  font-size: 12px; line-height: 1.5rem; color: var(--on); white-space: nowrap; container-type: inline-size; }
@container (max-width: 5rem) { .step b { display: none; } }
.step b { font-weight: 400; }
.createSecret { background: var(--createSecret); } .setSecret { background: var(--setSecret); }
.testSecret { background: var(--testSecret); } .finishSecret { background: var(--finishSecret); }
.step.failed { outline: 2px solid var(--refused); }
.lane { display: block; width: 100%; height: .95rem; overflow: visible; }
.lane path { fill: none; vector-effect: non-scaling-stroke; }
.used { stroke: var(--used); stroke-width: 9px; } .refused { stroke: var(--refused); stroke-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem .5rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.legend li { padding: 0 .5rem; border-radius: 2px; font-size: 13px; color: var(--on); }
.broken::before { content: "not kept: "; color: var(--refused); font-weight: 600; }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0 0 .5rem; }
dl div { display: flex; gap: .4rem; } dt { color: var(--quiet); } dd { margin: 0; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) { .chart { --label: 0px; } .row { grid-template-columns: 1fr; min-height: 2.4rem; }
  .row span { text-align: left; } .steps { height: 1.6rem; } }
`
