"""What axe-core, the reference among accessibility checkers, finds on a page."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
_RUN = """async () => {
  const stale = () => document.querySelector("[data-stale=true]");  // faded, until a run of the page has drawn it anew
  const fades = () => document.getAnimations().some((one) => one instanceof CSSTransition);
  for (let k = 0; k < 100 && (stale() || fades()); k += 1) await new Promise((done) => setTimeout(done, 50));
  const found = await axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
  const nodes = found.violations.flatMap((rule) => rule.nodes.map((node) => ({ rule, node })));
  const words = ({ rule, node }) => `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`;
  return [found.passes.length, nodes.filter(({ rule }) => GRAVE.includes(rule.impact)).map(words)];
}""".replace("GRAVE", repr(list(GRAVE)))


@cache
def _source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What is serious or critical, a line each: the rule, where, and the element that breaks it.

    Among the rules is that targets are 24 pixels large or as far from each other, which it leaves out by itself.

    The checker is evaluated, not added as a script, which the page's security policy would refuse.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    passed, found = page.evaluate(_RUN)
    assert passed > 5, "the checker has looked at next to nothing"
    return list(found)
