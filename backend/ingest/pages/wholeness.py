"""Whether a feed's text is the whole article or only the start of it. Pure."""

import regex

# A character of these scripts says as much as two or three of an alphabet.
_dense = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_MORE = 1.5
WHOLE = 1_200
_appended = regex.compile(
    r"\s*The post .{1,300}? (?:appeared first on|first appeared on) .{1,120}$", regex.IGNORECASE
)
_cut = regex.compile(
    r"(?:…|\.\.\.|read (?:more|on|the (?:full|whole|rest)\b.{0,40})|full story"
    r"|continue reading\b.{0,120}"
    r"|weiterlesen|mehr (?:lesen|dazu)|zum artikel|lire (?:la suite|plus)|leer más|seguir leyendo"
    r"|leia mais|continue lendo|leggi (?:tutto|di più)|lees (?:verder|meer)"
    r"|les mer|läs mer|læs mere"
    r"|czytaj (?:dalej|więcej)|devamını oku|читать (?:далее|дальше|полностью)|читати далі"
    r"|続きを読む|더 ?보기|전문 ?보기|기사 ?더 ?보기|阅读(?:全文|更多)|閱讀(?:全文|更多)"
    r"|اقرأ (?:المزيد|أيضا)|المزيد|और पढ़ें)[\s\])>»→.:…]*$",
    regex.IGNORECASE,
)


def weight(text: str) -> int:
    """Measure how much a text says: its characters, those of dense scripts counted for more."""
    return len(text) + int(_MORE * len(_dense.findall(text)))


def is_cut(text: str) -> bool:
    """Whether the text ends as a teaser: with an ellipsis, or with an invitation to read on."""
    return bool(_cut.search(_appended.sub("", text.strip())[-200:]))


def is_whole(text: str) -> bool:
    return weight(text) >= WHOLE and not is_cut(text)
