"""Pages run without a browser, and what their tables say on screen, which is not always what they sort by."""

import time
from typing import Any

import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from ays_toy.ui import compute, findings
from ays_toy.ui.explore import MEASURING


def opened(page: str, **query: str) -> AppTest:
    """The page as its address opens it."""
    at = AppTest.from_file(f"../pages/{page}.py", default_timeout=300)
    for key, value in query.items():
        at.query_params[key] = value
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    end = time.monotonic() + 120
    while any(one.value == MEASURING for one in at.markdown):  # the table of Explore follows its pictures
        assert time.monotonic() < end
        time.sleep(0.05)
        at.run()
    assert not at.exception, at.exception
    return at


def computed() -> None:
    """Wait until all that pages have begun to search for, draw and measure is there: to run one meanwhile delays it."""
    end = time.monotonic() + 120
    while findings._searches._coming or compute._outcomes._coming:
        assert time.monotonic() < end
        time.sleep(0.02)


def displayed(table: Any) -> pd.DataFrame:
    """The texts of a table of AppTest that was styled."""
    return convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)


def strips(at: AppTest) -> str:
    """The rows of pictures of the page Images, as HTML; empty where there are none."""
    return "".join(one.value for one in at.markdown if "<div class='strips" in one.value)
