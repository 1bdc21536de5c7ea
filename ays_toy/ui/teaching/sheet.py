"""One page to print and hand out: a link, its QR code and a task, as HTML that needs nothing but itself."""

import html
import io

from ays_toy.ui.teaching.share import ClassLink

TOO_LONG = (
    "The link is too long for a QR code that a phone could read: what was drawn or brought is in it. Send it as text."
)

# Letter is less high than A4 and A4 less wide: what fits both is no wider than one and no higher than the other.
_STYLE = """
@page { margin: 18mm 16mm; }
body { max-width: 175mm; margin: 0 auto; padding: 8mm 4mm; background: #fff; color: #15171c;
       font: 13pt/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 24pt; line-height: 1.2; margin: 0 0 2mm; }
h2 { font-size: 13pt; margin: 7mm 0 1mm; }
p { margin: 0 0 2mm; }
.task { font-size: 16pt; white-space: pre-line; overflow-wrap: anywhere; }
.link { font: 12pt/1.5 ui-monospace, Consolas, Menlo, monospace; overflow-wrap: anywhere; color: inherit; }
.long { font-size: 7.5pt; }
.code svg { display: block; width: 70mm; height: 70mm; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 6mm; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; }
@media print { body { padding: 0; } }
"""


def page(link: ClassLink) -> str:
    """The sheet."""
    told = "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in (link.settings or {}).items())
    size, shown = "link" if link.code else "link long", html.escape(link.address)
    parts = [
        f"<h1>AYS Explorer: {html.escape(link.title)}</h1>",
        f"<h2>Task</h2><p class='task'>{html.escape(link.task)}</p>" if link.task else "",
        f"<h2>Open this</h2><p><a class='{size}' href='{shown}'>{shown}</a></p>",
        f"<div class='code'>{svg(link)}</div>" if link.code else "",
        f"<h2>What is set</h2><dl>{told}</dl>" if told else "",
    ]
    head = f"<meta charset='utf-8'><title>{html.escape(link.title)}</title><style>{_STYLE}</style>"
    return f"<!DOCTYPE html>\n<html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def svg(link: ClassLink) -> str:
    """The QR code as a picture that stands within HTML, and scales to the size that it is given there."""
    assert link.code
    file = io.BytesIO()
    link.code.save(
        file, kind="svg", xmldecl=False, svgns=True, omitsize=True, light="#fff", title="QR code of the link", nl=False
    )
    return file.getvalue().decode("utf-8")
