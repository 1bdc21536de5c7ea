"""Evidence: which schedule wins where, on seeds that none was found with."""

from functools import partial

import streamlit as st

from ays_toy.metrics import METRICS
from ays_toy.ui import evidence, in_numbers, terms, view

state = view.show(evidence.EvidenceView, evidence.judge, evidence.case)

st.markdown(f"### Which schedule wins where: {evidence.cases()} cases, measured on seeds that none was found with")
found = evidence.finding(state)
st.container(key="finding_study").markdown(found, help=terms.about(found))
with st.container(key="winners_box"):
    evidence.winners(state)
title = METRICS[state.judged].title
terms.caption(
    f"**Look for** rows that stay golden: {title} over the best of the case, in the geometric mean over data and "
    "denoisers, by solver and number of steps. ● is best, or not told from it by two standard errors, in half of the "
    "cases or more.",
    *evidence.titles(state.judged).values(),
)
left, right = st.columns(2, gap="medium")
with left:
    st.markdown(f"#### {evidence.subjects()[state.studied]}, {evidence.solvers()[state.under]}")
    evidence.by_steps(state)
    terms.caption(
        f"**Look for** lines that cross: what wins in few steps need not win in many. {title} ± one standard error."
    )
    st.markdown("#### The bound, and what it bounds")
    evidence.bound(state)
    terms.caption(evidence.bound_words(), "KLUB")
with right:
    st.markdown("#### What finding it costs")
    evidence.cost(state)
    terms.caption("**Look for** what is low and far to the left. Gradients cost as many calls again, backward.")
    st.markdown("#### Made by one command")
    st.caption(
        "All of this is computed from one file, a row for every number. This command makes it anew, goes on where it "
        "was stopped, and scores a method of your own on the same cases:"
    )
    st.code(f"{evidence.COMMAND}\n{evidence.COMMAND} --method my_module:find", language=None, wrap_lines=True)
in_numbers.show(partial(evidence.in_numbers, state))
