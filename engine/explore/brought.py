"""Two sources before there is a monitor: each opened and looked at once, roles guessed, production held beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine.explore.guesses import guessed
from engine.pair import read_as
from engine.tables.profile import Profile, profile, redrawn
from engine.tables.sources import Dataset, open_dataset
from engine.tables.text.text_format import TextFormat

Progress = Callable[[float, str], None]
Profiles = dict[str, Profile | str]


@dataclass(frozen=True, eq=False)
class Brought:
    """A source that was read, with roles guessed from names and values. profiles: by column, or why it has none."""

    dataset: Dataset
    profiles: Profiles


def brought(place: str, text: TextFormat | None, tell: Progress) -> Brought:
    """Open a source and look at its columns. tell is told how far that is, and may raise Cancelled.

    Raises what open_dataset raises.
    """
    opened = open_dataset(place, text=text, tell=lambda share, said: tell(share / 2, said))
    tell(0.5, "looking at its columns")
    found = profile(opened, opened.columns, tell=lambda share, said: tell(0.5 + share / 2, said))
    return Brought(replace(opened, columns=guessed(opened.columns, found)), found)


def on_the_same_bars(reference: Brought, production: Brought, tell: Progress) -> Profiles:
    """Production's columns read as the reference's and counted on its bars, so that shapes can be compared."""
    mine, read = reference.dataset, read_as(reference.dataset, production.dataset)
    like = shapes(reference.profiles)
    same = {  # what is stored alike was counted alike
        one.name: known for one in mine.columns
        if read.has(one.name) and read.column(one.name).type == one.type and one.name in like
        and isinstance(known := production.profiles.get(one.name), Profile) and known.kind is one.kind
    }  # fmt: skip
    found = profile(read, [one for one in mine.columns if one.name not in same], like, tell)
    tell(0.5, "counting on the same bars")
    return {**found, **redrawn(read, [mine.column(name) for name in same], same, like)}


def shapes(profiles: Mapping[str, Profile | str]) -> dict[str, Profile]:
    """The profiles of the columns that have one."""
    return {name: one for name, one in profiles.items() if isinstance(one, Profile)}
