import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STATES } from './data';

const css = readFileSync(path.join(__dirname, '../page/page.css'), 'utf8');

/** The colours of each block that defines a theme: light and dark. */
const themes = [...css.matchAll(/color-scheme: (light|dark);([^}]*)\}/g)].map(
  ([, scheme = '', block = '']) => ({
    scheme,
    colours: new Map(
      [...block.matchAll(/--([a-z]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
    ),
  }),
);

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours of the page', () => {
  it('are defined once for each theme, under the same names', () => {
    expect(themes.map(({ scheme }) => scheme)).toEqual(['light', 'dark']);
    expect([...(themes[1]?.colours.keys() ?? [])]).toEqual([...(themes[0]?.colours.keys() ?? [])]);
  });

  it.each(themes)('$scheme: text has at least 4.5 : 1, states at least 3 : 1 (WCAG AA)', ({ colours }) => {
    const of = (name: string): string => colours.get(name) ?? 'none';
    const low: string[] = [];
    const check = (name: string, ground: string, least: number): void => {
      const found = contrast(of(name), of(ground));
      if (!(found >= least)) low.push(`${name} on ${ground}: ${found.toFixed(2)}`);
    };
    for (const name of ['text', 'muted', 'accent', 'warn', 'good', 'parked'])
      for (const ground of ['surface', 'raised', 'ground']) check(name, ground, 4.5);
    for (const state of STATES.slice(1)) check(state, 'surface', 3);
    // The label of a button that acts.
    check('surface', 'accent', 4.5);
    expect(low).toEqual([]);
  });
});
