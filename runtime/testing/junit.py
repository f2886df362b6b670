"""Results of tests as the XML that CI servers read (JUnit's, as Jenkins and GitLab take it).

Must not know how tests run. Invariant: each test is one test case; what XML cannot hold is replaced, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

from runtime.testing.results import Outcome, Verdicts

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(name: str, results: Sequence[Verdicts], explain: Callable[[Verdicts], Sequence[str]]) -> str:
    """`explain`: the lines that say what is wrong."""
    suite = ET.Element(
        "testsuite",
        name=fit(name),
        tests=str(len(results)),
        failures=str(sum(result.outcome is Outcome.FAILED for result in results)),
        skipped=str(sum(result.outcome is Outcome.UNFINISHED for result in results)),
        errors="0",
        time=f"{sum(result.microseconds for result in results) / 1e6:.6f}",
    )
    for result in results:
        case = ET.SubElement(
            suite, "testcase", classname=fit(name), name=fit(result.label), time=f"{result.microseconds / 1e6:.6f}"
        )
        lines = [fit(line) for line in explain(result)]
        if result.outcome is Outcome.FAILED:
            ET.SubElement(case, "failure", message=" · ".join(lines[:2]) or "failed").text = "\n".join(lines)
        elif result.outcome is Outcome.UNFINISHED:
            ET.SubElement(case, "skipped", message=" · ".join(lines[:2]) or "unfinished")
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
