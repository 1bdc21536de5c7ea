"""What the cells of a table say, which is not always what they sort by."""

import math

from pages_shown import displayed
from streamlit.testing.v1 import AppTest

from ays_toy.estimates import Estimate
from ays_toy.sampling.schedules import Schedule


def _page() -> None:
    import streamlit as st

    from ays_toy.ui import tables

    tables.show(st.session_state["schedules"], st.session_state["columns"], {}, "table", "A table.", title="A table")


def test_every_estimate_is_written_with_its_own_error_where_values_are_alike_or_unknown() -> None:
    at = AppTest.from_function(_page)
    at.session_state["schedules"] = [Schedule("edm", f"EDM {k}") for k in range(4)]
    column = [Estimate(1.0, 0.1), Estimate(1.0, 0.02), Estimate(math.nan, math.nan), Estimate(2.0, 0.1)]
    at.session_state["columns"] = {"KLUB": column, "Calls": [1, 2, 3, 4]}
    at.run()
    assert not at.exception
    said = [str(one) for one in column]
    assert len(set(said)) == 4
    assert displayed(at.dataframe[0])["KLUB"].tolist() == said
