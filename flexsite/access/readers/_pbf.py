"""OpenStreetMap's binary blocks, decoded where they lie (wiki page "PBF Format")."""

from __future__ import annotations

from typing import Any

import numpy as np

from flexsite.kernel._jit import Array, entry, inner, longer

# mypy: disable-error-code="no-any-return"


@inner
def varint(data: Array, at: int, end: int) -> tuple[Any, int]:
    """A number and where the next one begins."""
    value, shift = np.uint64(0), np.uint64(0)
    while True:
        if at >= end or shift > np.uint64(63):
            raise ValueError("a number runs on beyond its field")
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(127)) << shift
        if byte < np.uint64(128):
            return np.int64(value), at
        shift += np.uint64(7)


@inner
def signed(value: int) -> Any:
    """A number of the kinds `sint32` and `sint64`."""
    bits = np.uint64(value)
    return np.int64(bits >> np.uint64(1)) ^ -np.int64(bits & np.uint64(1))


@inner
def field(data: Array, at: int, end: int) -> tuple[int, int, int, int]:
    """Tag of the field at `at`, and where its content begins and ends, or its value and where it ends.

    The tag is the field's number times eight and its wire type. A number has its value in place of the beginning.
    """
    tag, at = varint(data, at, end)
    wire = tag & 7
    if wire == 0:
        value, at = varint(data, at, end)
        return tag, value, at, at
    size = 0
    if wire == 2:
        size, at = varint(data, at, end)
    elif wire == 1:
        size = 8
    elif wire == 5:
        size = 4
    else:
        raise ValueError("a field of an unknown kind")
    if size < 0 or size > end - at:
        raise ValueError("a field runs on beyond its message")
    return tag, at, at + size, at + size


@inner
def parts(data: Array) -> tuple[Array, int, Array, int, Array]:
    """Texts and groups of a block as pairs (begin, end), how many, and granularity and offsets of its coordinates."""
    texts, groups = np.empty(512, np.int64), np.empty(8, np.int64)
    text, group = 0, 0
    scale = np.zeros(3, np.int64)  # granularity, offsets of latitude and longitude: nanodegrees
    scale[0] = 100
    at, end = 0, len(data)
    while at < end:
        tag, begin, stop, at = field(data, at, end)
        if tag == 10:
            inside = begin
            while inside < stop:
                which, first, last, inside = field(data, inside, stop)
                if which == 10:
                    if 2 * text + 2 > len(texts):
                        texts = longer(texts, 2 * text + 2)
                    texts[2 * text], texts[2 * text + 1] = first, last
                    text += 1
        elif tag == 18:
            if 2 * group + 2 > len(groups):
                groups = longer(groups, 2 * group + 2)
            groups[2 * group], groups[2 * group + 1] = begin, stop
            group += 1
        elif tag == 136:
            scale[0] = begin
        elif tag == 152:
            scale[1] = begin
        elif tag == 160:
            scale[2] = begin
    return texts, text, groups, group, scale


@inner
def known(data: Array, texts: Array, count: int, words: Array, bounds: Array) -> Array:
    """For every text the row of the word that it is, or -1."""
    row = np.empty(count, np.int64)
    for i in range(count):
        row[i] = -1
        size = texts[2 * i + 1] - texts[2 * i]
        for word in range(len(bounds) - 1):
            if bounds[word + 1] - bounds[word] == size:
                k = 0
                while k < size and data[texts[2 * i] + k] == words[bounds[word] + k]:
                    k += 1
                if k == size:
                    row[i] = word
                    break
    return row


@inner
def empty_slots(size: int) -> Array:
    """A hash table without anything in it."""
    slots = np.empty(size, np.int64)
    for slot in range(size):
        slots[slot] = -1
    return slots


@entry
def ways(
    data: Array, words: Array, bounds: Array, selecting: int
) -> tuple[bool, Array, Array, Array, Array, Array, Array, Array, Array]:
    """The ways of a block that have one of the first `selecting` words as a key.

    `words` are the bytes of all keys of interest, one after the other, and `bounds` where each begins and ends.

    Returns whether the block has nodes; how many ways, nodes of them, sets of tags and tags there are in what follows,
    which is longer: ids, number of nodes, and the nodes of all ways; for every way which of the distinct sets of tags
    it has; where each set begins in the tags; the tags as pairs (word, text), and the texts as pairs (begin, end).
    """
    texts, text_count, groups, group_count, _ = parts(data)
    word = known(data, texts, text_count, words, bounds)
    ids, sizes, sets = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    refs, count, total = np.empty(512, np.int64), 0, 0
    tags, tag_count = np.empty(256, np.int64), 0  # word and text in turns
    first, distinct = np.empty(64, np.int64), 0
    first[0] = 0
    slots = empty_slots(256)
    nodes = False
    for group in range(group_count):
        at, end = groups[2 * group], groups[2 * group + 1]
        while at < end:
            kind, begin, stop, at = field(data, at, end)
            nodes = nodes or kind in {10, 18}
            if kind != 26:
                continue
            name: Any = np.int64(0)
            keys_at, keys_end, values_at, values_end, refs_at, refs_end = 0, 0, 0, 0, 0, 0
            while begin < stop:
                which, low, high, begin = field(data, begin, stop)
                if which == 8:
                    name = low
                elif which == 18:
                    keys_at, keys_end = low, high
                elif which == 26:
                    values_at, values_end = low, high
                elif which == 66:
                    refs_at, refs_end = low, high
                elif which in {16, 24, 64}:
                    raise ValueError("lists that are not packed")
            held, chosen, mix = tag_count, False, np.uint64(1469598103934665603)
            while keys_at < keys_end:
                key, keys_at = varint(data, keys_at, keys_end)
                value, values_at = varint(data, values_at, values_end)
                if not (0 <= key < text_count and 0 <= value < text_count):
                    raise ValueError("a tag without text")
                if word[key] < 0:
                    continue
                chosen = chosen or word[key] < selecting
                if held + 2 > len(tags):
                    tags = longer(tags, held + 2)
                tags[held], tags[held + 1] = word[key], value
                mix = (mix ^ np.uint64(word[key] * 1048583 + value)) * np.uint64(1099511628211)
                held += 2
            if not chosen:
                continue
            if 2 * (distinct + 1) > len(slots):
                slots = empty_slots(2 * len(slots))
                for known_set in range(distinct):
                    again = np.uint64(1469598103934665603)
                    for k in range(first[known_set], first[known_set + 1], 2):
                        again = (again ^ np.uint64(tags[k] * 1048583 + tags[k + 1])) * np.uint64(1099511628211)
                    slot = np.int64(again & np.uint64(len(slots) - 1))
                    while slots[slot] >= 0:
                        slot = (slot + 1) & (len(slots) - 1)
                    slots[slot] = known_set
            slot = np.int64(mix & np.uint64(len(slots) - 1))
            found = -1
            while slots[slot] >= 0 and found < 0:
                other = slots[slot]
                if first[other + 1] - first[other] == held - tag_count:
                    k = 0
                    while k < held - tag_count and tags[first[other] + k] == tags[tag_count + k]:
                        k += 1
                    if k == held - tag_count:
                        found = other
                slot = (slot + 1) & (len(slots) - 1)
            if found < 0:  # a set not seen before: its tags stay
                slot = np.int64(mix & np.uint64(len(slots) - 1))
                while slots[slot] >= 0:
                    slot = (slot + 1) & (len(slots) - 1)
                found = distinct
                slots[slot] = found
                distinct += 1
                if distinct + 1 > len(first):
                    first = longer(first, distinct + 1)
                tag_count = held
                first[distinct] = held
            if count == len(ids):
                ids, sizes, sets = longer(ids, count + 1), longer(sizes, count + 1), longer(sets, count + 1)
            ids[count], sets[count] = name, found
            before = total
            node: Any = np.int64(0)
            while refs_at < refs_end:
                step, refs_at = varint(data, refs_at, refs_end)
                node += signed(step)
                if total == len(refs):
                    refs = longer(refs, total + 1)
                refs[total] = node
                total += 1
            sizes[count] = total - before
            count += 1
    counts = np.empty(4, np.int64)
    counts[0], counts[1], counts[2], counts[3] = count, total, distinct, tag_count
    return nodes, counts, ids, sizes, refs, sets, first, tags, texts


@inner
def after(wanted: Array, node: int, at: int) -> int:
    """First place from `at` on where `wanted`, which rises, is not below `node`; from the start when it went back."""
    if at > 0 and wanted[at - 1] >= node:
        at = 0
    step, size = 1, len(wanted)
    high = at
    while high < size and wanted[high] < node:  # gallop, then halve
        at = high + 1
        high += step
        step *= 2
    high = min(high, size)
    while at < high:
        middle = (at + high) // 2
        if wanted[middle] < node:
            at = middle + 1
        else:
            high = middle
    return at


@inner
def degrees(value: int, scale: int, offset: int) -> int:
    """A coordinate in units of 1e-7 degree, cut off towards zero as other readers do."""
    nano = value * scale + offset
    return nano // 100 if nano >= 0 else -(-nano // 100)


@entry
def places(data: Array, wanted: Array) -> tuple[int, Array, Array]:
    """Which of the `wanted` nodes, whose ids rise, a block has.

    Returns how many, their rows, and pairs (longitude, latitude) in 1e-7 degree.
    """
    _, _, groups, group_count, scale = parts(data)
    rows, xy, count = np.empty(1024, np.int64), np.empty(2048, np.int64), 0
    row = 0
    for group in range(group_count):
        at, end = groups[2 * group], groups[2 * group + 1]
        while at < end:
            kind, begin, stop, at = field(data, at, end)
            if kind not in {10, 18}:
                continue
            dense = kind == 18
            node: Any = np.int64(0)
            lat: Any = np.int64(0)
            lon: Any = np.int64(0)
            ids_at, ids_end, lat_at, lat_end, lon_at, lon_end = 0, 0, 0, 0, 0, 0
            while begin < stop:
                which, low, high, begin = field(data, begin, stop)
                if dense:
                    if which == 10:
                        ids_at, ids_end = low, high
                    elif which == 66:
                        lat_at, lat_end = low, high
                    elif which == 74:
                        lon_at, lon_end = low, high
                    elif which in {8, 64, 72}:
                        raise ValueError("lists that are not packed")
                elif which == 8:
                    node = signed(low)
                elif which == 64:
                    lat = signed(low)
                elif which == 72:
                    lon = signed(low)
            more = not dense or ids_at < ids_end
            while more:
                if dense:
                    step, ids_at = varint(data, ids_at, ids_end)
                    up, lat_at = varint(data, lat_at, lat_end)
                    right, lon_at = varint(data, lon_at, lon_end)
                    node, lat, lon = node + signed(step), lat + signed(up), lon + signed(right)
                more = dense and ids_at < ids_end
                row = after(wanted, node, row)
                if row < len(wanted) and wanted[row] == node:
                    if count == len(rows):
                        rows, xy = longer(rows, count + 1), longer(xy, 2 * count + 2)
                    rows[count] = row
                    xy[2 * count] = degrees(lon, scale[0], scale[2])
                    xy[2 * count + 1] = degrees(lat, scale[0], scale[1])
                    count += 1
    return count, rows, xy
