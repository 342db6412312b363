// The view as a picture: what the map shows, drawn once more on one canvas with title, legend and what it was made of.

const INK = '#1d2733';
const SOFT = '#55606c';

// Whether a picture may be read back once this image is on it.
function isReadable(image) {
  const probe = document.createElement('canvas');
  probe.width = probe.height = 1;
  const pen = probe.getContext('2d');
  try {
    pen.drawImage(image, 0, 0, 1, 1);
    pen.getImageData(0, 0, 1, 1);
    return true;
  } catch {
    return false;
  }
}

// Everything of the map in its place, from below to above. Gives whether a background had to be left out.
function paintMap(app, pen, left, top, scale) {
  const container = app.map.getContainer();
  const frame = container.getBoundingClientRect();
  let without = false;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, frame.width * scale, frame.height * scale);
  pen.clip();
  pen.fillStyle = '#e9ecef';
  pen.fillRect(left, top, frame.width * scale, frame.height * scale);
  const panes = [...container.querySelectorAll('.leaflet-map-pane > .leaflet-pane')].sort((a, b) => (Number(getComputedStyle(a).zIndex) || 0) - (Number(getComputedStyle(b).zIndex) || 0));
  for (const pane of panes) {
    for (const tile of pane.querySelectorAll('canvas.leaflet-tile, img.leaflet-tile')) {
      const box = tile.getBoundingClientRect();
      if (box.right < frame.left || box.left > frame.right || box.bottom < frame.top || box.top > frame.bottom || !tile.width) continue;
      if (tile.tagName === 'IMG' && !(tile.complete && tile.naturalWidth && isReadable(tile))) {
        without = true;
        continue;
      }
      pen.globalAlpha = [tile, tile.closest('.leaflet-layer')].reduce((alpha, one) => alpha * (one && one.style.opacity !== '' ? Number(one.style.opacity) : 1), 1);
      pen.drawImage(tile, left + (box.left - frame.left) * scale, top + (box.top - frame.top) * scale, box.width * scale, box.height * scale);
    }
    pen.globalAlpha = 1;
    for (const name of pane.querySelectorAll('.fs-name:not([hidden])')) {
      const box = name.getBoundingClientRect();
      const style = getComputedStyle(name);
      pen.font = style.fontWeight + ' ' + parseFloat(style.fontSize) * scale + 'px ' + style.fontFamily;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      const at = [left + (box.left + box.width / 2 - frame.left) * scale, top + (box.top + box.height / 2 - frame.top) * scale];
      pen.lineJoin = 'round';
      pen.lineWidth = 3 * scale;
      pen.strokeStyle = '#ffffff';
      pen.strokeText(name.textContent, ...at);
      pen.fillStyle = style.color;
      pen.fillText(name.textContent, ...at);
    }
  }
  const bar = container.querySelector('.leaflet-control-scale-line');
  if (bar) {
    const wide = bar.getBoundingClientRect().width * scale;
    const [x, y] = [left + frame.width * scale - wide - 12 * scale, top + frame.height * scale - 12 * scale];
    pen.fillStyle = '#ffffffd9';
    pen.fillRect(x - 4 * scale, y - 20 * scale, wide + 8 * scale, 26 * scale);
    pen.strokeStyle = pen.fillStyle = INK;
    pen.lineWidth = 1.5 * scale;
    pen.strokeRect(x, y - 5 * scale, wide, 5 * scale);
    pen.font = 11 * scale + 'px system-ui, sans-serif';
    pen.textAlign = 'left';
    pen.textBaseline = 'alphabetic';
    pen.fillText(bar.textContent, x, y - 8 * scale);
  }
  pen.restore();
  return without;
}

// Text over as many lines as it needs; gives the height used.
function paintText(pen, text, x, y, width, line) {
  let from = y;
  let row = '';
  const words = String(text).split(/\s+/).flatMap((word) => (pen.measureText(word).width > width ? word.match(/.{1,24}/gu) || [] : [word]));
  for (const word of words) {
    const next = row ? row + ' ' + word : word;
    if (row && pen.measureText(next).width > width) {
      pen.fillText(row, x, from);
      from += line;
      row = word;
    } else row = next;
  }
  if (row) pen.fillText(row, x, from);
  return from + (row ? line : 0) - y;
}

// The legend's lines as they stand in the page: [swatch, text, count].
function legendLines(app) {
  return [...app.parts.legend.querySelectorAll('li')].map((item) => [item.querySelector('canvas'), item.querySelector('span') ? item.querySelector('span').textContent : '', item.querySelector('b') ? item.querySelector('b').textContent : '']);
}

// What stands under a picture and a print: where, when, by what weights.
function captionTexts(app) {
  const { words } = app;
  return aboutExport(app).filter(([key]) => !['study', 'audience'].includes(key)).map(([key, text]) => words.t('export.' + key) + ': ' + text);
}

function pictureOf(app) {
  const { words, meta, map } = app;
  const scale = Math.max(2, Math.min(3, Math.round(window.devicePixelRatio || 1)));
  const size = map.getSize();
  const wide = Math.max(size.x, 720);
  const canvas = document.createElement('canvas');
  const side = 230;
  const pad = 18;
  const legend = legendLines(app);
  const below = wide < 900;
  canvas.width = (wide + (below ? 0 : side)) * scale;
  const lay = (pen, paint) => { // measured first, then painted
    const f = (pixels, bold) => { pen.font = (bold ? '650 ' : '') + pixels * scale + 'px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'; };
    let y = pad + 24;
    pen.textAlign = 'left';
    pen.textBaseline = 'alphabetic';
    pen.fillStyle = INK;
    f(22, true);
    const stampWide = 170;
    y += paintText(pen, meta.title, pad * scale, y * scale, canvas.width - (2 * pad + stampWide) * scale, 27 * scale) / scale - 27;
    f(12, true);
    pen.textAlign = 'right';
    pen.fillStyle = meta.audience === 'public' ? '#1b6b3a' : '#9b2226';
    pen.fillText(words.word('audience', meta.audience).toLocaleUpperCase(words.locale), canvas.width - pad * scale, (pad + 20) * scale);
    pen.textAlign = 'left';
    pen.fillStyle = SOFT;
    f(13);
    y += 22;
    pen.fillText([words.t('head.date', { date: words.date(meta.date) }), app.sites.profile ? words.label(app.sites.profile.label) : ''].filter(Boolean).join(' \u00b7 '), pad * scale, y * scale);
    y += 14;
    const at = y;
    const without = paint ? paintMap(app, pen, 0, at * scale, scale) : false;
    y += size.y;
    let [lx, ly, rows] = below ? [pad, y + 24, 0] : [size.x + pad, at + 20, 0];
    const width = below ? (wide - 2 * pad) / 2 : side - 1.5 * pad;
    for (const [swatch, text, count] of legend) {
      if (swatch && paint) pen.drawImage(swatch, lx * scale, (ly - 12) * scale, 15 * scale, 15 * scale);
      pen.fillStyle = INK;
      f(12.5);
      const used = paintText(pen, text + (count ? ' (' + count + ')' : ''), (lx + 24) * scale, ly * scale, (width - 30) * scale, 16 * scale) / scale;
      ly += Math.max(used, 16) + 5;
      rows = Math.max(rows, ly);
      if (below && ly > y + 24 + Math.ceil(legend.length / 2) * 21 && lx === pad) [lx, ly] = [pad + (wide - 2 * pad) / 2, y + 24];
    }
    y = Math.max(y + 22, below ? rows + 12 : rows + 8);
    pen.fillStyle = SOFT;
    f(12);
    for (const text of [...captionTexts(app), words.t('head.desk'), without ? words.t('export.without') : '', app.background && app.background.state === 'shown' && !without ? app.background.style.credit : ''].filter(Boolean)) {
      y += paintText(pen, text, pad * scale, y * scale, canvas.width - 2 * pad * scale, 16 * scale) / scale + 2;
    }
    return y + pad - 8;
  };
  const rule = document.createElement('canvas').getContext('2d');
  canvas.height = Math.ceil(lay(rule, false)) * scale;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  lay(pen, true);
  return canvas;
}

function savePicture(app) {
  pictureOf(app).toBlob((blob) => saveFile(fileName(app, app.words.t('export.picture'), 'png'), 'image/png', [blob]), 'image/png');
}
