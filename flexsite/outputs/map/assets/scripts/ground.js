// Ground that rules took: where, by which rules at once, and what comes back without some of them.

class Ground {
  constructor(meta, section) {
    this.parts = null;
    this.sums = null;
    this.spots = null;
    const { excluded, combinations, spots } = meta;
    const open = (stored) => openColumn(stored, section);
    if (excluded) {
      const rules = open(excluded.rules);
      this.parts = {
        polygons: new Polygons(section(excluded.polygons)), tolerance: excluded.tolerance, order: excluded.order,
        rule: open(excluded.rule), rules, sets: rules.words.map(list), candidate: open(excluded.candidate), area: open(excluded.area_m2),
      };
    }
    if (combinations) {
      this.sums = {
        rules: combinations.rules, bit: new Map(combinations.rules.map((id, k) => [id, k])),
        low: section(combinations.low), high: section(combinations.high), ha: section(combinations.ha),
      };
    }
    if (spots) this.spots = { ...spots, code: section(spots.code), sets: spots.rules.map(list) };
    const rows = meta.waterfall.filter((row) => row.stage === 'availability');
    this.order = rows.map((row) => row.rule);
    this.left = rows.length > 1 ? rows[rows.length - 2].area_ha : rows.length ? rows[0].area_ha : null; // before the smallest size
  }

  // Hectares that come back when all of these rules are off together.
  freed(off) {
    const { bit, low, high, ha } = this.sums;
    let keepLow = -1;
    let keepHigh = -1;
    for (const id of off) {
      const k = bit.get(id);
      if (k === undefined) continue;
      if (k < 32) keepLow &= ~(1 << k);
      else keepHigh &= ~(1 << (k - 32));
    }
    let sum = 0;
    for (let i = 0; i < ha.length; i++) if (!(low[i] & keepLow) && !(high[i] & keepHigh)) sum += ha[i];
    return sum;
  }

  // 1 for every set of rules whose rules are all off; nothing for ground that no rule took.
  static free(sets, off) {
    return Uint8Array.from(sets, (set) => (set.length && set.every((id) => off.has(id)) ? 1 : 0));
  }

  // The code of the cell at a place in the CRS of the study; 0 where no candidate lies.
  codeAt(x, y) {
    const { cell, west, north, columns, code } = this.spots;
    const column = Math.floor(x / cell) - west;
    const row = north - 1 - Math.floor(y / cell);
    return column < 0 || column >= columns || row < 0 ? 0 : code[row * columns + column] || 0;
  }

  // What took the ground at a place: {rules, precision, candidate}. Places are units of the map and the CRS of the study.
  at(x, y, study) {
    if (this.parts) return { rules: this.partsAt(x, y), precision: null, candidate: true };
    if (!this.spots || !study) return { rules: [], precision: null, candidate: null };
    const code = this.codeAt(study[0], study[1]);
    const rules = code ? this.spots.sets[code - 1].map((id, k) => ({ id, turn: k === 0, candidate_id: null, area_m2: null, touched_m2: null })) : [];
    return { rules, precision: this.spots.cell, candidate: code > 0 };
  }

  // Rules in their order, the one whose turn it was first, with what they took of the candidate and what lies under them.
  partsAt(x, y) {
    const { polygons, candidate, sets, rules, rule, area } = this.parts;
    const found = [];
    const known = new Set();
    for (const i of polygons.at(x, y)) {
      const own = candidate.codes[i];
      for (const [k, id] of sets[rules.codes[i]].entries()) {
        const key = own + ' ' + id;
        if (known.has(key)) continue;
        known.add(key);
        const sums = { turn: 0, under: 0 };
        for (let j = 0; j < polygons.n; j++) {
          if (candidate.codes[j] !== own) continue;
          if (rule.at(j) === id) sums.turn += area.at(j);
          if (sets[rules.codes[j]].includes(id)) sums.under += area.at(j);
        }
        found.push({ id, turn: k === 0, candidate_id: candidate.at(i), area_m2: sums.turn, touched_m2: sums.under });
      }
    }
    return found;
  }
}
