"""What mkdocs asks of this project: pages that the code writes, figures that it draws, links that stay on the site.

Nothing on the site is said a second time: the lessons, the glossary, the commands and the study are taken from where
the app has them, the readme's sections by `include-markdown`.
"""

import posixpath
import re
from pathlib import Path

import ideas
import imagery
import reference
import study
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from plotly.offline import get_plotlyjs

ROOT = Path(__file__).parents[2]
WRITTEN = {"ideas.md": ideas.page, "words.md": reference.words, "commands.md": reference.commands}
PARTS = {"study": study.study, "images": imagery.imagery, "api": reference.api}  # what stands for <!-- site: … -->
PAGES = {f"{name.upper()}.md": f"{name}.md" for name in ("architecture", "contributing", "security", "changelog")}
PAGES |= {"README.md": "index.md", "notebooks": "practice.md"}
LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)\s#]+)")
LOADED = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")
NOT_LOADED = re.compile(r"<link[^>]*rel=[\"']?(?:canonical|prev|next)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that the code writes, the library that draws figures, and the files that pages link to."""
    for name, write in WRITTEN.items():
        files.append(File.generated(config, name, content=write()))
    files.append(File.generated(config, "assets/plotly.min.js", content=get_plotlyjs()))
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    linked = {(path.parent / target).resolve() for path in texts for target in LINK.findall(path.read_text("utf-8"))}
    for path in sorted(path for path in linked if path.is_file() and not path.is_relative_to(ROOT / "docs")):
        name = path.relative_to(ROOT).as_posix()
        if name not in PAGES:
            files.append(File.generated(config, f"files/{name}.txt", content=path.read_text("utf-8")))
    return files


@event_priority(-100)  # after the readme's sections have been put in
def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Put in what the code says, and turn links to files of the project into links to the site."""
    for name, write in PARTS.items():
        markdown = markdown.replace(f"<!-- site: {name} -->", write() if f"site: {name} " in markdown else "")
    folder = posixpath.dirname(page.file.src_uri)
    return LINK.sub(lambda found: _on_the_site(found[1], folder), markdown)


def _on_the_site(target: str, folder: str) -> str:
    """Where a link of a page in that folder of docs/ leads: a page, or a file of the project as text."""
    name = posixpath.normpath(posixpath.join("docs", folder, target))
    if name.startswith("docs/") or not (ROOT / name).exists():
        return target
    return posixpath.relpath(PAGES.get(name, f"files/{name}.txt"), folder or ".")


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that loads anything from another host."""
    for path in Path(config.site_dir).rglob("*.html"):
        for found in LOADED.finditer(path.read_text("utf-8")):
            if not NOT_LOADED.match(found[0]):
                raise PluginError(f"{path.name} loads {found[1]}: the site asks no other host for anything.")
