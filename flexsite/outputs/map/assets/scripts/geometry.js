// Where things are: an index over polygons, the point-in-polygon test, and the lattices between coordinate systems.

class Polygons {
  constructor(bytes) {
    Object.assign(this, bytes instanceof Uint8Array ? decodePolygons(bytes) : bytes);
    this.index();
  }

  // Polygons from features, each a list of rings, each a list of [x, y] in units of the map.
  static of(features) {
    const rings = features.flat();
    const ring = Uint32Array.from([0, ...features.map(((sum) => (one) => (sum += one.length))(0))]);
    const vertex = Uint32Array.from([0, ...rings.map(((sum) => (one) => (sum += one.length))(0))]);
    const points = rings.flat();
    const found = { n: features.length, ring, vertex, X: Int32Array.from(points, (p) => Math.round(p[0])), Y: Int32Array.from(points, (p) => Math.round(p[1])) };
    for (const [low, high, along] of [['x0', 'x1', 'X'], ['y0', 'y1', 'Y']]) {
      const ends = features.map((_, i) => found[along].subarray(vertex[ring[i]], vertex[ring[i + 1]]));
      found[low] = Int32Array.from(ends, (values) => values.reduce((a, b) => Math.min(a, b), WORLD));
      found[high] = Int32Array.from(ends, (values) => values.reduce((a, b) => Math.max(a, b), -1));
    }
    return new Polygons(found);
  }

  // A uniform grid; a feature is listed in the cell of its upper left corner.
  index() {
    const { n, x0, y0, x1, y1 } = this;
    let west = WORLD, north = WORLD, east = 0, south = 0, wide = 0, high = 0;
    for (let i = 0; i < n; i++) {
      if (x1[i] < 0) continue;
      west = Math.min(west, x0[i]);
      north = Math.min(north, y0[i]);
      east = Math.max(east, x1[i]);
      south = Math.max(south, y1[i]);
      wide = Math.max(wide, x1[i] - x0[i]);
      high = Math.max(high, y1[i] - y0[i]);
    }
    this.bounds = east >= west ? [west, north, east, south] : null;
    const size = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / 4))));
    const cellWidth = (east - west + 1) / size || 1;
    const cellHeight = (south - north + 1) / size || 1;
    const start = new Uint32Array(size * size + 1);
    const cell = new Int32Array(n).fill(-1);
    for (let i = 0; i < n; i++) {
      if (x1[i] < 0) continue;
      cell[i] = Math.floor((x0[i] - west) / cellWidth) + size * Math.floor((y0[i] - north) / cellHeight);
      start[cell[i] + 1]++;
    }
    for (let c = 0; c < size * size; c++) start[c + 1] += start[c];
    const place = start.slice();
    const items = new Uint32Array(start[size * size]);
    for (let i = 0; i < n; i++) if (cell[i] >= 0) items[place[cell[i]]++] = i;
    this.grid = { size, cellWidth, cellHeight, west, north, wide, high, start, items };
  }

  // Calls visit(i) for every feature whose bounds meet the box.
  query(west, north, east, south, visit) {
    const { size, cellWidth, cellHeight, start, items, ...grid } = this.grid;
    const clamp = (value) => Math.max(0, Math.min(size - 1, Math.floor(value)));
    if (!this.bounds || east < this.bounds[0] || west > this.bounds[2] || south < this.bounds[1] || north > this.bounds[3]) return;
    const left = clamp((west - grid.wide - grid.west) / cellWidth);
    const right = clamp((east - grid.west) / cellWidth);
    const top = clamp((north - grid.high - grid.north) / cellHeight);
    const bottom = clamp((south - grid.north) / cellHeight);
    for (let row = top; row <= bottom; row++) {
      const end = start[row * size + right + 1];
      for (let k = start[row * size + left]; k < end; k++) {
        const i = items[k];
        if (this.x1[i] >= west && this.x0[i] <= east && this.y1[i] >= north && this.y0[i] <= south) visit(i);
      }
    }
  }

  contains(i, x, y) {
    const { ring, vertex, X, Y } = this;
    let inside = false;
    for (let r = ring[i]; r < ring[i + 1]; r++) {
      const end = vertex[r + 1];
      for (let a = vertex[r], b = end - 1; a < end; b = a++) {
        if ((Y[a] > y) !== (Y[b] > y) && x < ((X[b] - X[a]) * (y - Y[a])) / (Y[b] - Y[a]) + X[a]) inside = !inside;
      }
    }
    return inside;
  }

  // Features that contain the point, in their order.
  at(x, y) {
    const found = [];
    this.query(x, y, x, y, (i) => { if (this.contains(i, x, y)) found.push(i); });
    return found.sort((a, b) => a - b);
  }

  size(i) {
    return (this.x1[i] - this.x0[i]) * (this.y1[i] - this.y0[i]);
  }
}

// A lattice of pairs with cubic interpolation; see lattice.py.
class Lattice {
  constructor(stored, section) {
    Object.assign(this, stored);
    this.x = section(stored.x);
    this.y = section(stored.y);
  }

  static cubic(place, size) {
    const first = Math.max(0, Math.min(size - 4, Math.floor(place) - 1));
    const t = place - first;
    return [first, [
      (-(t - 1) * (t - 2) * (t - 3)) / 6,
      (t * (t - 2) * (t - 3)) / 2,
      (-t * (t - 1) * (t - 3)) / 2,
      (t * (t - 1) * (t - 2)) / 6,
    ]];
  }

  // The pair at a place, or null off the lattice.
  at(x, y) {
    const column = (x - this.x0) / this.dx;
    const row = (y - this.y0) / this.dy;
    if (!(column >= 0 && row >= 0 && column <= this.columns - 1 && row <= this.rows - 1)) return null;
    const [i0, wx] = Lattice.cubic(column, this.columns);
    const [j0, wy] = Lattice.cubic(row, this.rows);
    let outX = 0;
    let outY = 0;
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const weight = wy[j] * wx[i];
        const node = (j0 + j) * this.columns + i0 + i;
        outX += weight * this.x[node];
        outY += weight * this.y[node];
      }
    }
    return [outX, outY];
  }
}
