// Words, numbers and elements. Whatever comes from data becomes a text node, never markup.

const SHOWN_MOST = 600; // characters that are shown of a text
const NEVER_CUT = ['TEXTAREA', 'CODE', 'SCRIPT']; // what somebody writes or copies is never cut
const CUT_ATTRIBUTES = ['title', 'aria-label', 'placeholder'];

// A text as far as it is shown; the rest is an ellipsis, so that no text from data can stop the page.
function cut(text) {
  return text.length > SHOWN_MOST ? Array.from(text.slice(0, SHOWN_MOST)).slice(0, -1).join('') + '\u2026' : text;
}

class Words {
  constructor(meta) {
    this.strings = meta.strings;
    this.noun = meta.grid ? 'cells' : 'sites';
    this.use(meta.language);
  }

  use(language) {
    this.language = this.strings[language] ? language : 'en';
    this.locale = this.language === 'en' ? 'en-GB' : this.language;
    this.formats = {};
  }

  // A text of the page's own; {site}, {sites} and {candidate} are the words for this study.
  t(key, values) {
    const own = this.strings[this.language];
    const found = own[key];
    if (found === undefined) return key;
    return found.replace(/\{(\w+)\}/g, (whole, name) => {
      if (values && name in values) return String(values[name]);
      if (name === 'site') return own[this.noun + '.one'];
      if (name === 'sites') return own[this.noun + '.many'];
      if (name === 'candidate') return own['candidate.' + this.noun];
      return whole;
    });
  }

  // A word of the contract, such as a route or a class; unknown ones are shown as they are.
  word(group, id) {
    const key = group + '.' + id;
    return key in this.strings[this.language] ? this.t(key) : cut(String(id));
  }

  label(label) {
    return cut(label[this.language] || label.en || '');
  }

  n(value, decimals) {
    if (value === null || value === undefined || value === '') return this.t('card.nodata');
    const digits = decimals === undefined ? (Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0) : decimals;
    const name = (decimals === undefined ? 'upTo' : 'fixed') + digits;
    this.formats[name] = this.formats[name] || new Intl.NumberFormat(this.locale, {
      maximumFractionDigits: digits,
      minimumFractionDigits: decimals === undefined ? 0 : digits,
    });
    return this.formats[name].format(value);
  }

  percent(share) {
    return new Intl.NumberFormat(this.locale, { style: 'percent' }).format(share);
  }

  // An ISO date in words; anything else as it is.
  date(text) {
    const part = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (!part) return text;
    const day = new Date(Date.UTC(+part[1], +part[2] - 1, +part[3]));
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'long', timeZone: 'UTC' }).format(day);
  }
}

// An element with properties, listeners (onclick) and children; strings become text nodes.
function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'className') element.className = value;
    else element.setAttribute(name, value === true ? '' : CUT_ATTRIBUTES.includes(name) ? cut(String(value)) : value);
  }
  const whole = NEVER_CUT.includes(element.tagName);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(typeof child === 'string' && !whole ? cut(child) : child);
  }
  return element;
}

function list(text) {
  return text ? text.split(';').filter(Boolean) : [];
}
