// The tab of notes and the verdicts on the card: reading, writing, bringing and taking along what people know of places.

const NOTES_SHOWN = 100;

function verdictsOf(app) {
  if (!app.verdicts) app.verdicts = new Verdicts(app);
  return app.verdicts;
}

function signOf(entry) {
  return entry.entry === 'pin' ? signSwatch('pin', PIN_COLOURS[(entry.colour || 1) - 1], String(entry.colour || 1))
    : entry.verdict ? signSwatch(entry.verdict) : swatchOf(DRAWN);
}

function reasonText(app, id) {
  const label = verdictsOf(app).reasons.get(id);
  return label ? app.words.label(label) : id;
}

// What an entry is, in a few words.
function noteTitle(app, entry) {
  const { words } = app;
  const what = entry.verdict ? words.t('notes.' + entry.verdict) : words.t('notes.' + entry.entry);
  const meaning = entry.entry === 'pin' ? entry.meaning || verdictsOf(app).meanings[(entry.colour || 1) - 1] : '';
  return [what, entry.entry === 'pin' ? words.t('notes.colour.' + (entry.colour || 1)) + (meaning ? ': ' + meaning : '') : ''].filter(Boolean).join(', ');
}

function sitesText(app, entry) {
  const { words, sites } = app;
  if (!entry.sites.length) return entry.verdict ? words.t('notes.nosite') : '';
  const named = entry.sites.slice(0, 3).map((i) => sites.ids[i]).join(', ') + (entry.sites.length > 3 ? ' \u2026' : '');
  return entry.verdict && entry.site_id && !entry.sites.some((i) => sites.ids[i] === entry.site_id) ? words.t('notes.was', { was: entry.site_id, now: named }) : named;
}

function fieldOf(label, field, note) {
  return el('label', { className: 'fs-field' }, el('span', {}, label), field, note ? el('small', {}, note) : null);
}

// The fields of a draft; what is typed is kept in it, so that the form outlives a repaint of the page.
function noteForm(app, draft, more, save, cancel) {
  const { words } = app;
  const verdicts = verdictsOf(app);
  const keep = (name) => (event) => { draft[name] = event.target.value; };
  const options = (values, chosen) => values.map(([id, text]) => el('option', { value: id, selected: id === (chosen || '') }, text));
  const id = 'fs-note-' + (draft.form || 'tab');
  const verdict = draft.entry === 'verdict' ? null : fieldOf(words.t('notes.verdict'), el('select', { id: id + '-verdict', onchange: keep('verdict') },
    options([['', words.t('notes.noverdict')], ...VERDICTS.map((one) => [one, words.t('notes.' + one)])], draft.verdict)));
  const colour = draft.entry !== 'pin' ? null : fieldOf(words.t('notes.colour'), el('select', { id: id + '-colour', onchange: (event) => { draft.colour = Number(event.target.value); } },
    options(PIN_COLOURS.map((_, k) => [String(k + 1), words.t('notes.colour.' + (k + 1)) + (verdicts.meanings[k] ? ': ' + verdicts.meanings[k] : '')]), String(draft.colour || 1))));
  const reasons = [...verdicts.reasons].map(([name, label]) => [name, words.label(label)]);
  return el('form', { className: 'fs-form', onsubmit: (event) => { event.preventDefault(); save(); } },
    more, colour, verdict,
    reasons.length ? fieldOf(words.t('notes.reason'), el('select', { id: id + '-reason', onchange: keep('reason') }, options([['', words.t('notes.noreason')], ...reasons], draft.reason))) : null,
    fieldOf(words.t('notes.note'), el('textarea', { id: id + '-note', rows: '3', maxlength: String(NOTE_LIMITS.text), oninput: keep('note') }, draft.note || '')),
    el('div', { className: 'fs-pair' },
      fieldOf(words.t('notes.author'), el('input', { id: id + '-author', type: 'text', maxlength: '200', value: draft.author || '', oninput: keep('author') })),
      fieldOf(words.t('notes.date'), el('input', { id: id + '-date', type: 'date', value: draft.date || '', oninput: keep('date') }))),
    el('p', { className: 'fs-buttons' }, el('button', { type: 'submit', className: 'fs-first' }, words.t('notes.save')),
      el('button', { type: 'button', onclick: cancel }, words.t('notes.cancel'))));
}

// An entry without what is only in the form.
function entryOf(draft) {
  const { form, sketch, problem, typed, ...entry } = draft;
  for (const name of ['verdict', 'reason', 'note', 'author', 'date']) {
    const text = (entry[name] || '').trim();
    if (text) entry[name] = text;
    else delete entry[name];
  }
  return entry;
}

function deleteNote(app, entry) {
  const verdicts = verdictsOf(app);
  verdicts.remove(entry.id);
  verdicts.undo = entry;
  verdicts.said = app.words.t('notes.deleted');
  refreshNotes(app);
}

function undoButton(app) {
  const verdicts = verdictsOf(app);
  return verdicts.undo ? el('button', { type: 'button', onclick: () => {
    verdicts.deleted.delete(verdicts.undo.id);
    verdicts.put(verdicts.undo);
    verdicts.undo = null;
    verdicts.said = '';
    refreshNotes(app);
  } }, app.words.t('notes.undo')) : null;
}

function refreshNotes(app) {
  if (app.tab === 'notes') app.showBody();
  app.showCard();
}

function focusOn(id) {
  const field = byId(id);
  if (field) field.focus();
}

// ---- the card -------------------------------------------------------------------------------------------------

function noteItem(app, entry, buttons) {
  const { words } = app;
  const about = [entry.author, entry.date && words.date(entry.date)].filter(Boolean).join(', ');
  const sites = buttons.list ? sitesText(app, entry) : '';
  return el('li', { id: 'fs-entry-' + entry.id, tabindex: '-1' },
    el('div', { className: 'fs-entry' }, signOf(entry), el('div', {}, el('strong', {}, noteTitle(app, entry)),
      entry.reason ? el('span', {}, ' ' + reasonText(app, entry.reason)) : null, sites ? el('small', {}, sites) : null,
      entry.note ? el('p', { className: 'fs-said' }, document.createTextNode(entry.note)) : null, about ? el('small', {}, about) : null)),
    el('p', { className: 'fs-buttons' }, buttons.show ? el('button', { type: 'button', onclick: buttons.show }, words.t('notes.show')) : null,
      el('button', { type: 'button', onclick: buttons.edit }, words.t('notes.edit')),
      el('button', { type: 'button', onclick: () => deleteNote(app, entry) }, words.t('notes.delete'))));
}

function verdictCard(app, place) {
  const { words, sites } = app;
  if (place.project) return null;
  const verdicts = verdictsOf(app);
  if (place.site_id === null) {
    if (!place.inside || place.x === null) return null;
    return section(words.t('notes.title'), el('p', { className: 'fs-buttons' }, el('button', { type: 'button', onclick: () => {
      const at = app.sites.forward.at(place.x, place.y);
      beginSketch(app, 'pin', { entry: 'pin' }, at ? [at] : []);
    } }, words.t('notes.pinhere'))));
  }
  const i = sites.byId.get(place.site_id);
  const draft = verdicts.draft && verdicts.draft.form === 'card' && verdicts.draft.site_id === place.site_id ? verdicts.draft : null;
  const begin = (values) => {
    endSketch(app);
    verdicts.draft = { ...verdicts.last, ...values, form: 'card', site_id: place.site_id };
    refreshNotes(app);
    focusOn('fs-note-card-reason');
  };
  const shut = () => {
    verdicts.draft = null;
    refreshNotes(app);
    focusOn('fs-verdict-favourite');
  };
  const save = () => {
    const geometry = verdicts.draft.geometry || geometryOf(sites.polygons, i);
    verdicts.put({ ...entryOf(verdicts.draft), geometry });
    shut();
  };
  const on = verdicts.on(i);
  const edit = (entry) => () => (entry.entry === 'verdict' ? begin({ ...entry }) : editNote(app, entry));
  const found = section(words.t('notes.title'),
    on.length ? el('ul', { className: 'fs-notes' }, on.map((entry) => noteItem(app, entry, { edit: edit(entry) }))) : null,
    draft ? el('div', {}, el('p', {}, el('strong', {}, words.t('notes.' + draft.verdict))), noteForm(app, draft, null, save, shut))
      : el('p', { className: 'fs-buttons' }, VERDICTS.map((verdict) => el('button', { type: 'button', id: 'fs-verdict-' + verdict, className: 'fs-sign',
        onclick: () => begin({ entry: 'verdict', verdict }) }, signSwatch(verdict), words.t('notes.' + verdict)))));
  found.className = draft || on.length > 1 ? 'fs-local' : 'fs-local fs-held';
  return found;
}

// ---- the tab --------------------------------------------------------------------------------------------------

function endSketch(app) {
  const { draft } = verdictsOf(app);
  if (draft && draft.sketch) draft.sketch.end();
  app.verdicts.draft = null;
}

function beginSketch(app, kind, values, points) {
  endSketch(app);
  const { verdicts } = app;
  const draft = { ...verdicts.last, ...values, form: 'tab' };
  verdicts.draft = draft;
  draft.sketch = new Sketch(app, kind, points || [], (what) => {
    if (what === 'cancel') return stopNote(app);
    draft.problem = '';
    const text = byId('fs-sketch-text');
    if (text) text.value = draft.sketch.text;
    sketchState(app, draft);
  });
  app.show('notes');
  app.showCard();
  const form = byId('fs-sketch');
  if (form) form.scrollIntoView({ block: 'nearest' });
  focusOn('fs-sketch-text');
}

function stopNote(app) {
  endSketch(app);
  refreshNotes(app);
  focusOn('fs-draw-pin');
}

function sketchState(app, draft) {
  const { words } = app;
  const said = byId('fs-sketch-said');
  if (!said) return;
  const left = LEAST_POINTS[draft.sketch.kind] - draft.sketch.points.length;
  said.textContent = draft.problem || (left > 0 ? words.t('draw.left', { n: words.n(left, 0) }) : words.t('draw.points', { n: words.n(draft.sketch.points.length, 0) }));
  byId('fs-sketch-back').disabled = !draft.sketch.points.length;
}

function sketchForm(app, draft) {
  const { words } = app;
  const { sketch } = draft;
  const problem = (error) => { draft.problem = words.t(error.key || 'draw.wrong', error.values); };
  const type = (event) => {
    draft.problem = '';
    try {
      sketch.type(event.target.value);
    } catch (error) {
      problem(error);
    }
    sketchState(app, draft);
  };
  const centre = () => {
    const at = app.map.project(app.map.getCenter(), BITS - 8);
    sketch.add([at.x, at.y]);
  };
  const save = () => {
    if (!sketch.enough || draft.problem) {
      draft.problem = draft.problem || words.t('draw.few', { n: words.n(LEAST_POINTS[sketch.kind], 0) });
      sketchState(app, draft);
      focusOn('fs-sketch-text');
      return;
    }
    const entry = { ...entryOf(draft), geometry: sketch.geometry() };
    endSketch(app);
    const put = app.verdicts.put(entry);
    app.verdicts.said = words.t('notes.saved');
    refreshNotes(app);
    focusOn('fs-entry-' + put.id);
  };
  const more = el('div', {}, el('h3', {}, words.t('draw.' + sketch.kind)), el('p', { className: 'fs-note' }, words.t('draw.hint')),
    fieldOf(words.t('draw.coordinates', { crs: (app.meta.local || {}).crs || '' }), el('textarea', { id: 'fs-sketch-text', rows: sketch.kind === 'pin' ? '1' : '4', spellcheck: 'false', onchange: type }, sketch.text)),
    el('p', { className: 'fs-buttons' }, el('button', { type: 'button', onclick: centre }, words.t('draw.centre')),
      el('button', { type: 'button', id: 'fs-sketch-back', disabled: !sketch.points.length, onclick: () => sketch.back() }, words.t('draw.back'))),
    el('p', { id: 'fs-sketch-said', className: 'fs-note', role: 'status' }));
  const form = noteForm(app, draft, more, save, () => stopNote(app));
  form.id = 'fs-sketch';
  queueMicrotask(() => sketchState(app, draft));
  return form;
}

function editNote(app, entry) {
  const sketch = sketchOf(entry);
  if (sketch) return beginSketch(app, sketch.kind, { ...entry }, sketch.points);
  endSketch(app);
  app.verdicts.draft = { ...entry, form: 'tab' };
  app.show('notes');
  focusOn('fs-note-tab-note');
  return undefined;
}

// From a sign on the map: the site's card for a verdict, else the list with the entry.
function openEntry(app, id) {
  const entry = verdictsOf(app).entries.get(id);
  if (entry.verdict && entry.sites.length) {
    app.pick(entry.sites[0], false);
    return;
  }
  if (!app.verdicts.draft) app.verdicts.found = id;
  app.show('notes');
  const item = byId('fs-entry-' + id);
  if (item) item.scrollIntoView({ block: 'nearest' });
}

function showEntry(app, entry) {
  if (entry.sites.length && entry.entry === 'verdict') {
    app.pick(entry.sites[0], true);
    return;
  }
  const bounds = boundsOf(pathsOf(entry.geometry));
  if (narrow()) app.map.getContainer().scrollIntoView({ block: 'start' });
  app.frame(bounds, { maxZoom: 16, animate: false });
}

function notesList(app) {
  const { words, verdicts } = app;
  const found = [...verdicts.entries.values()];
  const first = verdicts.entries.get(verdicts.found);
  const shown = (first ? [first, ...found.filter((entry) => entry !== first)] : found).slice(0, verdicts.all ? found.length : NOTES_SHOWN);
  if (!found.length) return el('p', { className: 'fs-empty' }, words.t('notes.empty'));
  const pins = new Map();
  for (const { entry, author } of found) if (entry === 'pin' && author) pins.set(author, (pins.get(author) || 0) + 1);
  const many = [...pins].filter(([, n]) => n > PIN_COLOURS.length).map(([author, n]) => words.t('notes.many', { author, n: words.n(n, 0) }));
  return el('div', {}, many.length ? el('p', { className: 'fs-note' }, many.join(' ')) : null,
    el('ul', { className: 'fs-notes' }, shown.map((entry) => noteItem(app, entry, {
      list: true, edit: () => (entry.entry === 'verdict' && entry.sites.length ? editVerdict(app, entry) : editNote(app, entry)),
      show: entry.geometry || entry.sites.length ? () => showEntry(app, entry) : null }))),
    shown.length < found.length ? el('p', {}, el('button', { type: 'button', onclick: () => { verdicts.all = true; app.showBody(); } }, words.t('notes.all', { n: words.n(found.length, 0) }))) : null);
}

function editVerdict(app, entry) {
  endSketch(app);
  app.pick(entry.sites[0], true);
  app.verdicts.draft = { ...entry, form: 'card', site_id: app.sites.ids[entry.sites[0]] };
  refreshNotes(app);
  focusOn('fs-note-card-reason');
}

async function bringNotes(app, file) {
  const { words } = app;
  const verdicts = verdictsOf(app);
  verdicts.undo = null;
  try {
    if (file.size > NOTE_LIMITS.bytes) refuseNote('large', { n: NOTE_LIMITS.bytes / 1e6 });
    const came = verdicts.read(await file.text());
    verdicts.said = words.t('notes.read', { added: words.n(came.added, 0), changed: words.n(came.changed, 0), same: words.n(came.same, 0) });
    verdicts.wrong = '';
  } catch (error) {
    verdicts.said = '';
    verdicts.wrong = words.t('notes.refused', { file: file.name.slice(0, 80), why: words.t(error.key || 'notes.wrong.json', error.values) });
  }
  if (app.tab === 'notes') app.showBody();
  else app.show('notes');
  app.showCard();
}

function notesContent(app) {
  const { words } = app;
  const verdicts = verdictsOf(app);
  const { draft } = verdicts;
  const begin = (kind) => () => beginSketch(app, kind, { entry: kind === 'pin' ? 'pin' : 'drawing' }, []);
  const picker = el('input', { type: 'file', id: 'fs-notes-file', hidden: true, accept: '.geojson,.json,application/geo+json', onchange: (event) => { if (event.target.files[0]) bringNotes(app, event.target.files[0]); } });
  const plain = draft && draft.form === 'tab' && !draft.sketch ? noteForm(app, draft, el('h3', {}, noteTitle(app, draft)), () => {
    verdicts.put(entryOf(draft));
    stopNote(app);
  }, () => stopNote(app)) : null;
  return el('div', { className: 'fs-notetab' },
    el('p', { className: 'fs-note' }, words.t('notes.intro')),
    verdicts.kept ? el('p', { className: 'fs-note' }, words.t('notes.kept')) : el('p', { className: 'fs-desk', role: 'alert' }, words.t('notes.unkept')),
    verdicts.fromRun ? el('p', { className: 'fs-note' }, words.t('notes.run', { n: words.n(verdicts.fromRun, 0) })) : null,
    el('div', { role: 'status' }, verdicts.said ? el('p', { className: 'fs-told' }, verdicts.said, ' ', undoButton(app)) : null),
    verdicts.wrong ? el('p', { className: 'fs-failed', role: 'alert' }, verdicts.wrong) : null,
    draft && draft.sketch ? sketchForm(app, draft) : plain || el('p', { className: 'fs-buttons' }, ['pin', 'line', 'polygon'].map((kind) =>
      el('button', { type: 'button', id: 'fs-draw-' + kind, onclick: begin(kind) }, words.t('draw.' + kind)))),
    el('h2', { className: 'fs-h3' }, words.t('notes.list')), notesList(app),
    el('details', { className: 'fs-meanings', open: verdicts.meaningsOpen, ontoggle: (event) => { verdicts.meaningsOpen = event.target.open; } }, el('summary', {}, words.t('notes.meanings')),
      el('p', { className: 'fs-note' }, words.t('notes.workshop')),
      PIN_COLOURS.map((colour, k) => el('label', { className: 'fs-meaning' }, signSwatch('pin', colour, String(k + 1)), el('span', {}, words.t('notes.colour.' + (k + 1))),
        el('input', { type: 'text', maxlength: '200', value: verdicts.meanings[k], onchange: (event) => verdicts.mean(k, event.target.value.trim()) })))),
    el('h2', { className: 'fs-h3' }, words.t('notes.files')),
    el('p', { className: 'fs-buttons' }, el('button', { type: 'button', id: 'fs-notes-save', disabled: !verdicts.entries.size, onclick: () => saveNotes(app) }, words.t('notes.export')),
      el('button', { type: 'button', disabled: !verdicts.entries.size, onclick: () => wipeNotes(app) }, words.t(verdicts.wiping ? 'notes.wipe.sure' : 'notes.wipe'))),
    el('p', { className: 'fs-buttons' }, picker, el('button', { type: 'button', id: 'fs-notes-read', onclick: () => picker.click() }, words.t('notes.import'))),
    el('p', { className: 'fs-note' }, words.t('notes.drop')),
    el('p', { className: 'fs-note' }, words.t('notes.study'), ' ', el('code', {}, 'local: ' + notesFile(app))));
}

function notesFile(app) {
  return fileName(app, 'notes', 'geojson');
}

function saveNotes(app) {
  saveFile(notesFile(app), 'application/geo+json', [JSON.stringify(app.verdicts.collection(), null, 1), '\n']);
}

// Everything of this study in this browser, after a second click.
function wipeNotes(app) {
  const { verdicts } = app;
  if (!verdicts.wiping) {
    verdicts.wiping = true;
    app.showBody();
    return;
  }
  verdicts.wiping = false;
  for (const id of [...verdicts.entries.keys()]) verdicts.remove(id);
  verdicts.meanings = PIN_COLOURS.map(() => '');
  verdicts.last = { author: '', date: '' };
  verdicts.undo = null;
  verdicts.said = '';
  verdicts.changed();
  refreshNotes(app);
}

part('tabs', { id: 'notes', content: notesContent });
part('card', { order: 5, content: verdictCard });
part('watch', (app, what) => {
  if (what === 'verdicts') drawEntries(app);
  if (what !== 'ready') return;
  verdictsOf(app);
  drawEntries(app);
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  document.addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) bringNotes(app, event.dataTransfer.files[0]);
  });
});
