"""What an opened monitor lets go: counts of slices, found anew with the same numbers; what is read once stays."""

from engine.explore import let_go, look, performance_history
from engine.explore.predicted import PREDICTIONS
from engine.slices import Filter, Slice


def test_slices_are_forgotten_and_found_again(demo):
    cut = Slice((Filter("distance_mi", "ge", (700,)),), demo.windows[3])
    before = look(demo, cut)
    read, explained = demo.kept[PREDICTIONS], demo.kept["explained"]
    course = performance_history(demo, "recall")
    assert demo.recounted and demo.kept["floors"] and demo.kept["totals"] and read.kept and read.told
    let_go(demo)
    assert not demo.recounted and not {"floors", "totals"} & set(demo.kept) and not read.kept and not read.told
    assert demo.kept[PREDICTIONS] is read and demo.kept["explained"] is explained
    after = look(demo, cut)
    assert after.findings == before.findings and after.not_computed == before.not_computed
    assert performance_history(demo, "recall").found == course.found


def test_all_that_is_kept_is_let_go_or_read_once(demo):
    look(demo, Slice((Filter("origin", "eq", ("LGA",)),), demo.windows[3]))
    let_go(demo)
    assert set(demo.kept) <= {PREDICTIONS, "explained", "maturities", "beside"}
