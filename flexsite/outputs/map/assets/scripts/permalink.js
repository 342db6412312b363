// A link that opens the map as it is now: what every part keeps stands in the hash of the address.

const LONGEST = 20000; // characters of a hash that are still read

// Separators that need no escape stay readable.
function escapedPart(text) {
  return encodeURIComponent(text).replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%7E/g, '~');
}

function permalink(app) {
  const kept = PARTS.kept.map((one) => [one.key, one.read(app)]).filter(([, text]) => text !== null && text !== undefined && text !== '');
  return kept.map(([key, text]) => key + '=' + escapedPart(text)).join('&');
}

// Set what a hash keeps; gives the parts of it that are unknown or wrong, which are left out.
function restore(app, hash) {
  const text = hash.replace(/^#/, '');
  if (!text) return [];
  if (text.length > LONGEST) return [app.words.t('link.long')];
  const wrong = [];
  const parts = new Map(PARTS.kept.map((one) => [one.key, one]));
  const given = new Map();
  for (const one of text.split('&')) {
    const at = one.indexOf('=');
    const key = at < 0 ? one : one.slice(0, at);
    if (parts.has(key) && at >= 0 && !given.has(key)) given.set(key, one.slice(at + 1));
    else wrong.push(key);
  }
  for (const [key, part] of parts) {
    if (!given.has(key)) continue;
    try {
      part.write(app, decodeURIComponent(given.get(key)));
    } catch {
      wrong.push(key);
    }
  }
  return wrong;
}

// Write the hash a little after the last change, in place: going back leaves the map.
function keepLink(app) {
  clearTimeout(app.linkTimer);
  app.linkTimer = setTimeout(() => {
    const hash = permalink(app);
    if (hash === location.hash.replace(/^#/, '')) return;
    try {
      history.replaceState(null, '', hash ? '#' + hash : location.pathname + location.search);
    } catch {
      app.ownHash = '#' + hash;
      location.replace('#' + hash);
    }
  }, 250);
}

function viewOf(map) {
  const zoom = map.getZoom();
  const centre = map.getCenter();
  return { zoom, centre, text: [zoom, centre.lat.toFixed(5), centre.lng.toFixed(5)].join('/') };
}

// The map keeps a view to whole pixels: so near is the same.
function nearView(map, one, other) {
  return one.zoom === other.zoom && map.project(one.centre, one.zoom).distanceTo(map.project(other.centre, one.zoom)) < 2;
}

// Before the first painting.
function restoreLink(app) {
  app.homeView = { ...viewOf(app.map), text: null };
  app.wrongLink = restore(app, location.hash);
  if (app.wrongLink.length) app.render();
  app.map.on('moveend', () => keepLink(app));
  window.addEventListener('hashchange', () => {
    if (location.hash !== app.ownHash) location.reload(); // another link in the same window
  });
}

function linkNote(app) {
  const { words } = app;
  if (!app.wrongLink || !app.wrongLink.length) return null;
  const shut = () => {
    app.wrongLink = [];
    app.render();
  };
  return el('p', { className: 'fs-desk', role: 'alert' }, words.t('link.wrong', { parts: app.wrongLink.map((text) => text.slice(0, 40)).slice(0, 5).join(', ') }), ' ',
    el('button', { type: 'button', onclick: shut }, words.t('card.close')));
}

// What the map shows and how it was set, for exports.
function stateOf(app) {
  const { sites, meta, selection } = app;
  const { profile } = sites;
  const weights = (item) => Object.fromEntries(profile.criteria.map((one, c) => [one.id, item(one, c)]));
  return {
    title: meta.title, date: meta.date, version: meta.version, study_hash: meta.study_hash, language: app.words.language, tab: app.tab,
    profile: profile ? profile.id : null,
    weights: profile ? weights((one, c) => profile.weights[c]) : {}, study_weights: profile ? weights((one) => one.weight) : {},
    weights_changed: Boolean(profile && weightsMoved(profile)),
    bounds: profile ? profile.bounds.told : {}, bounds_changed: Boolean(profile && profile.bounds.moved.length),
    filters: selection.told, sort: { ...selection.sort }, sums: { ...selection.sums }, classes: sites.byScore ? 'score' : 'share',
    site: app.place && app.place.site_id ? app.place.site_id : null, link: '#' + permalink(app),
  };
}

// By profile and name what differs from the study: starter:supermarket:70,...
function readChanges(profiles, of) {
  const told = profiles.flatMap((profile) => of(profile).map((parts) => [profile.id, ...parts].map((one) => encodeURIComponent(String(one))).join(':')));
  return told.length ? told.join(',') : null;
}

function writeChanges(app, text, each) {
  for (const one of text.split(',')) {
    const [id, ...parts] = one.split(':').map(decodeURIComponent);
    const profile = app.sites.profiles.find((item) => item.id === id);
    if (!profile) throw new RangeError(id);
    each(profile, parts);
  }
}

function wholeNumber(text, least, most) {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) throw new RangeError(text);
  return number;
}

part('kept', { key: 'l', read: (app) => (app.words.language === app.meta.language ? null : app.words.language), write(app, text) {
  if (!['nl', 'en'].includes(text)) throw new RangeError(text);
  app.speak(text);
} });
part('kept', { key: 'g', read: ({ sites }) => (sites.current > 0 ? sites.profile.id : null), write: (app, text) => app.select(text) });
part('kept', { key: 'w', read: ({ sites }) => readChanges(sites.profiles, (profile) =>
  profile.criteria.flatMap((item, c) => (item.weight === profile.weights[c] ? [] : [[item.id, profile.weights[c]]]))),
write(app, text) {
  const found = [];
  writeChanges(app, text, (profile, [id, weight]) => {
    const c = profile.criteria.findIndex((item) => item.id === id);
    if (c < 0) throw new RangeError(id);
    found.push([profile, c, wholeNumber(weight, 0, 100)]);
  });
  for (const [profile, c, weight] of found) profile.weights[c] = weight;
  app.changed('weights');
} });
part('kept', { key: 'b', read: ({ sites }) => readChanges(sites.profiles, ({ bounds }) => bounds.moved.flatMap((item) => item.tests.flatMap((test, place) =>
  SIDES.filter((side) => test.now[side] !== test.study[side]).map((side) => [item.id, place, side, test.now[side]])))),
write(app, text) {
  const found = [];
  writeChanges(app, text, (profile, [id, place, side, bound]) => {
    const item = profile.bounds.byId.get(id);
    const test = item && item.tests[wholeNumber(place, 0, 99)];
    if (!test || !SIDES.includes(side) || !(side in test.study) || !/^-?\d+(\.\d+)?(e-?\d+)?$/.test(bound)) throw new RangeError(id);
    found.push([profile, id, Number(place), side, Number(bound)]);
  });
  for (const [profile, ...bound] of found) profile.bounds.set(...bound);
  for (const profile of new Set(found.map(([one]) => one))) profile.bounds.apply();
  app.changed('bounds');
} });
part('kept', { key: 'c', read: ({ sites }) => (sites.byScore ? 'score' : null), write(app, text) {
  if (text !== 'score') throw new RangeError(text);
  app.classBy(true);
} });
part('kept', { key: 't', read: (app) => (app.tab === PARTS.tabs[0].id ? null : app.tab), write(app, text) {
  if (!PARTS.tabs.some((one) => one.id === text)) throw new RangeError(text);
  app.show(text);
} });
part('kept', { key: 'v', read(app) {
  const view = viewOf(app.map);
  const same = [app.homeView, app.linkView].find((one) => one && nearView(app.map, one, view));
  if (!same) app.linkView = view;
  return (same || view).text;
}, write(app, text) {
  const [, zoom, lat, lng] = /^(\d{1,2}(?:\.5)?)\/(-?\d{1,2}\.\d{1,7})\/(-?\d{1,3}\.\d{1,7})$/.exec(text) || [];
  if (zoom === undefined || zoom < 5 || zoom > 21 || Math.abs(lat) > 85 || Math.abs(lng) > 180) throw new RangeError(text);
  app.map.setView([Number(lat), Number(lng)], Number(zoom), { animate: false });
  app.linkView = { zoom: Number(zoom), centre: L.latLng(Number(lat), Number(lng)), text };
} });
part('kept', { key: 's', read: (app) => (app.place && app.place.site_id ? app.place.site_id : null), write(app, text) {
  if (!app.sites.byId.has(text)) throw new RangeError(text);
  app.pick(app.sites.byId.get(text), false);
} });
part('watch', (app) => { if (app.ready) keepLink(app); });
part('tools', { content: linkNote });
part('face', { name: 'state', call: (app) => app.state() });
