"""Compiled: rules on shares of cells. What each takes at its turn, and between which bounds the truth lies."""

from __future__ import annotations

from flexsite.kernel._jit import Array, entry

NEAR = 1e-7
"""Share of a cell that is rounding, of shares kept in single precision."""


@entry
def settle(
    keeps: bool, beyond: bool, takes: bool, number: int, ground: Array, high: Array, low: Array, known_high: Array,
    known_low: Array, claim: Array, left: Array, upper: Array, lower: Array, most: Array, code: Array, totals: Array,
) -> None:  # fmt: skip
    """Let one rule act on a band; `known_high` and `known_low` are empty where the layer knows everything.

    `claim` receives the share of each cell that the rule claims; `left` (estimate), `upper` and `lower` (bounds), and
    `most` and `code` (largest amount taken by one rule, and its number) change where the rule takes ground. `totals`
    (rows, 6) receives per row, in cells: left, touched, unknown, the largest error that `left` can have, the ground in
    cells where it can have one, and how many cells have ground left.
    """
    complete = known_high.shape[0] == 0
    for row in range(ground.shape[0]):
        total = touched = unknown = error = mixed = count = 0.0
        for column in range(ground.shape[1]):
            whole = float(ground[row, column])
            if whole == 0:
                claim[row, column] = 0.0
                continue
            most_under, least_under = float(high[row, column]), float(low[row, column])
            most_known = least_known = 1.0
            if not complete:
                most_known, least_known = float(known_high[row, column]), float(known_low[row, column])
            if keeps and beyond:
                own, best, worst = 1 - most_under, 1 - least_under, 1 - most_under
            elif keeps:
                own = max(0.0, most_known - most_under)
                best, worst = min(most_known, 1 - least_under), max(0.0, least_known - most_under)
            elif beyond:
                own = min(1.0, most_under + 1 - most_known)
                best, worst = min(1.0, most_under + 1 - least_known), max(least_under, 1 - most_known)
            elif takes:
                own = min(most_under, most_known)
                best, worst = own, max(0.0, least_under + least_known - 1)
            else:
                own, best, worst = most_under, most_under, least_under
            claim[row, column] = own
            touched += whole * own
            unknown += whole * (1 - most_known)
            now = float(left[row, column])
            if takes and own > 0:
                after = now * (1 - own)
                if after < NEAR:
                    after = 0.0
                if now - after > most[row, column]:
                    most[row, column], code[row, column] = now - after, number
                now = after
                left[row, column] = now
            if takes:
                if worst > 0:
                    upper[row, column] = min(float(upper[row, column]), whole - max(0.0, worst + whole - 1))
                if best > 0:
                    lower[row, column] = max(0.0, float(lower[row, column]) - best)
            wrong = max(float(upper[row, column]) - now, now - float(lower[row, column]))
            if wrong > NEAR:
                error += wrong
                mixed += whole
            total += now
            count += now > 0
        totals[row, 0], totals[row, 1], totals[row, 2] = total, touched, unknown
        totals[row, 3], totals[row, 4], totals[row, 5] = error, mixed, count


@entry
def alone(ground: Array, claims: Array, totals: Array) -> None:
    """Ground that no other rule claims: `claims` (k, rows, columns) of the rules that take, `totals` (rows, k)."""
    rules = claims.shape[0]
    for row in range(ground.shape[0]):
        for column in range(ground.shape[1]):
            free, full, last, several = 1.0, 0, -1, 0
            for rule in range(rules):
                claim = float(claims[rule, row, column])
                if claim > 0:
                    several += 1
                    last = rule
                    if claim < 1:
                        free *= 1 - claim
                    else:
                        full += 1
            if several == 0 or full > 1:
                continue
            if several == 1:
                totals[row, last] += ground[row, column] * claims[last, row, column]
                continue
            for rule in range(rules):
                claim = float(claims[rule, row, column])
                if claim >= 1:
                    totals[row, rule] += ground[row, column] * free
                elif claim > 0 and full == 0:
                    totals[row, rule] += ground[row, column] * claim * free / (1 - claim)


@entry
def add_rows(share: Array, totals: Array) -> None:
    """Sum of each row, and how many cells in it are above zero."""
    for row in range(share.shape[0]):
        total, cells = 0.0, 0
        for column in range(share.shape[1]):
            total += share[row, column]
            cells += share[row, column] > 0
        totals[row, 0], totals[row, 1] = total, cells
