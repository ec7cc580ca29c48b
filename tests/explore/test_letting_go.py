"""What an opened monitor lets go: counts of slices, found anew with the same numbers; what is read once stays."""

from engine.explore import let_go, look
from engine.explore.predicted import PREDICTIONS
from engine.slices import Filter, Slice


def test_slices_are_forgotten_and_found_again(demo):
    cut = Slice((Filter("distance_mi", "ge", (700,)),), demo.windows[3])
    before = look(demo, cut)
    assert demo.recounted and demo.kept["floors"] and demo.kept["totals"]
    read, explained = demo.kept[PREDICTIONS], demo.kept["explained"]
    let_go(demo)
    assert not demo.recounted and not {"floors", "totals"} & set(demo.kept)
    assert demo.kept[PREDICTIONS] is read and demo.kept["explained"] is explained
    after = look(demo, cut)
    assert after.findings == before.findings and after.not_computed == before.not_computed
