"""Evidence: which schedule wins where, on seeds that none was found with."""

import streamlit as st

from ays_toy.ui import evidence, exhibits, in_numbers, terms, view

state = view.show(evidence.EvidenceView, evidence.models, evidence.case)

st.markdown(f"### Which schedule wins where: {evidence.cases(state)} cases, measured on seeds that none was found with")
found = evidence.finding(state)
st.container(key="finding_study").markdown(found, help=terms.about(found))
with st.container(key="winners_box"):
    evidence.winners(state)
terms.caption(
    f"**Look for** rows that stay golden: {state.figure.title} over the best of the case, in the geometric mean over "
    "data and denoisers, by solver and number of steps. ● is best, or not told from it by two standard errors, in half "
    "of the cases or more.",
    *evidence.titles(state).values(),
)
left, right = st.columns(2, gap="medium")
with left:
    st.markdown(f"#### {evidence.subjects()[state.studied]}, {evidence.solvers()[state.under]}")
    evidence.by_steps(state)
    terms.caption(
        f"**Look for** lines that cross: what wins in few steps need not win in many. {state.figure.title} ± one "
        "standard error."
    )
    if state.points:
        st.markdown("#### The bound, and what it bounds")
        evidence.bound(state)
        terms.caption(evidence.bound_words(state), "KLUB")
with right:
    if state.points:
        st.markdown("#### What finding it costs")
        evidence.cost(state)
        terms.caption("**Look for** what is low and far to the left. Gradients cost as many calls again, backward.")
    st.markdown("#### Made by one command")
    evidence.command(state)
said = [evidence.in_numbers]
if state.kind == "exact":
    exhibits.show(state)
    said.append(exhibits.in_numbers)
in_numbers.show(lambda: [line for of_part in said for line in of_part(state)])
