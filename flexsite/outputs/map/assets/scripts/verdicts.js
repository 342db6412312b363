// What people who know the place say: verdicts on sites, pins and drawings, kept in the browser and in files.

const NOTE_LIMITS = { bytes: 20e6, entries: 10000, text: 2000 };
const NOTE_KINDS = ['verdict', 'pin', 'drawing'];
const VERDICTS = ['favourite', 'veto'];
const PIN_COLOURS = ['#5b2a86', '#0b6e4f', '#c2410c', '#1f5f99', '#8a1c4a'];
const NOTE_TEXTS = ['note', 'author', 'meaning', 'site_id'];

class NotesError extends Error {
  constructor(key, values) {
    super(key);
    Object.assign(this, { key, values });
  }
}

function refuseNote(key, values) {
  throw new NotesError('notes.wrong.' + key, values);
}

// A geometry whose numbers are degrees, to the millimetre; everything else is refused.
function readGeometry(given, values) {
  const depth = given && Object.hasOwn(GEOMETRIES, given.type) ? GEOMETRIES[given.type] : refuseNote('geometry', values);
  const read = (value, left) => {
    if (!Array.isArray(value)) refuseNote('position', values);
    if (!left) {
      const good = value.length >= 2 && value.length <= 4 && value.slice(0, 2).every(Number.isFinite) && Math.abs(value[0]) <= 180 && Math.abs(value[1]) <= 90;
      return good ? value.slice(0, 2).map((x) => Number(x.toFixed(8))) : refuseNote('position', values);
    }
    const ring = left === 1 && given.type.endsWith('Polygon');
    if (value.length < (ring ? 4 : left === 1 ? 2 : 1)) refuseNote('position', values);
    const inner = value.map((one) => read(one, left - 1));
    if (ring && String(inner[0]) !== String(inner[inner.length - 1])) refuseNote('position', values);
    return inner;
  };
  return { type: given.type, coordinates: read(given.coordinates, depth) };
}

// A feature of GeoJSON as an entry with what is ours and none other.
function readNote(feature, number, reasons) {
  const values = { n: number };
  if (!feature || feature.type !== 'Feature') refuseNote('feature', values);
  const told = feature.properties || {};
  if (typeof told !== 'object' || Array.isArray(told)) refuseNote('feature', values);
  const entry = { geometry: feature.geometry ? readGeometry(feature.geometry, values) : null };
  for (const name of [...NOTE_TEXTS, 'entry', 'verdict', 'reason', 'date']) {
    const value = Object.hasOwn(told, name) ? told[name] : null;
    if (value === null || value === '') continue;
    if (typeof value !== 'string' || value.length > NOTE_LIMITS.text) refuseNote('text', { ...values, name });
    entry[name] = value;
  }
  const one = (name, known) => { if (entry[name] && !known.includes(entry[name])) refuseNote('value', { ...values, name, value: entry[name].slice(0, 40) }); };
  one('entry', NOTE_KINDS);
  one('verdict', VERDICTS);
  one('reason', reasons);
  if (entry.date && !/^\d{4}-\d{2}-\d{2}$/.test(entry.date)) refuseNote('value', { ...values, name: 'date', value: entry.date.slice(0, 40) });
  for (const [name, most] of [['colour', PIN_COLOURS.length], ['revision', 1e9]]) {
    const value = told[name];
    if (value === null || value === undefined) continue;
    if (!Number.isInteger(value) || value < 1 || value > most) refuseNote('value', { ...values, name, value: String(value).slice(0, 40) });
    entry[name] = value;
  }
  const point = entry.geometry && entry.geometry.type === 'Point';
  entry.entry = entry.entry || (entry.verdict && !point ? 'verdict' : point ? 'pin' : 'drawing');
  if ((entry.entry === 'verdict' && !entry.verdict) || (!entry.geometry && !entry.site_id)) refuseNote('feature', values);
  entry.revision = entry.revision || 1;
  if (told.id !== undefined && told.id !== null) {
    if (typeof told.id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(told.id)) refuseNote('value', { ...values, name: 'id', value: String(told.id).slice(0, 40) });
    entry.id = told.id;
  }
  return entry;
}

// The entries and meanings of a file; one wrong feature refuses the whole.
function readNotes(text, reasons) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    refuseNote('json');
  }
  if (!data || data.type !== 'FeatureCollection' || !Array.isArray(data.features)) refuseNote('json');
  if (data.crs && !/CRS84|EPSG:+4326\b/.test(JSON.stringify(data.crs))) refuseNote('crs');
  if (data.features.length > NOTE_LIMITS.entries) refuseNote('many', { n: NOTE_LIMITS.entries });
  const given = data.flexsite && Array.isArray(data.flexsite.meanings) ? data.flexsite.meanings : [];
  const meanings = PIN_COLOURS.map((_, k) => (typeof given[k] === 'string' ? given[k].slice(0, 200) : ''));
  return { entries: data.features.map((feature, k) => readNote(feature, k + 1, reasons)), meanings };
}

function newNoteId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Two entries that say the same, whatever their ids.
function sameNote(a) {
  return JSON.stringify([a.entry, a.verdict, a.reason, a.note, a.author, a.date, a.colour, a.site_id, a.geometry].map((value) => (value === undefined ? null : value)));
}

class Verdicts {
  constructor(app) {
    this.app = app;
    this.reasons = new Map(((app.meta.local || {}).reasons || []));
    this.entries = new Map();
    this.deleted = new Set(); // of the last run, so that they do not come back
    this.meanings = PIN_COLOURS.map(() => '');
    this.last = { author: '', date: '' }; // what the form begins with
    this.kept = true;
    this.bySite = new Map();
    this.load();
  }

  get key() {
    return 'flexsite.notes.' + this.app.meta.title;
  }

  // From the browser, then what the last run brings and the browser does not have.
  load() {
    let text = null;
    try {
      text = window.localStorage.getItem(this.key);
      window.localStorage.setItem(this.key + '.', '');
      window.localStorage.removeItem(this.key + '.');
    } catch {
      this.kept = false;
    }
    const reasons = [...this.reasons.keys()];
    try {
      const { entries, meanings } = text ? readNotes(text, reasons) : { entries: [], meanings: this.meanings };
      for (const entry of entries) if (entry.id) this.entries.set(entry.id, entry);
      this.meanings = meanings;
      const { deleted, last } = text ? JSON.parse(text).flexsite : {};
      this.deleted = new Set(Array.isArray(deleted) ? deleted.map(String) : []);
      if (last) this.last = { author: String(last.author || ''), date: String(last.date || '') };
    } catch {
      this.broken = text; // not ours: left as it is until something is written
    }
    const run = (this.app.meta.local || {}).notes || [];
    this.fromRun = run.length;
    this.merge(run.map((feature, k) => readNote(feature, k + 1, reasons)).filter((entry) => !this.deleted.has(entry.id)), [], false);
  }

  // Add entries of somebody else; of two with one id the later revision stays, of equal ones ours unless theirs `wins`.
  // A meaning that differs from ours stays with its pin. Gives what came of it.
  merge(entries, meanings, wins) {
    meanings.forEach((text, k) => { if (text && !this.meanings[k]) this.meanings[k] = text; });
    const came = { added: 0, changed: 0, same: 0 };
    const known = new Set([...this.entries.values()].map(sameNote));
    for (const entry of entries) {
      const k = (entry.colour || 1) - 1;
      if (entry.meaning && !this.meanings[k]) this.meanings[k] = entry.meaning;
      if (entry.meaning === this.meanings[k]) delete entry.meaning;
      const own = entry.id && this.entries.get(entry.id);
      const older = own && (wins ? own.revision > entry.revision : own.revision >= entry.revision);
      if (own ? older || sameNote(own) === sameNote(entry) : known.has(sameNote(entry))) {
        came.same++;
        continue;
      }
      came[own ? 'changed' : 'added']++;
      const id = entry.id || newNoteId();
      this.deleted.delete(id);
      this.entries.set(id, { ...entry, id });
    }
    this.place();
    return came;
  }

  // What a file says, added to what is here; nothing is added when anything in it is wrong.
  read(text) {
    const { entries, meanings } = readNotes(text, [...this.reasons.keys()]);
    if (this.entries.size + entries.length > NOTE_LIMITS.entries) refuseNote('many', { n: NOTE_LIMITS.entries });
    const came = this.merge(entries, meanings, true);
    this.changed();
    return came;
  }

  put(entry) {
    const id = entry.id || newNoteId();
    const before = this.entries.get(id);
    this.entries.set(id, { ...entry, id, revision: Math.max(before ? before.revision : 0, entry.revision || 0) + 1 });
    this.last = { author: entry.author || '', date: entry.date || '' };
    this.place();
    this.changed();
    return this.entries.get(id);
  }

  remove(id) {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    this.deleted.add(id);
    this.place();
    this.changed();
    return entry;
  }

  mean(k, text) {
    this.meanings[k] = text;
    this.changed();
  }

  // The sites that each entry is about, and the entries on each site.
  place() {
    const { polygons, byId } = this.app.sites;
    this.bySite = new Map();
    for (const entry of this.entries.values()) {
      if (!entry.sites) {
        const named = byId.get(entry.site_id);
        const found = entry.geometry ? featuresUnder(entry.geometry, polygons) : named === undefined ? [] : [named];
        Object.defineProperty(entry, 'sites', { value: found, enumerable: false });
      }
      for (const i of entry.sites) this.bySite.set(i, [...(this.bySite.get(i) || []), entry]);
    }
  }

  on(i) {
    return this.bySite.get(i) || [];
  }

  // What holds of a site: one veto outweighs every favourite.
  verdict(i) {
    const said = this.on(i).map((entry) => entry.verdict);
    return said.includes('veto') ? 'veto' : said.includes('favourite') ? 'favourite' : '';
  }

  reasonsOf(i) {
    const verdict = this.verdict(i);
    return [...new Set(this.on(i).filter((entry) => verdict && entry.verdict === verdict && entry.reason).map((entry) => entry.reason))].sort();
  }

  changed() {
    this.save();
    this.app.tell('verdicts');
  }

  save() {
    try {
      if (this.kept) window.localStorage.setItem(this.key, JSON.stringify(this.collection({ deleted: [...this.deleted], last: this.last })));
    } catch {
      this.kept = false;
    }
  }

  // All entries as GeoJSON of RFC 7946, with their coordinates in the study CRS as properties.
  collection(more) {
    const { meta, sites } = this.app;
    const { crs } = meta.local || {};
    const features = [...this.entries.values()].map((entry) => {
      const { geometry, ...properties } = entry;
      if (entry.entry === 'pin' && !entry.meaning && this.meanings[(entry.colour || 1) - 1]) properties.meaning = this.meanings[(entry.colour || 1) - 1];
      const text = geometry && studyText(geometry, sites.backward);
      return { type: 'Feature', geometry, properties: { ...properties, ...(text ? { study_crs: crs, study_wkt: text } : {}) } };
    });
    const about = { study: meta.title, study_hash: meta.study_hash, version: meta.version, date: meta.date, audience: meta.audience, meanings: this.meanings, ...more };
    return { type: 'FeatureCollection', flexsite: about, features };
  }
}
