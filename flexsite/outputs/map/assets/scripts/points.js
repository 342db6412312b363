// Signs at points: known projects, favourites, vetoes and pins. They keep their size at every zoom.

const SIGN = 9; // pixels from the middle to the tip
const SIGN_COLOURS = { star: '#f2b134', favourite: '#b3127a', veto: '#ffffff', pin: '#5b2a86' };

// The path of a sign around a place.
function signPath(pen, sign, x, y, r) {
  pen.beginPath();
  if (sign === 'star') {
    for (let k = 0; k < 10; k++) {
      const far = k % 2 ? r * 0.45 : r;
      const turn = (Math.PI * k) / 5;
      pen.lineTo(x + far * Math.sin(turn), y - far * Math.cos(turn));
    }
  } else if (sign === 'favourite') {
    pen.moveTo(x, y + r * 0.9);
    pen.bezierCurveTo(x - r * 1.7, y - r * 0.3, x - r * 0.6, y - r * 1.3, x, y - r * 0.45);
    pen.bezierCurveTo(x + r * 0.6, y - r * 1.3, x + r * 1.7, y - r * 0.3, x, y + r * 0.9);
  } else if (sign === 'veto') {
    pen.arc(x, y, r * 0.85, 0, 2 * Math.PI);
  } else {
    pen.moveTo(x, y);
    pen.bezierCurveTo(x - r * 1.1, y - r * 1.1, x - r * 0.9, y - r * 2.2, x, y - r * 2.2);
    pen.bezierCurveTo(x + r * 0.9, y - r * 2.2, x + r * 1.1, y - r * 1.1, x, y);
  }
  pen.closePath();
}

function paintSign(pen, sign, x, y, r, colour, text) {
  signPath(pen, sign, x, y, r);
  pen.lineJoin = 'round';
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = r * 0.45;
  pen.stroke();
  pen.fillStyle = colour || SIGN_COLOURS[sign];
  pen.fill();
  pen.strokeStyle = sign === 'veto' ? '#a50f15' : '#1d2733';
  pen.lineWidth = r * (sign === 'veto' ? 0.3 : 0.13);
  pen.stroke();
  if (sign === 'pin' && text) { // a number tells pins apart without colours
    pen.fillStyle = '#ffffff';
    pen.font = '700 ' + Math.round(r * 1.25) + 'px sans-serif';
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(text, x, y - r * 1.4);
  }
  if (sign !== 'veto') return;
  pen.beginPath();
  pen.moveTo(x - r * 0.55, y - r * 0.55);
  pen.lineTo(x + r * 0.55, y + r * 0.55);
  pen.stroke();
}

// A small picture of a sign, for legends.
function signSwatch(sign, colour, text) {
  const canvas = el('canvas', { width: '32', height: '32', className: 'fs-swatch', 'aria-hidden': 'true' });
  paintSign(canvas.getContext('2d'), sign, 16, sign === 'pin' ? 30 : 16, 12, colour, text);
  return canvas;
}

const PointLayer = ExactTiles.extend({
  options: { tileSize: 256, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1 },

  initialize(options) {
    L.setOptions(this, options);
    this.groups = new Map(); // name: [{x, y, sign, colour, ...}], places in units of the map
    this.hidden = new Set();
  },

  shown() {
    return [...this.groups].flatMap(([name, items]) => (this.hidden.has(name) ? [] : items.map((item) => ({ ...item, group: name }))));
  },

  put(name, items) {
    if (items && items.length) this.groups.set(name, items);
    else this.groups.delete(name);
    if (this._map) this.redraw();
  },

  createTile(at) {
    const tile = document.createElement('canvas');
    const ratio = Math.min(2, Math.max(1, Math.round(window.devicePixelRatio || 1)));
    tile.width = tile.height = 256 * ratio;
    const scale = (256 * Math.pow(2, at.z)) / WORLD;
    let pen = null;
    for (const item of this.shown()) {
      const x = item.x * scale - 256 * at.x;
      const y = item.y * scale - 256 * at.y;
      if (x < -40 || y < -40 || x > 296 || y > 316) continue;
      pen = pen || tile.getContext('2d');
      paintSign(pen, item.sign, x * ratio, y * ratio, SIGN * ratio, item.colour, item.text);
    }
    return tile;
  },

  // The sign under a place, the nearest one; null when there is none.
  pick(x, y, zoom) {
    const unit = WORLD / (256 * Math.pow(2, zoom));
    let best = null;
    let nearest = SIGN * unit;
    for (const item of this.shown()) {
      if (!item.open) continue;
      const away = Math.hypot(item.x - x, item.y - (item.sign === 'pin' ? SIGN * 1.2 * unit : 0) - y);
      if (away > nearest) continue;
      best = item;
      nearest = away;
    }
    return best;
  },
});
