// The sites, their profiles and what is known of a place. No drawing here.

class Sites {
  constructor(meta, section) {
    this.meta = meta;
    this.n = meta.n;
    this.ids = frontCoded(meta.ids, section);
    this.polygons = new Polygons(section(meta.polygons));
    this.backdrop = new Polygons(section(meta.backdrop)); // its first feature is the area
    this.backdropKind = openColumn(meta.backdrop_kind, section);
    this.forward = new Lattice(meta.forward, section);
    this.backward = new Lattice(meta.backward, section);
    const open = (stored) => openColumn(stored, section);
    this.facts = {};
    for (const [name, stored] of Object.entries(meta.facts)) this.facts[name] = open(stored);
    this.columns = meta.columns.map((item) => ({ ...item, value: open(item.value), share: open(item.share) }));
    this.kindColumns = (meta.kind_columns || []).map(([label, value, name]) => ({ name, label, value: open(value) }));
    this.measures = meta.measures.map((item) => ({ ...item, value: open(item.value) }));
    this.bounded = (meta.bounded || []).map((item) => openBounded(item, this, section, open));
    this.profiles = meta.profiles.map((item) => this.openProfile(item, section, open));
    this.rules = new Map(meta.rules.map((rule) => [rule.id, rule]));
    this.untested = new Set(meta.untested || []); // rules that the study has no layer for
    this.byId = new Map(this.ids.map((id, i) => [id, i]));
    this.areas = numbersOf(this.facts.area_m2, this.n);
    this.ground = new Ground(meta, section);
    this.excluded = this.ground.parts;
    this.told = openTold(meta.explained, section);
    this.everything = new Uint8Array(this.n).fill(1);
    this.shown = this.everything.slice(); // sites that the filters let through
    this.byScore = false; // classes by score instead of by share of the ranking
    this.current = this.profiles.length ? 0 : -1;
    this.rank();
  }

  openProfile(stored, section, open) {
    const criteria = stored.criteria.map((item) => {
      const raw = open(item.raw);
      return { ...item, raw, value: criterionValues(item, raw, section, this.n) };
    });
    const suitable = section(stored.suitable);
    const requirements = stored.requirements.map((item) => (item.tests
      ? { ...item, tests: item.tests.map((test) => openTest(test, this, section)) } : item));
    const profile = {
      ...stored, criteria, requirements, suitable, passing: suitable.slice(), failed: open(stored.failed), missing: open(stored.missing),
      access: open(stored.access_score), homes: numbersOf(open(stored.homes), this.n),
      homesFit: homesThatFit(stored, open, this.n),
      weights: Int32Array.from(criteria, (item) => item.weight),
      texts: new Map(stored.requirements.map((item) => [item.id, item.text])),
    };
    profile.bounds = new Bounds(profile, this.n);
    return profile;
  }

  get profile() {
    return this.current < 0 ? null : this.profiles[this.current];
  }

  // Sites that meet the requirements of the profile in view, under the bounds that are set now.
  get passing() {
    return this.profile ? this.profile.passing : this.everything;
  }

  rank() {
    const profile = this.profile;
    if (profile) this.ranked = rankSites(profile.criteria.map((item) => item.value), profile.weights, profile.passing);
    else this.ranked = { order: new Uint32Array(0), rank: new Uint32Array(this.n), classRank: new Uint32Array(this.n), score: () => 0, total: 0 };
  }

  // Paint classes: 0..3 suitable, 4 available but not suitable, 5 available without any profile, 6 filtered out.
  // Gives the number of sites in each, and at last of those with something unknown that are in view.
  classify(classes, flags) {
    const { classRank, order, sum, total } = this.ranked;
    const { n, shown, byScore } = this;
    const counts = [0, 0, 0, 0, 0, 0, 0, 0];
    const ends = classEnds(order.length);
    flags.set(this.unknownSites());
    for (let i = 0; i < n; i++) {
      const rank = classRank[i];
      const c = !shown[i] ? 6 : this.current < 0 ? 5 : !rank ? 4 : byScore ? scoreClass(sum[i], total)
        : rank <= ends[0] ? 0 : rank <= ends[1] ? 1 : rank <= ends[2] ? 2 : 3;
      classes[i] = c;
      counts[c]++;
      if (c !== 6) counts[7] += flags[i];
    }
    return counts;
  }

  // 1 where something is unknown, for the profile in view; found once per profile.
  unknownSites() {
    const holder = this.profile || this;
    if (!holder.flags) {
      const unknown = this.facts.unknown;
      const failed = this.profile && this.profile.failed;
      const here = unknown ? unknown.mapped((text) => this.unknownHere(text)) : () => false;
      const there = failed ? failed.mapped((text) => text.includes('unknown:')) : () => false;
      holder.flags = new Uint8Array(this.n);
      for (let i = 0; i < this.n; i++) holder.flags[i] = here(i) || there(i) ? 1 : 0;
    }
    return holder.flags;
  }

  // Whether something is unknown on this ground: what the study has no layer for tells no site from another.
  unknownHere(text) {
    return Boolean(text) && (!this.untested.size || list(text).some((id) => !this.untested.has(id)));
  }

  // Sites, hectares and homes that pass for the profile; all available ground without one.
  totals() {
    const total = { sites: 0, ha: 0, homes: 0, allHa: 0 };
    for (let i = 0; i < this.n; i++) {
      total.allHa += this.areas[i] / 1e4;
      if (this.profile && !this.profile.passing[i]) continue;
      total.sites++;
      total.ha += this.areas[i] / 1e4;
      if (this.profile) total.homes += this.profile.homes[i];
    }
    return total;
  }

  candidate(i) {
    const stored = this.meta.candidates[i];
    if (stored === 0) return this.ids[i];
    return stored === 1 ? this.ids[i].slice(0, this.ids[i].lastIndexOf('.')) : stored;
  }

  centre(i) {
    const { x0, y0, x1, y1 } = this.polygons;
    return [(x0[i] + x1[i]) / 2, (y0[i] + y1[i]) / 2];
  }

  rule(id) {
    const found = this.rules.get(id);
    return found ? { rule: id, ...found } : { id, rule: id, effect: '', hardness: '', basis: '', source: '', date: '', label: {} };
  }

  fact(name, i) {
    return this.facts[name] ? this.facts[name].at(i) : null;
  }

  // Everything about one site for the profile in view, as a plain object.
  describe(i) {
    const profile = this.profile;
    const found = { kind: 'site', site_id: this.ids[i], candidate_id: this.candidate(i), inside: true, excluded: [] };
    for (const name of ['area_m2', 'route', 'route_share', 'available_from', 'available_until', 'mark_until', 'net_years']) {
      found[name] = this.fact(name, i);
    }
    found.site_kind = this.fact('kind', i);
    found.kind_facts = this.kindColumns.map((item) => ({ name: item.name, label: item.label, value: item.value ? item.value.at(i) : null }));
    found.marks = list(this.fact('marks', i)).map((id) => this.rule(id));
    found.unknown = list(this.fact('unknown', i)).map((id) => this.rule(id));
    found.columns = {};
    for (const item of this.columns) {
      if (item.value) found.columns[item.name] = item.value.at(i);
      if (item.share) found.columns[item.name + '_share'] = item.share.at(i);
    }
    found.measures = {};
    for (const item of this.measures) if (item.value) found.measures[item.column] = item.value.at(i);
    Object.assign(found, explained(this, i));
    if (!profile) return found;
    const { sum, total, rank } = this.ranked;
    const missing = list(profile.missing.at(i));
    const passing = profile.passing[i] === 1;
    return Object.assign(found, {
      profile: profile.id,
      suitable: passing,
      rank: rank[i] || null,
      score: !passing ? null : total ? sum[i] / total : 0,
      access_score: profile.suitable[i] === 1 && profile.access ? profile.access.at(i) : null,
      homes: profile.homes[i],
      homes_fit: profile.homesFit[i],
      failed: profile.bounds.failed(i),
      missing,
      criteria: profile.criteria.map((item, c) => ({
        id: item.id, measure: item.raw ? item.raw.at(i) : null, value: item.value[i], weight: profile.weights[c],
        points: total ? (profile.weights[c] * item.value[i]) / total : 0, missing: missing.includes(item.id),
      })),
    });
  }

  // What is known of a place in units of the map: its site, or the rules that took the ground.
  describePlace(x, y, study) {
    const place = { x: study ? study[0] : null, y: study ? study[1] : null };
    const found = this.polygons.at(x, y);
    if (found.length) {
      const best = found.reduce((a, b) => (this.areas[b] < this.areas[a] ? b : a));
      const also = found.filter((i) => i !== best).map((i) => this.ids[i]);
      return { ...place, ...this.describe(best), also };
    }
    const { rules, precision, candidate } = this.ground.at(x, y, study);
    const excluded = rules.map((item) => ({ ...this.rule(item.id), ...item }));
    const inside = excluded.length > 0 || this.backdrop.at(x, y).includes(0);
    const reason = !inside ? 'outside' : excluded.length ? 'taken' : candidate === null ? 'noground' : candidate && precision ? 'small' : 'nothing';
    return { ...place, kind: 'none', site_id: null, candidate_id: excluded.length ? excluded[0].candidate_id : null, inside, reason, precision, excluded };
  }

  boundsOfArea() {
    const { x0, y0, x1, y1 } = this.backdrop;
    return x1[0] < 0 ? null : [x0[0], y0[0], x1[0], y1[0]];
  }
}
