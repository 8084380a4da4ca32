"""README's programs run as they are printed, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_programs_of_the_readme_run(capsys):
    names = {"__name__": "readme"}
    for program in PROGRAMS:
        exec(compile(program, "README.md", "exec"), names)
    told = re.fullmatch(r"(-\d+\.\d) nats a digit\n", capsys.readouterr().out)
    assert told
    assert -230 < float(told[1]) < -120  # after one epoch
    assert names["p"].item() == pytest.approx(0.14433756, abs=1e-7)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", README))
def test_links_lead_somewhere(link):
    assert link.startswith("http") or (ROOT / link).exists()
