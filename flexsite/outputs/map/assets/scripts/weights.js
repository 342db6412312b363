// How heavy each wish weighs, how strict each requirement is, and how the ranking is coloured.

// A slider with the field of its number beside it; `change` gets every number as it moves.
function sliderRow(app, { id, label, note, low, high, step, value, unit, change, typed }) {
  const { words } = app;
  const slide = el('input', { type: 'range', id: id + '-slider', min: String(low), max: String(high), step: String(step), 'aria-label': label,
    oninput: () => { field.value = fieldNumber(words, Number(slide.value)); move(Number(slide.value)); } });
  slide.value = String(value);
  const move = (number) => { mark(true); app.soon(id, () => change(number)); };
  const mark = (good) => field.setAttribute('aria-invalid', good ? 'false' : 'true');
  const field = el('input', { type: 'text', inputmode: 'decimal', id, autocomplete: 'off', 'aria-label': label + (unit ? ', ' + unit : ''),
    oninput: () => {
      const number = typed(typedNumber(words, field.value));
      mark(number !== null);
      if (number === null) return;
      slide.value = String(number);
      move(number);
    },
    onchange: () => { mark(true); weightsUpdate(app, app.body, true); },
    onkeydown: (event) => {
      const turn = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (!turn) return;
      event.preventDefault();
      const number = typed(Math.min(high, Math.max(low, Number(slide.value) + turn * step)));
      if (number === null) return;
      slide.value = String(number);
      field.value = fieldNumber(words, number);
      move(number);
    } });
  field.value = fieldNumber(words, value);
  return el('div', { className: 'fs-slide' }, el('label', { for: id }, label), el('span', { className: 'fs-slide-note', id: id + '-note' }, note || ''),
    slide, el('span', { className: 'fs-slide-field' }, field, unit ? el('span', {}, unit) : null));
}

function weightTyped(number) {
  return number !== null && Number.isInteger(number) && number >= 0 && number <= 100 ? number : null;
}

function shareText(app, c) {
  const { words, sites } = app;
  const { weights } = sites.profile;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return words.t('weights.share', { share: words.percent(total ? weights[c] / total : 0) });
}

// The name of a wish; two on one measure are told apart by their ids.
function criterionName(words, criteria, item) {
  const name = words.label(item.label);
  const same = criteria.filter((one) => words.label(one.label) === name).length > 1;
  return same ? name + ' (' + item.id.replace(/_/g, ' ') + ')' : name;
}

function criteriaContent(app) {
  const { words, sites } = app;
  const { criteria, weights } = sites.profile;
  if (!criteria.length) return el('p', { className: 'fs-empty' }, words.t('weights.none'));
  return el('div', {}, criteria.map((item, c) => {
    const end = (value) => words.n(value, Number.isInteger(value) ? 0 : undefined) + unitOf(words, item.unit);
    return el('div', {}, sliderRow(app, { id: 'fs-w-' + c, label: criterionName(words, criteria, item), note: shareText(app, c), low: 0, high: 100, step: 1, value: weights[c], unit: '',
      change: (weight) => app.weigh({ [item.id]: weight }), typed: weightTyped }),
    el('small', { className: 'fs-scale-note' }, words.t('card.scale', { worst: end(item.worst), best: end(item.best) })));
  }));
}

// A step of the slider that goes through the data in about two hundred steps, on the steps of the numbers themselves.
function boundStep(column) {
  const { low, high } = extent(column);
  const rough = (high - low) / 200 || 1;
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough);
  return column.step ? Math.max(column.step, step) : step;
}

function boundField(app, item, place, side) {
  const { words, sites } = app;
  const test = item.tests[place];
  const { low, high } = extent(test.column);
  const step = boundStep(test.column);
  const bottom = Math.min(Math.floor(low / step) * step, test.study[side]);
  const top = Math.max(Math.ceil(high / step) * step, test.study[side]);
  const study = words.n(test.study[side], Number.isInteger(test.study[side]) ? 0 : undefined) + unitOf(words, test.unit);
  return sliderRow(app, { id: 'fs-b-' + [item.id, place, side].join('-'), label: words.label(test.label) + ', ' + words.t('bounds.' + side), note: words.t('bounds.study', { study }),
    low: bottom, high: top, step, value: test.now[side], unit: test.unit, typed: (number) => number,
    change: (bound) => app.bound(sites.profile.bounds.byId.get(item.id) === item ? [[item.id, place, side, tidy(bound)]] : []) });
}

// Without the crumbs that a slider of decimal steps leaves.
function tidy(number) {
  return Number(number.toPrecision(12));
}

function meetingText(app, item) {
  const { words, sites } = app;
  return words.t('bounds.meet', { n: words.n(sites.profile.bounds.meeting(item), 0), all: words.n(sites.n, 0) });
}

function requirementContent(app, item, k) {
  const { words } = app;
  if (!item.tests) return el('li', {}, el('strong', {}, words.label(item.text)), el('small', {}, words.t('bounds.fixed')));
  const fields = item.tests.flatMap((test, place) => {
    const own = SIDES.filter((side) => side in test.study).map((side) => boundField(app, item, place, side));
    const shown = own.length ? own : [el('p', { className: 'fs-note' }, words.label(test.label) + ': ' + words.t('bounds.fixed'))];
    return place ? [el('p', { className: 'fs-or' }, words.t('bounds.or')), ...shown] : shown;
  });
  return el('li', {}, ...fields, el('small', { id: 'fs-meet-' + k, className: 'fs-meet' }, meetingText(app, item)));
}

// What is otherwise than in the study, with the way back.
function changedNote(app) {
  const { words, sites } = app;
  const { profile } = sites;
  if (!profile || !weightsMoved(profile)) return null;
  return el('p', { className: 'fs-desk' }, words.t('list.reweighted'), ' ', el('button', { type: 'button', onclick: () => app.weigh(studyWeights(profile)) }, words.t('list.reset')));
}

// A note that stays is not made anew: it may be under a finger.
function keepNote(place, note) {
  if (place.childElementCount !== (note ? 1 : 0)) place.replaceChildren(...[note].filter(Boolean));
}

function boundsNote(app) {
  const { words, sites } = app;
  const { profile } = sites;
  if (!profile || !profile.bounds.moved.length) return null;
  return el('p', { className: 'fs-desk', id: 'fs-bounds-note' }, words.t('bounds.differ'), ' ',
    el('button', { type: 'button', onclick: () => app.bound(null) }, words.t('bounds.reset')));
}

function weightsMoved(profile) {
  return profile.criteria.some((item, c) => item.weight !== profile.weights[c]);
}

function studyWeights(profile) {
  return Object.fromEntries(profile.criteria.map((item) => [item.id, item.weight]));
}

function weightsContent(app) {
  const { words, sites } = app;
  const { profile } = sites;
  if (!profile) return el('p', { className: 'fs-empty' }, words.t('empty.profiles'));
  const way = (byScore, key) => el('label', {}, el('input', { type: 'radio', name: 'fs-classes', value: key, checked: sites.byScore === byScore,
    onchange: () => app.classBy(byScore) }), el('span', {}, words.t('classes.' + key)));
  const fixed = el('p', { className: 'fs-note' }, words.t('bounds.kept'));
  return el('div', { className: 'fs-weights' },
    el('div', { className: 'fs-changed' }, changedNote(app)),
    el('h2', { className: 'fs-h3' }, words.t('weights.title')), el('p', { className: 'fs-note' }, words.t('weights.note')), criteriaContent(app),
    el('fieldset', { className: 'fs-classes' }, el('legend', {}, words.t('classes')), way(false, 'share'), way(true, 'score')),
    el('h2', { className: 'fs-h3' }, words.t('bounds.title')), el('p', { className: 'fs-note' }, words.t('bounds.note')),
    profile.requirements.length ? el('ul', { className: 'fs-requirements' }, profile.requirements.map((item, k) => requirementContent(app, item, k))) : null, fixed);
}

// Shares, counts and notes anew; and the fields, but for the one that is being used.
function weightsUpdate(app, body, all) {
  const { words, sites } = app;
  const { profile } = sites;
  const at = (id) => body.querySelector('#' + id);
  const changed = body.querySelector('.fs-changed');
  if (!profile || !changed) return;
  keepNote(changed, changedNote(app));
  const put = (id, value, note) => {
    const busy = !all && document.activeElement && document.activeElement.id;
    if (!at(id)) return;
    if (busy !== id) at(id).value = fieldNumber(words, value);
    if (busy !== id + '-slider') at(id + '-slider').value = String(value);
    if (note) at(id + '-note').textContent = note;
  };
  profile.criteria.forEach((_, c) => put('fs-w-' + c, profile.weights[c], shareText(app, c)));
  profile.requirements.forEach((item, k) => {
    if (!item.tests) return;
    item.tests.forEach((test, place) => SIDES.forEach((side) => { if (side in test.study) put('fs-b-' + [item.id, place, side].join('-'), test.now[side]); }));
    at('fs-meet-' + k).textContent = meetingText(app, item);
  });
}

// What the colours of the ranking say.
function classKey(sites, c) {
  return sites.byScore && c < 4 ? 'classes.' + c : STYLES[c].key;
}

part('tabs', { id: 'weights', content: weightsContent, update: weightsUpdate });
