// What a reader looks for: conditions, the sites that meet them, their order and their sums. No drawing here.

const RANGES = ['homes', 'area', 'years'];
const CHOICES = ['route', 'owner', 'municipality', 'kind', 'context'];
const FLAGS = ['marks', 'unknown'];
const JUDGED = ['favourite', 'veto', 'none'];
const WHICH = ['suitable', 'all', 'unsuitable'];

// Text as it is searched: without capitals and accents.
function fold(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

// Many short texts in one string, so that a search is one pass.
class Haystack {
  constructor(texts, rows) {
    const joined = texts.join('\0'); // which nobody types
    const simple = /^[\0-\x7f]*$/.test(joined);
    const plain = simple ? texts : texts.map(fold);
    this.text = simple ? joined.toLowerCase() : plain.join('\0');
    this.rows = rows;
    this.ends = new Uint32Array(texts.length);
    for (let k = 0, at = 0; k < texts.length; k++) this.ends[k] = at += plain[k].length + 1;
  }

  mark(term, found) {
    const { text, ends, rows } = this;
    for (let at = text.indexOf(term), k = 0; at >= 0; at = text.indexOf(term, ends[k])) {
      while (ends[k] <= at) k++;
      found[rows ? rows[k] : k] = 1;
    }
  }
}

class Selection {
  constructor(sites, words) {
    Object.assign(this, { sites, words });
    const named = (...names) => {
      const item = sites.columns.find((one) => one.value && one.value.text && names.includes(one.name));
      return item ? { column: item.value, label: item.label } : null;
    };
    const fact = (name) => (sites.facts[name] && sites.facts[name].text ? { column: sites.facts[name], label: null } : null);
    this.subjects = {
      route: fact('route'), owner: named('owner_class', 'owner', 'eigenaar'),
      municipality: named('municipality', 'gemeente'), kind: fact('kind'), context: named('context'),
    };
    this.kept = new Map(); // what was worked out once: columns of numbers, orders of columns
    this.clear();
    this.sort = { key: 'rank', down: false };
  }

  clear() {
    this.text = '';
    this.which = 'suitable';
    this.verdict = null;
    this.ranges = Object.fromEntries(RANGES.map((key) => [key, [null, null]]));
    this.choices = Object.fromEntries(CHOICES.map((key) => [key, null]));
    this.flags = Object.fromEntries(FLAGS.map((key) => [key, null]));
  }

  // Number of conditions, the words that are searched for not counted.
  get conditions() {
    return RANGES.filter((key) => this.ranges[key].some((end) => end !== null)).length
      + CHOICES.filter((key) => this.choices[key]).length + FLAGS.filter((key) => this.flags[key] !== null).length + (this.which === 'suitable' ? 0 : 1) + (this.verdict ? 1 : 0);
  }

  // Change some conditions; what is wrong is refused before anything changes.
  set(changes) {
    const wrong = (key) => { throw new RangeError('flexsite: no filter ' + key); };
    for (const [key, value] of Object.entries(changes)) {
      if (key === 'text') typeof value === 'string' || wrong(key);
      else if (key === 'suitable') WHICH.includes(value) || wrong(key);
      else if (key === 'verdict') value === null || JUDGED.includes(value) || wrong(key);
      else if (FLAGS.includes(key)) [true, false, null].includes(value) || wrong(key);
      else if (RANGES.includes(key)) {
        const good = value === null || (Array.isArray(value) && value.length === 2 && value.every((end) => end === null || Number.isFinite(end)));
        if (!good) wrong(key);
      } else if (CHOICES.includes(key)) {
        if (!(value === null || (this.subjects[key] && Array.isArray(value) && value.every((one) => this.subjects[key].column.words.includes(one))))) wrong(key);
      } else wrong(key);
    }
    for (const [key, value] of Object.entries(changes)) {
      if (key === 'text') this.text = value.slice(0, 200);
      else if (key === 'suitable') this.which = value;
      else if (key === 'verdict') this.verdict = value;
      else if (FLAGS.includes(key)) this.flags[key] = value;
      else if (RANGES.includes(key)) this.ranges[key] = value ? [...value] : [null, null];
      else this.choices[key] = value && value.length ? new Set(value) : null;
    }
  }

  // The conditions as a plain object, those that are not set left out.
  get told() {
    const told = {};
    if (this.text.trim()) told.text = this.text;
    if (this.which !== 'suitable') told.suitable = this.which;
    if (this.verdict) told.verdict = this.verdict;
    for (const key of RANGES) if (this.ranges[key].some((end) => end !== null)) told[key] = [...this.ranges[key]];
    for (const key of CHOICES) if (this.choices[key]) told[key] = [...this.choices[key]].sort();
    for (const key of FLAGS) if (this.flags[key] !== null) told[key] = this.flags[key];
    return told;
  }

  // How a value of a choice is read.
  word(key, value) {
    if (!value) return this.words.t('card.nodata');
    if (key === 'route' || key === 'context') return this.words.word(key, value);
    if (key === 'kind') return this.words.label((this.sites.meta.kinds || {})[value] || {}) || value;
    return value;
  }

  once(name, make) {
    if (!this.kept.has(name)) this.kept.set(name, make());
    return this.kept.get(name);
  }

  // Numbers of a subject per site; NaN is missing. No end known of net years is infinite.
  numbers(key) {
    const { sites } = this;
    if (key === 'homes') return sites.profile ? sites.profile.homes : null;
    if (key === 'area') return sites.areas;
    return this.once(key, () => {
      const found = new Float64Array(sites.n);
      for (let i = 0; i < sites.n; i++) {
        const value = sites.fact('net_years', i);
        found[i] = value === null ? Infinity : value;
      }
      return found;
    });
  }

  // Fill `shown` of the sites, and find the order and the sums of what is listed.
  apply() {
    const { sites } = this;
    const { n, shown } = sites;
    shown.fill(1);
    for (const key of RANGES) this.narrow(key);
    for (const key of CHOICES) if (key !== 'municipality') this.choose(key);
    for (const [key, wanted] of Object.entries(this.flags)) {
      if (wanted === null) continue;
      const has = key === 'unknown' ? sites.unknownSites() : this.marked();
      for (let i = 0; i < n; i++) if ((has[i] === 1) !== wanted) shown[i] = 0;
    }
    if (this.which === 'unsuitable' && sites.profile) for (let i = 0; i < n; i++) if (sites.passing[i]) shown[i] = 0;
    if (this.verdict) this.judge();
    this.search();
    this.sumPlaces();
    this.choose('municipality');
    this.listed = this.order();
    this.sums = { sites: this.listed.length, ha: 0, homes: 0 };
    let area = 0;
    const homes = sites.profile ? sites.profile.homes : null;
    for (const i of this.listed) {
      area += sites.areas[i];
      if (homes) this.sums.homes += homes[i];
    }
    this.sums.ha = area / 1e4;
  }

  narrow(key) {
    const [least, most] = this.ranges[key];
    const values = least === null && most === null ? null : this.numbers(key);
    if (!values) return;
    const scale = (end, none) => (end === null ? none : key === 'area' ? Math.round(end * 1e6) / 100 : end);
    const low = scale(least, -Infinity);
    const high = scale(most, most === null ? Infinity : most);
    const { shown, n } = this.sites;
    for (let i = 0; i < n; i++) if (!(values[i] >= low && values[i] <= high)) shown[i] = 0;
  }

  choose(key) {
    const chosen = this.choices[key];
    if (!chosen) return;
    const { codes, words } = this.subjects[key].column;
    const good = Uint8Array.from(words, (word) => (chosen.has(word) ? 1 : 0));
    const { shown, n } = this.sites;
    for (let i = 0; i < n; i++) shown[i] &= good[codes[i]];
  }

  // What people who know the place say; `verdicts` of the App gives it.
  judge() {
    const { shown, n } = this.sites;
    const verdicts = this.verdicts();
    const good = new Uint8Array(n).fill(this.verdict === 'none' ? 1 : 0);
    for (const i of verdicts.bySite.keys()) good[i] = (verdicts.verdict(i) || 'none') === this.verdict ? 1 : 0;
    for (let i = 0; i < n; i++) shown[i] &= good[i];
  }

  marked() {
    return this.once('marks', () => {
      const { marks } = this.sites.facts;
      const has = marks && marks.text ? marks.words.map(Boolean) : null;
      const found = new Uint8Array(this.sites.n);
      for (let i = 0; has && i < found.length; i++) found[i] = has[marks.codes[i]] ? 1 : 0;
      return found;
    });
  }

  // Every word must be found in the id, the parcel or a text of the site.
  search() {
    const terms = fold(this.text).split(/[\s\0]+/).filter(Boolean);
    if (!terms.length) return;
    const { sites } = this;
    const { shown, n } = sites;
    const stacks = this.once('stacks', () => {
      const other = [...sites.meta.candidates.keys()].filter((i) => typeof sites.meta.candidates[i] === 'string');
      return [new Haystack(sites.ids), new Haystack(other.map((i) => sites.meta.candidates[i]), other)];
    });
    const columns = this.once('texts ' + this.words.language, () => [
      ...sites.columns.map((item) => item.value), ...sites.kindColumns.map((item) => item.value), sites.facts.route, sites.facts.kind,
    ].filter((column) => column && column.text && column.words.length > 1).map((column) => ({ codes: column.codes, words: column.words.map((word) => {
      const key = column === sites.facts.route ? 'route' : column === sites.facts.kind ? 'kind' : '';
      return word ? fold(this.word(key, word)) : '';
    }) })));
    for (const term of terms) {
      const found = new Uint8Array(n);
      for (const stack of stacks) stack.mark(term, found);
      for (const { codes, words } of columns) {
        const has = Uint8Array.from(words, (word) => (word.includes(term) ? 1 : 0));
        if (has.includes(1)) for (let i = 0; i < n; i++) found[i] |= has[codes[i]];
      }
      for (let i = 0; i < n; i++) shown[i] &= found[i];
    }
  }

  // Whether a site that the filters let through is in the list.
  lists(i) {
    const { profile, shown } = this.sites;
    return shown[i] && (this.which !== 'suitable' || !profile || profile.passing[i]);
  }

  // Per municipality what the other conditions leave: the bars, which stay when one is chosen.
  sumPlaces() {
    this.places = [];
    const subject = this.subjects.municipality;
    if (!subject) return;
    const { sites } = this;
    const { codes, words } = subject.column;
    const found = words.map((word) => ({ word, sites: 0, ha: 0, homes: 0 }));
    for (let i = 0; i < sites.n; i++) {
      if (!this.lists(i)) continue;
      const place = found[codes[i]];
      place.sites++;
      place.ha += sites.areas[i] / 1e4;
      if (sites.profile) place.homes += sites.profile.homes[i];
    }
    const chosen = this.choices.municipality;
    const size = (place) => (sites.profile ? place.homes : place.ha);
    this.places = found.filter((place) => place.sites || (chosen && chosen.has(place.word)))
      .sort((a, b) => size(b) - size(a) || b.sites - a.sites);
  }

  // Places of the listed sites in the order asked for; equal ones by rank, missing ones at the end.
  order() {
    const { n, ranked, profile } = this.sites;
    const first = new Uint32Array(n);
    let count = 0;
    for (const i of ranked.order) if (this.lists(i)) first[count++] = i;
    if (!profile || this.which !== 'suitable') for (let i = 0; i < n; i++) if (!ranked.rank[i] && this.lists(i)) first[count++] = i;
    const listed = first.subarray(0, count);
    const { key, down } = this.sort;
    const { places, top } = key === 'rank' && !down ? { places: null } : this.placing(key);
    if (!places) return listed;
    const start = new Uint32Array(top + 2);
    const bucket = (i) => (!places[i] ? top : down ? top - places[i] : places[i] - 1);
    for (const i of listed) start[bucket(i) + 1]++;
    for (let s = 0; s <= top; s++) start[s + 1] += start[s];
    const sorted = new Uint32Array(count);
    for (const i of listed) sorted[start[bucket(i)]++] = i;
    return sorted;
  }

  // The place of every site in a column, 1 is least, 0 is missing; and the largest place.
  placing(key) {
    const { sites } = this;
    const { ranked, profile, n } = sites;
    if (key === 'rank') return { places: ranked.rank, top: ranked.order.length };
    if (key === 'score') {
      const places = new Uint32Array(n);
      for (let i = 0; i < n; i++) places[i] = ranked.rank[i] ? ranked.sum[i] + 1 : 0;
      return { places, top: 100 * ranked.total + 1 };
    }
    if (key === 'site') return this.once('site', () => {
      const places = new Uint32Array(n);
      for (let i = 0; i < n; i++) places[i] = i + 1;
      return { places, top: n };
    });
    if (RANGES.includes(key)) return this.once('place ' + key + ' ' + (key === 'homes' && profile ? profile.id : ''), () => placesOf(this.numbers(key) || new Float64Array(n)));
    const { codes, words } = this.subjects[key].column;
    return this.once('place ' + key + ' ' + this.words.language, () => {
      const read = words.map((word) => (word ? this.word(key, word) : ''));
      const { compare } = new Intl.Collator(this.words.locale, { numeric: true });
      const sorted = [...read.keys()].filter((k) => read[k]).sort((a, b) => compare(read[a], read[b]) || a - b);
      const place = new Uint32Array(words.length);
      sorted.forEach((k, at) => { place[k] = at + 1; });
      const places = new Uint32Array(n);
      for (let i = 0; i < n; i++) places[i] = place[codes[i]];
      return { places, top: sorted.length };
    });
  }
}

// Dense places of numbers; what is no number, or has no end, is missing.
function placesOf(values) {
  const sorted = values.filter(Number.isFinite).sort();
  let top = 0;
  for (let k = 0; k < sorted.length; k++) if (!k || sorted[k] !== sorted[k - 1]) sorted[top++] = sorted[k];
  const places = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    let low = 0;
    let high = top - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < values[i]) low = middle + 1;
      else high = middle;
    }
    places[i] = low + 1;
  }
  return { places, top };
}
