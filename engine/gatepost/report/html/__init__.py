"""The report as one HTML file that needs no network: for whoever files it away, and for a telephone.

It is made from the verdict, and its charts and tables of evidence from the evidence that the verdict names.
"""

from __future__ import annotations

from gatepost.report.html.page import render

__all__ = ["name", "reads_evidence", "render"]

name = "html"
reads_evidence = True
