"""A page template for `dvc plots` that carries its drawing library, so that the pages need no network.

    python -m flows.plots

DVC's own pages load Vega from a CDN. `pip install 'kakehashi[plots]'` brings the package that Vega is taken from.
"""

import sys
from importlib import import_module
from pathlib import Path

from components.outputs import whole_file
from flows import environment
from flows.dvc import dvc_does

TEMPLATE = environment.STATE / "plots.html"
PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Kakehashi: plots of runs</title>
<style>body { font-family: sans-serif; margin: 24px; } table { border-spacing: 15px; }</style>
<script>(function () { VEGA })();</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""
"""In DVC's words; without its place for scripts, where the CDN would be named."""


def page(library: str) -> str:
    """The template with a JavaScript library that defines `vegaEmbed`."""
    return PAGE.replace("VEGA", library.replace("</script", "<\\/script"))


def main() -> int:
    """Write the template below `.kakehashi` and let DVC use it in this checkout; returns the exit code."""
    home = environment.home()
    try:
        vega = import_module("vl_convert")
    except ModuleNotFoundError:
        print("Vega is not at hand. Install it: pip install 'kakehashi[plots]'", file=sys.stderr)
        return 1
    with whole_file(home / TEMPLATE) as draft:
        draft.write_text(page(vega.javascript_bundle()), encoding="utf-8")
    settings = ("config", "--local", "plots.html_template", str(Path("..") / TEMPLATE))
    dvc_does(home, environment.child_environment(home), *settings)
    print(f"dvc plots uses {TEMPLATE} now, and its pages open without a network.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
