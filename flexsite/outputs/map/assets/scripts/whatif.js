// Rules that are switched off: hectares at once, the ground that comes free hatched, and the command for the rest.

const FREE = { fill: '#c4f0c233', stroke: '#1b6b3a', from: 12, hatch: 4, ink: '#1b6b3a', dot: 3, dotColour: '#1b6b3a' };

// Free cells of the grid of a large run, hatched as polygons are.
const SpotLayer = L.GridLayer.extend({
  initialize(sites, options) {
    L.setOptions(this, options);
    this.sites = sites;
    this.free = new Uint8Array(0);
  },

  createTile(at) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 256;
    this.paint(tile, at);
    return tile;
  },

  // Two by two pixels take the cell below their middle; within a tile the two systems differ by a linear map.
  paint(tile, at) {
    const { backward, ground } = this.sites;
    const units = WORLD / Math.pow(2, at.z);
    const corner = (dx, dy) => backward.at((at.x + dx) * units, (at.y + dy) * units);
    const [a, b, c] = [corner(0, 0), corner(1, 0), corner(0, 1)];
    if (!a || !b || !c) return;
    const pen = tile.getContext('2d');
    const image = pen.createImageData(128, 128);
    const out = new Uint32Array(image.data.buffer);
    for (let row = 0, k = 0; row < 128; row++) {
      for (let column = 0; column < 128; column++, k++) {
        const u = (column + 0.5) / 128;
        const v = (row + 0.5) / 128;
        const code = ground.codeAt(a[0] + u * (b[0] - a[0]) + v * (c[0] - a[0]), a[1] + u * (b[1] - a[1]) + v * (c[1] - a[1]));
        if (code && this.free[code - 1]) out[k] = 0xff000000;
      }
    }
    const small = document.createElement('canvas');
    small.width = small.height = 128;
    small.getContext('2d').putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, 256, 256);
    pen.globalCompositeOperation = 'source-in';
    pen.fillStyle = pen.createPattern(hatch(FREE.hatch, FREE.ink, 1), 'repeat');
    pen.fillRect(0, 0, 256, 256);
  },
});

const WhatIf = {
  // Switch off these rules and no others; gives the hectares that are left before the smallest size.
  switchOff(ids) {
    const { ground } = this.sites;
    if (!ground.sums) return null;
    for (const id of ids) if (!ground.order.includes(id)) throw new RangeError('flexsite: no rule ' + id);
    this.off = new Set(ids);
    this.drawFree();
    if (this.tab === 'waterfall') this.showWhatif();
    this.tell('off');
    return ground.left + ground.freed(this.off);
  },

  drawFree() {
    const { ground } = this.sites;
    const label = (words) => words.t('whatif.free');
    if (ground.parts) {
      const { polygons, sets, rules } = ground.parts;
      const free = this.off.size ? Ground.free(sets, this.off) : null;
      if (!free || !free.some(Boolean)) this.overlay('Free', null);
      else {
        const chosen = new Uint8Array(polygons.n);
        for (let i = 0; i < polygons.n; i++) chosen[i] = free[rules.codes[i]];
        const before = this.stack.overlays.get('Free');
        if (before) {
          for (let i = 0; i < polygons.n; i++) before.layer.classes[i] = chosen[i] ? 0 : 1;
          before.layer.repaint();
        } else this.overlay('Free', polygons, FREE, { label, below: true, chosen });
      }
      return;
    }
    if (!ground.spots) return;
    this.spotLayer = this.spotLayer || new SpotLayer(this.sites, { pane: this.stack.pane('fsOverFree', 405), minZoom: 5, maxZoom: 21 });
    this.spotLayer.free = Ground.free(ground.spots.sets, this.off);
    const some = this.spotLayer.free.some(Boolean);
    this.stack.entries = this.stack.entries.filter((entry) => entry.id !== 'over:Free');
    if (some) {
      this.stack.entry({ id: 'over:Free', group: 'results', layer: this.spotLayer, label, swatch: () => swatchOf(FREE),
        extra: (entry) => { if (entry.on) this.spotLayer.addTo(this.map); else this.spotLayer.remove(); this.spotLayer.setOpacity(entry.alpha); } });
      if (!this.spotLayer._map) this.spotLayer.addTo(this.map);
      else this.spotLayer.redraw();
    } else this.spotLayer.remove();
    if (this.ready) this.showLegend();
  },

  // The section anew, the focus where it was.
  showWhatif() {
    const before = byId('fs-whatif');
    if (!before) return;
    const focus = before.contains(document.activeElement) ? document.activeElement.id : null;
    before.replaceWith(whatifSection(this));
    if (focus && byId(focus)) byId(focus).focus({ preventScroll: true });
  },
};


function commandText(app) {
  const { told } = app.sites;
  return [told.command, ...[...app.off].map((id) => '--set rules.' + id + '=null')].join(' ');
}

async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no leave to write: choose the text, so that it can be copied by hand
    const range = document.createRange();
    range.selectNodeContents(shown);
    const chosen = window.getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
    return false;
  }
}

function commandBox(app) {
  const { words } = app;
  const shown = el('code', {}, commandText(app));
  const said = el('span', { role: 'status', className: 'fs-note' });
  const copy = el('button', { type: 'button', id: 'fs-whatif-copy', onclick: async () => {
    said.textContent = words.t((await copyText(shown.textContent, shown)) ? 'whatif.copied' : 'whatif.chosen');
  } }, words.t('whatif.copy'));
  return el('div', { className: 'fs-command' }, el('p', {}, words.t('whatif.rerun')), el('p', {}, shown), el('p', {}, copy, ' ', said));
}

function whatifSection(app) {
  const { words, sites } = app;
  const { ground } = sites;
  const whole = (...content) => el('section', { id: 'fs-whatif' }, el('h3', {}, words.t('whatif.title')), ...content);
  if (!ground.sums || !ground.sums.rules.length) return whole(el('p', { className: 'fs-empty' }, words.t('whatif.none')));
  const off = app.off;
  const freed = ground.freed(off);
  const alone = new Map(ground.sums.rules.map((id) => [id, ground.freed([id])]));
  const own = ground.sums.rules.filter((id) => sites.rule(id).effect).sort((a, b) => alone.get(b) - alone.get(a) || (a < b ? -1 : 1));
  const ha = (value) => words.n(value, Math.abs(value) < 100 ? 1 : 0);
  const line = (id) => {
    const now = off.has(id);
    const more = now ? 0 : ground.freed([...off, id]) - freed;
    const notes = [words.t('whatif.only', { ha: ha(alone.get(id)) }), off.size && !now ? words.t('whatif.more', { ha: ha(more) }) : ''];
    const toggle = () => app.switchOff(now ? [...off].filter((one) => one !== id) : [...off, id]);
    return el('li', { className: now ? 'fs-off' : null }, el('label', {},
      el('input', { type: 'checkbox', role: 'switch', id: 'fs-off-' + id, checked: !now, onchange: toggle }),
      el('span', {}, ruleName(words, sites.rule(id)), now ? el('strong', {}, ' ' + words.t('whatif.off')) : null, el('small', {}, notes.filter(Boolean).join('; ')))));
  };
  const sum = el('div', { className: 'fs-whatif-sum', role: 'status' }, el('b', {}, ha(ground.left + freed) + '\u00a0ha'), el('span', {}, off.size
    ? words.t('whatif.sum', { before: ha(ground.left), more: ha(freed) }) : words.t('whatif.before')));
  if (!narrow()) sum.style.top = app.tabs.parentNode.offsetHeight - 16 + 'px'; // below the tabs, which stay in view
  return whole(
    el('p', { className: 'fs-note' }, words.t('whatif.intro')),
    sum,
    el('ul', { className: 'fs-offlist' }, own.map(line)),
    off.size ? el('p', {}, el('button', { type: 'button', id: 'fs-whatif-reset', onclick: () => { app.switchOff([]); byId('fs-off-' + own[0]).focus(); } }, words.t('whatif.reset'))) : null,
    off.size ? el('p', { className: 'fs-note' }, words.t(ground.parts ? 'whatif.hatched' : ground.spots ? 'whatif.cells' : 'whatif.undrawn',
      { cell: ground.spots ? words.n(ground.spots.cell, 0) : '' })) : null,
    off.size ? commandBox(app) : null);
}

part('face', { name: 'off', call: (app, ids) => (ids === undefined ? [...app.off] : app.switchOff(ids)) });
part('kept', { key: 'off', read: (app) => (app.off.size ? [...app.off].join(',') : null), write: (app, text) => app.switchOff(text.split(',')) });
