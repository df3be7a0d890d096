// The plots of a soak: one HTML file with a line for each series, and the faults as vertical lines.
import { writeFileSync } from 'node:fs';

const [WIDTH, HEIGHT, LEFT] = [860, 120, 70];

/**
 * @param series `{name, unit, points: [[seconds, value]]}`
 * @param faults `{at: seconds, what}`
 */
export function writePlots(file, { title, series, faults, verdicts }) {
  const end = Math.max(1, ...series.flatMap(({ points }) => points.map(([at]) => at)));
  const drawn = series.map((each) => plot(each, faults, end)).join('\n');
  const rows = verdicts.map(
    ({ name, text, fault }) => `<tr><td>${name}</td><td>${text}</td><td>${fault ? 'FAULT' : 'ok'}</td></tr>`,
  );
  writeFileSync(
    file,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:14px system-ui;margin:24px;max-width:1000px}svg{display:block}td{padding:2px 12px 2px 0}text{font-size:11px}</style>
<h1>${title}</h1>
<p>Vertical lines: ${[...new Set(faults.map(({ what }) => what))].join(', ') || 'no faults'}.</p>
<table>${rows.join('')}</table>
${drawn}</html>
`,
  );
}

function plot({ name, unit, points }, faults, end) {
  const top = Math.max(1e-9, ...points.map(([, value]) => value)) * 1.05;
  const x = (at) => LEFT + ((WIDTH - LEFT - 10) * at) / end;
  const y = (value) => HEIGHT - 20 - ((HEIGHT - 30) * value) / top;
  const line = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const marks = faults.map(
    ({ at, what }) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="8" y2="${HEIGHT - 20}" stroke="#d55"><title>${what}</title></line>`,
  );
  return `<h2>${name}</h2><svg width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${name} over time">
${marks.join('')}<polyline points="${line}" fill="none" stroke="#246" stroke-width="1.5"/>
<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${HEIGHT - 20}" y2="${HEIGHT - 20}" stroke="#888"/>
<text x="0" y="16">${number(top)} ${unit}</text><text x="0" y="${HEIGHT - 20}">0</text>
<text x="${WIDTH - 60}" y="${HEIGHT - 6}">${(end / 60).toFixed(0)} min</text></svg>`;
}

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
