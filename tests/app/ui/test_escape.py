"""What the escapes let through: the characters, and nothing that acts, as markdown-it reads it."""

from __future__ import annotations

import html
import re

import plotly.express as px
import plotly.graph_objects as go
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.ui import escape

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
JOINER = "\u2060"
LIVE = (
    "![z](http://evil.example/z.png)", "[l](http://evil.example)", "<a href='http://e'>h</a>", "<img src=x>",
    "**b** __b__", "`a` ``b", "# h", "- i", "+ i", "> q", "1. i", "12) i", "| a | b |", "~~s~~", "a\n\n# b", "    code",
    "---", "===", "[^1]", "&lt;b&gt;", "\\*a\\*", "* i", "``` x", "[x]: http://evil.example",
)  # fmt: skip
REPLACED = (":smile:", ":+1:", ":material/home:", ":streamlit:", "http://e.x", "https://e.x", "www.e.x", "a@b.cd", "->",
            "a -- b", "<->", ">= 1")  # fmt: skip
DIRECTIVES = (":red[x]", ":blue-badge[x]", ":color[x]{foreground=red}", ":::note", "::leaf[x]", ":small[x]")
BY_STREAMLIT = re.compile(
    r":(material[/_]|streamlit:)|:[-+\w]+:|https?://|www\.|[-.\w+]@[-\w]|(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"
)
"""What Streamlit's own page looks for in the text that Markdown has left, from its version 1.67."""
DIRECTIVE = re.compile(r"(?<!\\)(?:\\\\)*:[A-Za-z:]")
FORMULA = re.compile(r"(?<!\\)(?:\\\\)*\$")
syntax = st.sampled_from("ab1 \n\t\\`*_~[](){}<>#+-.!|&$:;/=@w^\"'")
texts = st.text(alphabet=syntax, max_size=30) | st.text(max_size=20)


def shown(markdown: str) -> str:
    """The text that is shown; fails where anything is in it but text and code on one line."""
    tokens = READER.parse(markdown)
    assert [one.type for one in tokens] == (["paragraph_open", "inline", "paragraph_close"] if tokens else [])
    inline = (tokens[1].children or []) if tokens else []
    assert {one.type for one in inline} <= {"text", "code_inline"}, (markdown, inline)
    for one in inline:
        if one.type == "text":
            assert not BY_STREAMLIT.search(one.content), (markdown, one.content)
    return "".join(one.content for one in inline).replace(JOINER, "")


def on_one_line(text: str) -> str:
    return escape._on_one_line(text).replace(JOINER, "")


@given(texts)
@example("a_b__c_ _d")
@example("C:\\\\x:y::z")
def test_any_text_is_shown_as_its_characters(text: str) -> None:
    made = escape.markdown(text)
    assert shown(made) == on_one_line(text)
    assert not DIRECTIVE.search(made) and not FORMULA.search(made)


@pytest.mark.parametrize("text", [*LIVE, *REPLACED, *DIRECTIVES, "$x^2$", "$$x$$"])
@pytest.mark.parametrize("form", ["{}", "a {} b", "**{}**", "> {}"])
def test_what_would_act_does_not(text: str, form: str) -> None:
    made = escape.markdown(form.format(text))
    assert shown(made) == on_one_line(form.format(text))
    assert not DIRECTIVE.search(made) and not FORMULA.search(made)


@given(texts)
def test_code_shows_the_same(text: str) -> None:
    made = escape.code(text)
    assert on_one_line(text) in shown(made) or not text.strip()
    # Within :orange[...] a bracket ends the colour, in code as well.
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]]", made)


@given(texts, texts)
def test_a_sentence_keeps_its_code_and_makes_no_other(before: str, within: str) -> None:
    made = escape.sentence(f"No {before} there; see `python -m pipeline doctor` and '{within}'.")
    shown(made)


def test_a_sentence_of_ours_stays_as_it_is() -> None:
    text = "The store is empty. `python -m pipeline build --dataset folder=PATH` fills it (about 3 GB): 12 clips, 5 %."
    assert escape.sentence(text) == text


def test_what_cannot_be_seen_is_no_part_of_it() -> None:
    assert escape.markdown("a\x1b[31m\u202eb\ud800\x00\u2028c") == "a \\[31m\ufffdb\ufffd c"


def test_a_table_is_escaped_on_both_sides() -> None:
    assert escape.table({"**a**": "[b](http://c)"}) == {r"\*\*a\*\*": f"\\[b\\](http:{JOINER}//c)"}


HOSTILE = '<a href="http://evil.example">PWN</a> & <b>x</b> %{customdata[0]} &lt;'


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def test_a_figure_holds_no_tag_but_those_of_its_hover_texts() -> None:
    table = {"y": [HOSTILE, "b"], "n": [1, 2], "of": [HOSTILE, "c"]}
    bars = px.bar(table, y="y", x="n", color="of", title=HOSTILE, hover_name="y")
    bars.add_annotation(text=HOSTILE).update_layout(legend_title_text=HOSTILE)
    bars.update_xaxes(tickvals=[1], ticktext=[HOSTILE])
    cells = go.Figure(go.Heatmap(z=[[1]], x=[HOSTILE], y=[HOSTILE], customdata=[[HOSTILE]], text=[[HOSTILE]]))
    for figure in (bars, cells):
        made = escape.figure(figure).to_dict()
        found = [text for text in strings(made) if "PWN" in text]
        assert found
        tags = {tag for text in found for tag in re.findall("<[^>]*>", text)}
        assert tags <= {"<br>", "<extra>", "</extra>", "<b>", "</b>"}, tags
        assert not [text for text in found if "%{customdata[0]} &" in text]
    assert bars.layout.title.text == HOSTILE, "the figure itself stays as it was"
    assert html.unescape(escape.figure(cells).data[0].x[0]) == HOSTILE


def test_a_figure_without_such_text_is_the_same() -> None:
    figure = px.scatter(x=[1.5, 2.5], y=[3, 4], color=["a", "b"], title="n (%)")
    assert escape.figure(figure) == figure
