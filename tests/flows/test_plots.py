"""The template of DVC's plots: whole in itself, and its absence explained."""

import sys

import pytest

from flows.plots import main, page


def test_the_template_names_no_network_and_keeps_dvcs_places() -> None:
    text = page("window.vegaEmbed = '</script>';")
    assert "{plot_divs}" in text and "{refresh_tag}" in text
    assert "{scripts}" not in text, "DVC would name a CDN there"
    assert "http" not in text
    assert text.count("</script>") == 1, "a library cannot end its own element"


def test_without_vega_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert main() == 1
    assert capsys.readouterr().err == "Vega is not at hand. Install it: pip install 'kakehashi[plots]'\n"
