// Between units of the map, degrees and the study CRS: geometries of GeoJSON, and how much of one lies in another.

const SAMPLES = 48; // points along each side of a grid by which shared ground is measured
const GEOMETRIES = { Point: 0, LineString: 1, Polygon: 2, MultiLineString: 2, MultiPolygon: 3 }; // how deep positions lie

function toDegrees(x, y) {
  const lat = (360 / Math.PI) * Math.atan(Math.exp(Math.PI * (1 - (2 * y) / WORLD))) - 90;
  return [Number(((360 * x) / WORLD - 180).toFixed(8)), Number(lat.toFixed(8))];
}

function fromDegrees([lon, lat]) {
  const bound = Math.max(-85.05, Math.min(85.05, lat));
  const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + (bound * Math.PI) / 360)) / (2 * Math.PI);
  return [((lon + 180) / 360) * WORLD, y * WORLD];
}

// Twice the area of a ring of [x, y], positive where it turns against the clock with y upwards.
function turning(ring) {
  const [x, y] = ring[0]; // from a corner of its own, for numbers of the whole world would lose their last digits
  let sum = 0;
  for (let a = 0, b = ring.length - 1; a < ring.length; b = a++) sum += (ring[b][0] - x) * (ring[a][1] - y) - (ring[a][0] - x) * (ring[b][1] - y);
  return sum;
}

function inRings(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let a = 0, b = ring.length - 1; a < ring.length; b = a++) {
      const [xa, ya] = ring[a];
      const [xb, yb] = ring[b];
      if ((ya > y) !== (yb > y) && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
    }
  }
  return inside;
}

// Rings of a feature in units of the map, unclosed.
function ringsOf(polygons, i) {
  const { ring, vertex, X, Y } = polygons;
  const found = [];
  for (let r = ring[i]; r < ring[i + 1]; r++) {
    const points = [];
    for (let v = vertex[r]; v < vertex[r + 1]; v++) points.push([X[v], Y[v]]);
    found.push(points);
  }
  return found;
}

// A feature as a polygon or multipolygon in degrees, rings turning as RFC 7946 asks; null when nothing of it is left.
function geometryOf(polygons, i) {
  const rings = ringsOf(polygons, i).filter((ring) => ring.length > 2 && turning(ring) !== 0);
  if (!rings.length) return null;
  const sizes = rings.map(turning);
  const way = Math.sign(sizes.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))); // exterior rings turn like the largest
  const parts = rings.flatMap((ring, k) => (sizes[k] * way > 0 ? [{ ring, size: Math.abs(sizes[k]), holes: [] }] : []));
  for (const [k, hole] of rings.entries()) {
    if (sizes[k] * way > 0) continue;
    const around = parts.filter((part) => part.size > Math.abs(sizes[k]) && inRings([part.ring], (hole[0][0] + hole[1][0]) / 2, (hole[0][1] + hole[1][1]) / 2));
    if (around.length) around.reduce((a, b) => (b.size < a.size ? b : a)).holes.push(hole);
  }
  // Exterior rings against the clock, holes with it; y runs downwards in units of the map.
  const closed = (ring, place) => {
    const turned = turning(ring) < 0 === (place === 0) ? ring : [...ring].reverse();
    return [...turned, turned[0]].map(([x, y]) => toDegrees(x, y));
  };
  const made = parts.map((part) => [part.ring, ...part.holes].map(closed));
  return made.length === 1 ? { type: 'Polygon', coordinates: made[0] } : { type: 'MultiPolygon', coordinates: made };
}

// Lines or rings of a geometry in units of the map; rings unclosed.
function pathsOf(geometry) {
  const { type, coordinates } = geometry;
  const lists = { Point: [[coordinates]], LineString: [coordinates], Polygon: coordinates, MultiLineString: coordinates }[type] || coordinates.flat();
  return lists.map((path) => (type.endsWith('Polygon') ? path.slice(0, -1) : path).map(fromDegrees));
}

function boundsOf(paths) {
  const found = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of paths.flat()) {
    found[0] = Math.min(found[0], x);
    found[1] = Math.min(found[1], y);
    found[2] = Math.max(found[2], x);
    found[3] = Math.max(found[3], y);
  }
  return found;
}

// Whether rings and a feature share more than half of the one or of the other, by counting points of a grid.
function sharesHalf(rings, polygons, i) {
  const [west, north, east, south] = boundsOf(rings);
  const { x0, y0, x1, y1 } = polygons;
  if (Math.abs(west - x0[i]) + Math.abs(north - y0[i]) + Math.abs(east - x1[i]) + Math.abs(south - y1[i]) < 4
    && rings.flat().length === polygons.vertex[polygons.ring[i + 1]] - polygons.vertex[polygons.ring[i]]) return true; // the same shape
  const least = (low, high, from, to) => {
    let own = 0;
    let both = 0;
    for (let k = 0; k < SAMPLES; k++) {
      const y = low[1] + ((k + 0.5) / SAMPLES) * (high[1] - low[1]);
      for (let j = 0; j < SAMPLES; j++) {
        const x = low[0] + ((j + 0.5) / SAMPLES) * (high[0] - low[0]);
        if (!from(x, y)) continue;
        own++;
        if (to(x, y)) both++;
      }
    }
    return both > own / 2;
  };
  const mine = (x, y) => inRings(rings, x, y);
  const theirs = (x, y) => polygons.contains(i, x, y);
  return least([x0[i], y0[i]], [x1[i], y1[i]], theirs, mine) || least([west, north], [east, south], mine, theirs);
}

// Features that a geometry is about: those a point lies in, that share half with a polygon, or hold half of a line.
function featuresUnder(geometry, polygons) {
  const paths = pathsOf(geometry);
  if (geometry.type === 'Point') return polygons.at(...paths[0][0]);
  const [west, north, east, south] = boundsOf(paths);
  const found = [];
  polygons.query(west, north, east, south, (i) => {
    if (geometry.type.endsWith('Polygon') ? sharesHalf(paths, polygons, i) : holdsHalf(paths, polygons, i)) found.push(i);
  });
  return found.sort((a, b) => a - b);
}

function holdsHalf(paths, polygons, i) {
  let whole = 0;
  let inside = 0;
  for (const path of paths) {
    for (let k = 1; k < path.length; k++) {
      const [[xa, ya], [xb, yb]] = [path[k - 1], path[k]];
      const step = Math.hypot(xb - xa, yb - ya) / SAMPLES;
      for (let j = 0; j < SAMPLES; j++) {
        const t = (j + 0.5) / SAMPLES;
        whole += step;
        if (polygons.contains(i, xa + t * (xb - xa), ya + t * (yb - ya))) inside += step;
      }
    }
  }
  return inside > whole / 2;
}

// Where to write at a geometry: a point, the middle of a line, a place inside a polygon when its middle is none.
function middleOf(geometry) {
  const paths = pathsOf(geometry);
  if (geometry.type === 'Point') return paths[0][0];
  return geometry.type.endsWith('Polygon') ? middleOfRings(paths) : paths[0][Math.floor(paths[0].length / 2)];
}

function middleOfRings(paths) {
  const [west, north, east, south] = boundsOf(paths);
  const middle = [(west + east) / 2, (north + south) / 2];
  if (inRings(paths, ...middle)) return middle;
  const y = middle[1];
  const cuts = [];
  for (const ring of paths) {
    for (let a = 0, b = ring.length - 1; a < ring.length; b = a++) {
      if ((ring[a][1] > y) !== (ring[b][1] > y)) cuts.push(((ring[b][0] - ring[a][0]) * (y - ring[a][1])) / (ring[b][1] - ring[a][1]) + ring[a][0]);
    }
  }
  cuts.sort((a, b) => a - b);
  let best = 0;
  for (let k = 0; k + 1 < cuts.length; k += 2) if (cuts[k + 1] - cuts[k] > cuts[best + 1] - cuts[best]) best = k;
  return cuts.length > 1 ? [(cuts[best] + cuts[best + 1]) / 2, y] : middle;
}

// Well-known text in the study CRS, to the centimetre; null off the lattice.
function studyText(geometry, backward) {
  let off = false;
  const position = (pair) => {
    const at = backward.at(...fromDegrees(pair));
    if (!at) off = true;
    return at ? at[0].toFixed(2) + ' ' + at[1].toFixed(2) : '';
  };
  const write = (value, depth) => (depth ? '(' + value.map((one) => write(one, depth - 1)).join(', ') + ')' : position(value));
  const { type, coordinates } = geometry;
  const text = type.toUpperCase() + ' ' + (type === 'Point' ? '(' + position(coordinates) + ')' : write(coordinates, GEOMETRIES[type]));
  return off ? null : text;
}
