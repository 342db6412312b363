"""A study in which every text is an attack."""

from __future__ import annotations

import shapely

from flexsite.outputs.map import (
    ColumnInfo,
    ContextInfo,
    CriterionInfo,
    MapData,
    MeasureInfo,
    ProfileInfo,
    RequirementInfo,
    RuleInfo,
    SourceInfo,
)

from .fake import study, suitability

PAYLOADS = (
    "</script><script>window.X=1</script>",
    "<img src=x onerror=window.X=1>",
    "\"'`${window.X=1}\\",
    "line\nbreak\r\n\u2028\u2029\x00end",
    "{{ 7*7 }}",
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{% raw %}",
    "{# note #}",
    "</title><script>window.X=1</script>",
    "</style><script>window.X=1</script>",
    "--><svg onload=window.X=1>",
    "javascript:window.X=1",
    "__proto__",
    "constructor",
    "=1+1",
    "@@policy@@",
    "NaN",
)


def hostile_study(payloads: tuple[str, ...] = PAYLOADS) -> MapData:
    """A study whose ids, labels, columns, sources and title are the payloads."""
    base = study(60)
    n = len(base.sites)
    turn = [payloads[k % len(payloads)] for k in range(n)]
    sites = base.sites.assign(
        site_id=[f"{text} {k:03d}" for k, text in enumerate(turn)],
        candidate_id=turn,
        route=turn,
        marks=turn,
        unknown=turn,
        municipality=turn,
        owner=turn,
        kind=turn,
        available_until=turn,
        pt_level=turn,
    )
    label = {"nl": payloads[0] + payloads[1], "en": payloads[4]}
    criteria = tuple(
        CriterionInfo(item.id, label, item.column, item.best, item.worst, item.weight)
        for item in base.profiles[0].criteria
    )
    profile = ProfileInfo(
        "starter", label, criteria, (RequirementInfo("pt", payloads[1]), RequirementInfo("supermarket", label))
    )
    table = suitability(sites, (profile,))
    table["missing"] = turn
    table.loc[~table["suitable"], "failed"] = [turn[k] for k in range(int((~table["suitable"]).sum()))]
    ground = base.excluded
    assert ground is not None
    names = ground["rule"].map(dict(zip(sorted(set(ground["rule"])), payloads, strict=False)))
    return study(
        60,
        title="".join(payloads),
        strictness=payloads[1],
        sites=sites,
        suitability=table,
        profiles=(profile,),
        columns=(ColumnInfo("municipality", label), ColumnInfo("owner", payloads[1])),
        measures=tuple(MeasureInfo(text, "pt_level", text, text) for text in payloads),
        rules=tuple(RuleInfo(text, text, text, text, text, text) for text in payloads),
        excluded=ground.assign(rule=names, candidate_id=[turn[k % n] for k in range(len(ground))]),
        waterfall=base.waterfall.assign(rule=[payloads[k % len(payloads)] for k in range(len(base.waterfall))]),
        sources=tuple(SourceInfo(text, text, text, text) for text in payloads),
        assumed_complete=payloads,
        warnings=payloads,
        version=payloads[1],
        study_hash=payloads[1],
        context=(ContextInfo("border", label, base.context[0].geometry, (payloads[0], payloads[1], payloads[4])),),
        area=shapely.box(*base.area.bounds),
    )
