// Bounds of requirements that a reader moves: who passes then, exactly as a new run would say.
//
// A requirement whose bounds are those of the study keeps Python's own verdict, which says by name what a site fails.
// One with other bounds is judged anew: it passes when one of its tests does.

const SIDES = ['at_most', 'at_least'];

function openBounded(stored, sites, section, open) {
  const value = stored.at ? sites[stored.at[0]][stored.at[1]].value : open(stored.value);
  const bits = (side) => (stored[side] ? section(stored[side]) : null);
  return { value, above: bits('above'), below: bits('below'), step: value.scale ? 1 / value.scale : null };
}

function openTest(stored, sites, section) {
  const study = {};
  for (const side of SIDES) if (side in stored) study[side] = stored[side];
  const verdict = stored.verdict ? section(stored.verdict) : null;
  const column = 'of' in stored ? sites.bounded[stored.of] : null;
  return { label: stored.label, unit: stored.unit || '', column, study, now: { ...study }, verdict, passes: null };
}

// Least and largest number of a column, and the step between bounds.
function extent(column) {
  if (column.extent) return column.extent;
  const { whole, scale, few, exact } = column.value;
  let low = Infinity;
  let high = -Infinity;
  const numbers = few || exact || whole;
  for (let k = 0; k < numbers.length; k++) {
    const value = numbers[k];
    if (value === null || Number.isNaN(value) || (whole && value === NULL_NUMBER)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) low = high = 0;
  column.extent = whole ? { low: low / scale, high: high / scale } : { low, high };
  return column.extent;
}

function movedTest(test) {
  return SIDES.some((side) => test.now[side] !== test.study[side]);
}

// 1 for the sites that pass a test under its bounds.
function passesTest(test, n) {
  const passes = new Uint8Array(n);
  if (test.verdict && !movedTest(test)) {
    for (let i = 0; i < n; i++) passes[i] = test.verdict[i] === 1 ? 1 : 0;
    return passes;
  }
  const most = test.now.at_most === undefined ? Infinity : test.now.at_most;
  const least = test.now.at_least === undefined ? -Infinity : test.now.at_least;
  const { value, above, below } = test.column;
  if (value.few) {
    const good = Uint8Array.from(value.few, (x) => (x !== null && x <= most && x >= least ? 1 : 0));
    for (let i = 0; i < n; i++) passes[i] = good[value.codes[i]];
    return passes;
  }
  if (value.exact) {
    for (let i = 0; i < n; i++) passes[i] = value.exact[i] <= most && value.exact[i] >= least ? 1 : 0;
    return passes;
  }
  const { whole, scale } = value;
  const top = Math.round(most * scale);
  const bottom = Math.round(least * scale);
  const bit = (bits, i) => (bits ? (bits[i >> 3] >> (i & 7)) & 1 : 0);
  for (let i = 0; i < n; i++) {
    const x = whole[i];
    if (x === NULL_NUMBER || x > top || x < bottom) continue;
    passes[i] = (x === top && bit(above, i)) || (x === bottom && bit(below, i)) ? 0 : 1;
  }
  return passes;
}

// Whether nothing is known of any test that a site does not pass.
function unknownTest(test, i) {
  return test.column ? test.column.value.at(i) === null : test.verdict[i] === 2;
}

class Bounds {
  constructor(profile, n) {
    this.profile = profile;
    this.n = n;
    this.requirements = profile.requirements.filter((item) => item.tests);
    this.byId = new Map(this.requirements.map((item) => [item.id, item]));
    this.masks = new Map(); // of the requirements with bounds of the reader's own
    this.counts = new Map(); // of the sites that meet each requirement
  }

  get moved() {
    return this.requirements.filter((item) => item.tests.some(movedTest));
  }

  // Set one bound; null is that of the study. Bounds lie on the steps in which the map knows the numbers.
  set(id, place, side, bound) {
    const test = this.byId.has(id) ? this.byId.get(id).tests[place] : null;
    if (!test || !(side in test.study)) throw new RangeError('flexsite: no bound ' + id + '.' + side);
    if (bound === null) test.now[side] = test.study[side];
    else {
      if (typeof bound !== 'number' || !Number.isFinite(bound)) throw new RangeError('flexsite: a bound is a number');
      const { scale } = test.column.value;
      test.now[side] = scale && bound !== test.study[side] ? Math.round(bound * scale) / scale : bound;
    }
    test.passes = null;
    this.masks.delete(id);
    this.counts.delete(id);
  }

  reset() {
    for (const item of this.requirements) for (const test of item.tests) Object.assign(test, { now: { ...test.study }, passes: null });
    this.masks.clear();
    this.counts.clear();
  }

  mask(item) {
    if (!this.masks.has(item.id)) {
      const found = item.tests.map((test) => (test.passes = test.passes || passesTest(test, this.n)));
      const all = found.length > 1 ? found[0].slice() : found[0];
      for (let k = 1; k < found.length; k++) for (let i = 0; i < this.n; i++) all[i] |= found[k][i];
      this.masks.set(item.id, all);
    }
    return this.masks.get(item.id);
  }

  // What each text of `failed` names, worked out once.
  reasons() {
    this.named = this.named || this.profile.failed.words.map((text) => list(text));
    return this.named;
  }

  // Fill `passing` of the profile anew.
  apply() {
    const { passing, suitable, failed } = this.profile;
    const moved = this.moved;
    if (!moved.length) {
      passing.set(suitable);
      return;
    }
    const ids = new Set(moved.map((item) => item.id));
    const open = Uint8Array.from(this.reasons(), (names) => (names.every((name) => ids.has(bare(name))) ? 1 : 0));
    for (let i = 0; i < this.n; i++) passing[i] = open[failed.codes[i]];
    for (const item of moved) {
      const mask = this.mask(item);
      for (let i = 0; i < this.n; i++) passing[i] &= mask[i];
    }
  }

  // What a site fails under the bounds that are set now; what was judged anew comes last.
  failed(i) {
    const study = this.reasons()[this.profile.failed.codes[i]];
    const moved = this.moved;
    if (!moved.length) return study;
    const ids = new Set(moved.map((item) => item.id));
    const now = moved.filter((item) => !this.mask(item)[i])
      .map((item) => (item.tests.some((test) => unknownTest(test, i)) ? 'unknown:' + item.id : item.id));
    return [...study.filter((name) => !ids.has(bare(name))), ...now];
  }

  // How many sites meet one requirement, whatever else they fail.
  meeting(item) {
    if (!this.counts.has(item.id)) this.counts.set(item.id, this.count(item));
    return this.counts.get(item.id);
  }

  count(item) {
    let count = 0;
    if (item.tests.some(movedTest)) {
      const mask = this.mask(item);
      for (let i = 0; i < this.n; i++) count += mask[i];
      return count;
    }
    const good = Uint8Array.from(this.reasons(), (names) => (names.some((name) => bare(name) === item.id) ? 0 : 1));
    const { codes } = this.profile.failed;
    for (let i = 0; i < this.n; i++) count += good[codes[i]];
    return count;
  }

  // The bounds that are set now, as {id: [{at_most, at_least}, ...]}.
  get told() {
    return Object.fromEntries(this.requirements.map((item) => [item.id, item.tests.map((test) => ({ ...test.now }))]));
  }
}

function bare(name) {
  return name.startsWith('unknown:') ? name.slice(8) : name;
}
