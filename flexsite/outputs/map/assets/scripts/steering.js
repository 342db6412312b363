// What a reader sets: weights, bounds, conditions, order and classes; `main.js` gives these to the App.

// Words and rows wait so long for the map to be painted, and when it is painted again and again, not longer than this.
const AFTER_MS = 40;
const LATE_MS = 150;

const Steering = {
  // Once per frame, whatever a slider sends.
  soon(key, act) {
    this.waiting = this.waiting || new Map();
    if (!this.waiting.size) requestAnimationFrame(() => {
      const acts = [...this.waiting.values()];
      this.waiting.clear();
      for (const one of acts) one();
    });
    this.waiting.set(key, act);
  },

  weigh(changes) {
    const profile = this.sites.profile;
    const places = new Map(profile ? profile.criteria.map((item, c) => [item.id, c]) : []);
    for (const [id, weight] of Object.entries(changes)) {
      if (!places.has(id)) throw new RangeError('flexsite: no criterion ' + id);
      if (!Number.isInteger(weight) || weight < 0 || weight > 100) throw new RangeError('flexsite: a weight is a whole number 0..100');
    }
    for (const [id, weight] of Object.entries(changes)) profile.weights[places.get(id)] = weight;
    this.changed('weights');
  },

  // Set bounds of the profile in view, as [id, place of the test, side, bound]; null is all those of the study.
  bound(changes) {
    const { bounds } = this.sites.profile;
    if (changes) for (const [id, place, side, bound] of changes) bounds.set(id, place, side, bound);
    else bounds.reset();
    bounds.apply();
    this.changed('bounds');
  },

  filter(changes) {
    this.selection.set(changes);
    this.changed('filter');
  },

  clearFilter() {
    const focus = document.activeElement && document.activeElement.id === 'fs-clear';
    this.selection.clear();
    this.changed('filter');
    this.showBody();
    if (focus && byId('fs-search')) byId('fs-search').focus();
  },

  sortBy(key, down) {
    this.selection.sort = { key, down };
    this.changed('order');
  },

  turnPage(step) {
    const { listed } = this.selection;
    const page = Math.max(0, Math.min(this.page + step, Math.ceil(listed.length / PAGE) - 1));
    if (page === this.page) return;
    this.page = page;
    this.updateBody();
    const table = this.body.querySelector('.fs-listed');
    if (table) table.scrollIntoView({ block: 'nearest' });
  },

  classBy(byScore) {
    this.sites.byScore = byScore;
    this.colour();
    this.showLegend();
    this.updateBody();
    this.tell('classes');
  },

  // Order, colours and numbers after other settings; the fields that are being used stay where they are.
  changed(what) {
    const { sites, selection } = this;
    const steered = what === 'weights' || what === 'bounds';
    if (steered) sites.rank();
    this.page = 0;
    selection.apply();
    if (what !== 'order') this.colour();
    this.renewPlace();
    if (steered && this.tab === 'weights') this.updateBody(); // what stands beside the slider, which is little
    if (steered) this.follow(what);
    else this.catchUp([what]);
  },

  // Words and rows come after the frame with the map, so that a slider moves the map at once; never much later.
  follow(what) {
    const now = performance.now();
    this.behind = this.behind || { since: now, whats: new Set() };
    this.behind.whats.add(what);
    clearTimeout(this.behind.timer);
    const { panel } = this.parts;
    panel.setAttribute('aria-busy', 'true');
    const catchUp = () => {
      const { whats } = this.behind;
      this.behind = null;
      panel.removeAttribute('aria-busy');
      this.catchUp([...whats]);
    };
    if (now - this.behind.since > LATE_MS) catchUp();
    else this.behind.timer = setTimeout(catchUp, AFTER_MS);
  },

  catchUp(whats) {
    if (whats.includes('weights') || whats.includes('bounds')) this.renew('figures', figuresContent);
    this.renew('selected', selectionContent);
    this.updateBody();
    this.showLegend();
    if (this.place) this.showCard();
    for (const what of whats) this.tell(what);
  },

  renew(name, content) {
    const next = content(this);
    this[name].replaceWith(next);
    this[name] = next;
  },

  // Another group. The choice of groups itself stays, so that its name can be typed.
  again() {
    const focus = document.activeElement && document.activeElement.id;
    this.sites.rank();
    this.selection.apply();
    this.colour();
    this.renewPlace();
    byId('fs-profile').value = this.sites.profile.id;
    this.renew('figures', figuresContent);
    this.renew('selected', selectionContent);
    this.showBody();
    this.showLegend();
    this.showCard();
    if (focus && byId(focus)) byId(focus).focus();
  },

  renewPlace() {
    if (this.place && this.place.site_id !== null) this.place = this.placeOf(this.sites.byId.get(this.place.site_id));
  },

  updateBody() {
    const { update } = PARTS.tabs.find((one) => one.id === this.tab);
    if (update) update(this, this.body);
    else this.showBody();
  },

  state() {
    return stateOf(this);
  },
};

part('face', { name: 'bounds', call(app, changes) {
  const { profile } = app.sites;
  if (!profile) return {};
  if (changes === null) app.bound(null);
  else if (changes) {
    const found = [];
    for (const [id, given] of Object.entries(changes)) {
      const item = profile.bounds.byId.get(id);
      if (!item) throw new RangeError('flexsite: no bounds ' + id);
      const tests = given === null ? item.tests.map((test) => Object.fromEntries(Object.keys(test.study).map((side) => [side, null]))) : [given].flat();
      tests.forEach((test, place) => Object.entries(test || {}).forEach(([side, bound]) => found.push([id, place, side, bound])));
    }
    app.bound(found);
  }
  return profile.bounds.told;
} });
