// What the colours mean. Darker is better; the steps also differ in lightness, and hatching needs no colour.

const STYLES = [
  { fill: '#1b2a6b', stroke: '#0d1540', from: 11, dot: 6, halo: true, ink: '#ffffff', best: true, key: 'legend.top1' },
  { fill: '#1f6fb2', stroke: '#0f3f68', from: 12, dot: 5, halo: true, ink: '#ffffff', key: 'legend.top5' },
  { fill: '#3fb3bd', stroke: '#1d6a71', from: 12, dot: 5, halo: true, ink: '#12373b', key: 'legend.top20' },
  { fill: '#b5dfa5', stroke: '#5f8a50', from: 12, dot: 4, halo: true, ink: '#2c4a22', key: 'legend.rest' },
  { stroke: '#a3abb3', width: 0.8, from: 0, dot: 3, dotColour: '#a4abb2', ink: '#8b949c', key: 'legend.unsuitable' },
  { fill: '#3fb3bd', stroke: '#1d6a71', from: 11, dot: 4, halo: true, ink: '#12373b', key: 'legend.available' },
  {}, // filtered out: never painted
];
const PAINT_ORDER = [4, 5, 3, 2, 1, 0];

// Grounds that rules took: colour and hatching differ; no two pairs are equal among 36 rules.
const GROUND_COLOURS = ['#b35806', '#7b3294', '#a50f15', '#8c6d1f', '#4d4d4d', '#c51b7d'];

function groundStyle(place) {
  const colour = GROUND_COLOURS[place % 6];
  return { fill: colour + '33', stroke: colour, from: 13, hatch: (place + Math.floor(place / 6)) % 6, ink: colour, dot: 2, dotColour: colour };
}

// In the order of painting.
const BACKDROP = {
  area: { fill: '#fbfbf8', stroke: '#7a838c', width: 1.4, dot: 3 },
  water: { fill: '#d9e4ea', dot: 0 },
  built: { fill: '#e6e3de', dot: 0 },
  road: { fill: '#cfcac0', stroke: '#cfcac0', width: 0.6, dot: 0 },
  rail: { fill: '#aab0b6', stroke: '#aab0b6', width: 0.6, dot: 0 },
  border: { stroke: '#b9bfc5', width: 1, dot: 0 },
  stop: { fill: '#76828d', dot: 2, dotColour: '#76828d' },
  station: { fill: '#ffffff', stroke: '#1d2733', width: 2, from: 0, thin: true, dot: 6, dotColour: '#1d2733' },
  field1: { fill: '#f6e8c3', dot: 0 },
  field2: { fill: '#dfc27d', dot: 0 },
  field3: { fill: '#c69a4f', dot: 0 },
  field4: { fill: '#a5702c', dot: 0 },
  field5: { fill: '#7f4a14', dot: 0 },
  reach: { fill: '#6a51a326', stroke: '#6a51a3', width: 1, dot: 0, over: true },
  walk: { fill: '#2d3748', stroke: '#2d3748', width: 2, dot: 0, over: true },
  cycle: { fill: '#2d3748', stroke: '#2d3748', width: 2, dot: 0, over: true },
  change: { fill: '#2d3748', stroke: '#2d3748', width: 2, dot: 0, over: true },
  ride: { fill: '#c2410c', stroke: '#c2410c', width: 3, dot: 0, over: true },
};

// A small square as it is painted on the map.
function swatchOf(style, hatched) {
  const canvas = el('canvas', { width: '32', height: '32', className: 'fs-swatch', 'aria-hidden': 'true' });
  const pen = canvas.getContext('2d');
  if (style.fill) { pen.fillStyle = style.fill; pen.fillRect(0, 0, 32, 32); }
  const kind = style.hatch !== undefined ? style.hatch : hatched ? 0 : -1;
  if (kind >= 0) { pen.fillStyle = pen.createPattern(hatch(kind, style.ink, 2), 'repeat'); pen.fillRect(0, 0, 32, 32); }
  if (style.stroke) { pen.strokeStyle = style.stroke; pen.lineWidth = 3; pen.strokeRect(1.5, 1.5, 29, 29); }
  return canvas;
}

function legendContent(app, counts) {
  const { words, sites } = app;
  const line = (swatch, text, count) => el('li', {}, swatch, el('span', {}, text), count === null ? null : el('b', {}, words.n(count, 0)));
  const shown = sites.profile ? [0, 1, 2, 3, 4] : [5];
  const lines = shown.map((c) => line(swatchOf(STYLES[c]), words.t(classKey(sites, c)), counts[c]));
  lines.push(line(swatchOf({ fill: '#ffffff', stroke: '#4c555e', ink: '#1d2733' }, true), words.t('legend.unknown'), counts[7]));
  const told = (entry) => entry.on && (entry.rule || entry.id === 'projects' || entry.group === 'access' || entry.id.startsWith('over:'));
  for (const entry of app.stack.entries) {
    if (told(entry)) for (const one of entry.facts.length ? entry.facts : [null]) lines.push(line(entry.swatch(), one ? words.label(one.label) : entry.label(words), null));
  }
  const open = app.legendOpen === undefined ? !narrow() : app.legendOpen;
  return el('details', { open, ontoggle: (event) => { app.legendOpen = event.target.open; } },
    el('summary', {}, words.t('legend')), el('ul', {}, lines), el('p', { className: 'fs-note' }, words.t('legend.dots')));
}
