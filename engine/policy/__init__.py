"""When findings call for somebody: persistence, rules, mutes, objectives and the verdict, over recorded runs alone."""

from engine.policy.case import baselines
from engine.policy.columns import ranks_of
from engine.policy.joint import Joint, joint
from engine.policy.objectives import Budget, budgets
from engine.policy.timeline import timeline
from engine.policy.tracks import Track, tracks
from engine.policy.verdict import TABLE, Action, Reason, Verdict, verdict

__all__ = [
    "TABLE",
    "Action",
    "Budget",
    "Joint",
    "Reason",
    "Track",
    "Verdict",
    "baselines",
    "budgets",
    "joint",
    "ranks_of",
    "timeline",
    "tracks",
    "verdict",
]
