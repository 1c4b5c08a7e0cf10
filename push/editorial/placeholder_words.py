"""Words of texts that were meant for nobody, in several languages. Pure: data.

Some say so wherever they stand. `test` does not: news speaks of nuclear tests and of cricket. It
counts where a text begins with it, is short, or shouts it.
"""

import regex

ANYWHERE = (
    *("lorem ipsum", "dolor sit amet", "asdf", "qwerty", "foobar", "foo bar", "xxx", "blah blah"),
    *("todo", "tbd", "insert headline here", "headline here", "please ignore", "do not send"),
    *("bitte ignorieren", "platzhalter", "blindtext", "bla bla", "no enviar", "texto de prueba"),
    *("ne pas envoyer", "texte de test", "merci d'ignorer", "não enviar", "texto de teste"),
    *("не отправлять", "рыба текст", "لا ترسل", "نص تجريبي"),
    *("테스트입니다", "테스트 중", "测试一下", "テスト送信"),
)
AT_THE_START = (
    *("test", "testing", "tests", "dummy", "sample", "draft"),  # English, German, French
    *("testalarm", "probealarm", "testmeldung", "essai", "brouillon", "prueba", "borrador"),
    *("teste", "rascunho", "prova", "bozza", "proef", "deneme", "taslak", "próba", "zkouška"),
    *("тест", "проверка", "черновик", "اختبار", "تجربة", "مسودة", "בדיקה", "परीक्षण"),
)
# Written without spaces between words.
UNSPACED_AT_THE_START = ("테스트", "测试", "測試", "テスト", "ทดสอบ")
SHORT_WORDS = 3

_anywhere = regex.compile(r"\b(?:\L<words>)\b", regex.IGNORECASE, words=ANYWHERE)
_start = regex.compile(r"\W*(\L<words>)\b", regex.IGNORECASE, words=AT_THE_START)
_inside = regex.compile(r"\b(\L<words>)\b", regex.IGNORECASE, words=AT_THE_START)
_unspaced = regex.compile(r"\W*(\L<words>)", words=UNSPACED_AT_THE_START)


def placeholder_in(text: str) -> str | None:
    """Return the word that marks this text as meant for nobody; None without one."""
    found = _anywhere.search(text) or _start.match(text) or _unspaced.match(text)
    if found is None and (inside := _inside.search(text)):
        is_short = len(text.split()) <= SHORT_WORDS
        found = inside if is_short or inside[0].isupper() else None
    return None if found is None else found[0].strip()
