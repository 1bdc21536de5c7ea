"""What the pages' style costs a browser."""

import re

import pytest

from ays_toy.ui import frame, paper


@pytest.mark.parametrize("style", [frame._CSS, frame._COLORS, paper.CSS])
def test_what_a_rule_says_of_the_whole_app_does_not_depend_on_what_is_in_it(style: str) -> None:
    """Else a browser styles all of a page anew for every line that a figure draws: a third of its time, measured."""
    on_a_desk = re.sub(r"@media \((?:max-width|hover)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style)
    assert not re.search(r"(?:\.stApp|:root|html|body)[^\s,{>+~]*:has\(", on_a_desk)
    assert not re.search(r":has\([^)]*\*(?!=)", on_a_desk), "any element would do"
