"""What a table says on screen, which is not always what it sorts by."""

from typing import Any

import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df


def displayed(table: Any) -> pd.DataFrame:
    """The texts of a table of AppTest that was styled."""
    return convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)
