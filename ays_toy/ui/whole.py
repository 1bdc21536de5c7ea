"""What a click does is done whole, also where the page is asked to run again in that very moment."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx

P = ParamSpec("P")
TRIES = 5  # of one callback; each takes one request out of its way


def whole(act: Callable[P, None]) -> Callable[P, None]:
    """A widget's callback that another run of the page does not cut short.

    Once another run is wanted, Streamlit ends what it does wherever that asks the session's state. In a callback it
    takes that for the callback's own wish to run the page again, and the click is lost. Here it begins anew, and what
    cut it short is asked for once more after it. So a callback asks first and acts then.
    """

    @wraps(act)
    def done(*args: P.args, **kwargs: P.kwargs) -> None:
        postponed: list[RerunException] = []
        while True:
            try:
                act(*args, **kwargs)
                break
            except RerunException as cut:
                postponed.append(cut)
                if len(postponed) == TRIES:
                    raise
        context = get_script_run_ctx()
        if context is not None and context.script_requests is not None:
            for one in postponed:
                context.script_requests.request_rerun(one.rerun_data)

    return done
