"""Encodings: what a document says of itself, what it is, and what nobody said of three words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.entry_drafts import SourceDefaults, drafts_of
from backend.ingest.parsing.encodings import decoded
from backend.ingest.parsing.parse import parse_feed
from tests.backend.ingest.test_entries import URL, body


def feed(title: str, language: str = "") -> str:
    told = f"<language>{language}</language>" if language else ""
    return f"<rss><channel>{told}<item><title>{title}</title></item></channel></rss>"


def title_in(document: bytes) -> str:
    return parse_feed(document, url=URL).entries[0].title


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("euc-kr", "서울시가 내년 예산안을 발표했다"),
        ("shift_jis", "東京の港で新しい橋が開通した"),
        ("euc_jp", "東京の港で新しい橋が開通した"),
        ("gb18030", "上海港口今天恢复轮渡服务"),
        ("big5", "高雄港口今天恢復渡輪服務"),
        ("windows-1251", "Паром снова ходит через пролив"),
        ("koi8-r", "Паром снова ходит через пролив"),
        ("windows-1256", "عودة العبارة إلى الميناء اليوم"),
        ("tis-620", "เรือข้ามฟากเปิดให้บริการอีกครั้ง"),
        # Syllables that the Korean table of 1987 has not, and Windows has.
        ("cp949", "펲시콜라 뷁 뉴스"),
        ("cp949", "조선일보 뷁 샾 똠방각하"),
        ("mac_roman", "Größere Änderungen für Österreich"),
        ("mac_roman", "El niño mañana irá al colegio"),
        ("mac_roman", "Déjà vu à l’Élysée"),
        ("cp1252", "Größere Änderungen für Österreich"),
        ("cp1252", "Rock ’n’ roll – “live” d’Œuvre"),
        ("cp1252", "São Paulo terá eleição amanhã"),
    ],
)
def test_an_encoding_nobody_declared_is_detected_and_counted(encoding: str, text: str) -> None:
    feed = parse_feed(body("", title=text).decode().encode(encoding), url=URL)

    assert feed.entries[0].title == text
    assert drafts_of(feed, SourceDefaults()).counts.guessed_encodings == 1


@pytest.mark.parametrize("text", ["Hà Nội mưa lớn", "Giá vàng hôm nay tăng mạnh"])
def test_vietnamese_that_nobody_declared_is_read_by_its_tones(text: str) -> None:
    document = feed(_as_vietnamese_keyboards_write(text)).encode("cp1258")

    assert unicodedata.normalize("NFC", title_in(document)) == text


def _as_vietnamese_keyboards_write(text: str) -> str:
    """Tones behind their letters, which windows-1258 has no others for."""
    return "".join(map(_with_tone_behind, text))


def _with_tone_behind(letter: str) -> str:
    base, *marks = list(unicodedata.normalize("NFD", letter))
    tones = "".join(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
    shape = "".join(mark for mark in marks if mark not in tones)
    return unicodedata.normalize("NFC", base + shape) + tones


@pytest.mark.parametrize("misread", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text", ["Müller’s “café” – naïve…", "조선일보", "Паром снова ходит", "l’été « à Orléans »"]
)
def test_a_document_that_was_encoded_twice_is_read_as_it_was_meant(text: str, misread: str) -> None:
    once = body("", title=text).decode()
    read = "".join(_misread(byte, misread) for byte in once.encode())

    feed = parse_feed(read.encode(), url=URL)

    assert feed.entries[0].title == text
    assert drafts_of(feed, SourceDefaults()).counts.guessed_encodings == 1


def _misread(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


def test_a_text_about_texts_that_were_encoded_twice_stays_as_it_is() -> None:
    title = "Who sees youâ€™ve – instead of you’ve – looks at an encoding"

    assert title_in(feed(title).encode()) == title


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_characters_need_no_byte_order_mark(encoding: str) -> None:
    assert decoded("\n<a>Ω</a>".encode(encoding)).text == "\n<a>Ω</a>"


def test_a_label_means_what_browsers_read_it_as() -> None:
    text = '<?xml version="1.0" encoding="gb2312"?><a>镕</a>'

    assert decoded(text.encode("gbk")).text == text


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        *(("euc-kr", title) for title in (
            "북한, 동해로 미사일 발사", "태풍 제주 접근", "카카오뱅크, 인도네시아 진출",
            "이스라엘, 가자지구 공습",
        )),
        *(("euc_jp", title) for title in (
            "東京で地震", "大谷翔平、今季最多の本塁打", "トヨタ、インドに新工場", "韓国で大雪",
        )),
        *(("shift_jis", title) for title in (
            "石破前首相が台湾を訪問", "日産、英国工場を閉鎖へ", "藤井聡太、名人戦で勝利",
        )),
        *(("gbk", title) for title in ("中国新闻报道今天", "央行宣布降息", "刚果（布） 印度")),
        *(("big5", title) for title in ("台北今天下雨", "總統訪問友邦", "4月 羅馬尼亞")),
        *(("cp874", title) for title in ("ข่าววันนี้ที่กรุงเทพ", "นายกฯ เยือนญี่ปุ่น", "แผ่นดินไหวภาคเหนือ")),
        ("koi8-u", "Її звільнили з посади"),
        ("windows-1256", "اخبار امروز تهران"),
        ("iso8859-6", "البنك المركزي يخفض الفائدة"),
        ("cp1252", "Café wins £5m prize"),
        ("cp1252", "El niño volvió"),
        ("cp1252", "Netanyahou refuse le cessez-le-feu à Gaza"),
    ],
)  # fmt: skip
def test_one_headline_is_enough_to_tell_its_encoding(encoding: str, title: str) -> None:
    assert title_in(feed(title).encode(encoding)) == title


@pytest.mark.parametrize(
    ("language", "encoding", "title"),
    [
        ("tr", "cp1254", "Mısır ve İsrail"),
        ("lt", "cp1257", "Pietų Sudanas"),
        ("ro", "cp1250", "Cutremur în Vrancea"),
        ("fr", "cp1252", "Bardella en tête"),
        ("pt", "cp1252", "Irã e Barein"),
        ("zh-cn", "gbk", "加沙停火谈判破裂"),
    ],
)
def test_the_language_of_a_feed_tells_its_encoding_where_letters_do_not(
    language: str, encoding: str, title: str
) -> None:
    assert title_in(feed(title, language).encode(encoding)) == title


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("x-cp1251", "cp1251", "Порт"),
        ("Win-1251", "cp1251", "Порт"),
        ("windows1251", "cp1251", "Порт"),
        ("koi8", "koi8-r", "Порт"),
        ("iso88592", "iso8859-2", "Łódź"),
        ("iso-8859-8-e", "cp1255", "נמל"),
        ("x-gbk", "gbk", "镕基"),
        ("windows-949", "cp949", "뷁"),
        ("x-x-big5", "big5", "港口"),
        ("x-sjis", "cp932", "髙島"),
    ],
)
def test_a_label_has_many_spellings(label: str, encoding: str, text: str) -> None:
    document = f'<?xml version="1.0" encoding="{label}"?>{feed(text)}'

    assert title_in(document.encode(encoding)) == text


def test_seven_bits_are_enough_for_japanese() -> None:
    title = "東京で地震"
    document = feed(title).encode("iso2022_jp")

    assert title_in(document) == title
    assert title_in(b'<?xml version="1.0" encoding="ISO-2022-JP"?>' + document) == title


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding(noise: bytes) -> None:
    assert decoded(b"<rss><title>\xe9" + noise).encoding
