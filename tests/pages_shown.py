"""Pages run without a browser, and what their tables say on screen, which is not always what they sort by."""

from typing import Any

import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest


def opened(page: str, **query: str) -> AppTest:
    """The page as its address opens it."""
    at = AppTest.from_file(f"../pages/{page}.py", default_timeout=300)
    for key, value in query.items():
        at.query_params[key] = value
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def displayed(table: Any) -> pd.DataFrame:
    """The texts of a table of AppTest that was styled."""
    return convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)
