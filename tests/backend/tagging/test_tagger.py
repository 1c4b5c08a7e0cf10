"""The tagger: what an article is about, the pairs it names, and what it must not conclude."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog.tag_names import problem_of
from backend.tagging.tagger import FoundTag, tag_article, without_teasers

FILLER = "The committee met on Tuesday and set out its plans for the year ahead. " * 12


def found_in(
    body: str, title: str = "A quiet day", language: str | None = "en"
) -> dict[str, FoundTag]:
    return {each.name: each for each in tag_article(title, "", body, language)}


@pytest.mark.parametrize(
    ("sentence", "pair", "rule"),
    [
        ("Their North Korea-Russia accord was signed.", "NorthKorea-Russia", "pair-hyphen"),
        ("Their North Korea–Russia accord was signed.", "NorthKorea-Russia", "pair-hyphen"),
        ("The Russia-North Korea accord was signed.", "NorthKorea-Russia", "pair-hyphen"),
        ("A DPRK-Russia statement came late.", "NorthKorea-Russia", "pair-hyphen"),
        ("An N. Korea-Russia statement came late.", "NorthKorea-Russia", "pair-hyphen"),
        ("The U.S.-North Korea summit failed.", "NorthKorea-UnitedStates", "pair-hyphen"),
        ("A US-China row grew.", "China-UnitedStates", "pair-hyphen"),
        ("An EU-Japan pact was announced.", "EuropeanUnion-Japan", "pair-hyphen"),
        ("Sino-Russian drills began.", "China-Russia", "pair-demonyms"),
        ("The Russian-Ukrainian war went on.", "Russia-Ukraine", "pair-demonyms"),
        ("Egypt and Sudan ties grew warmer.", "Egypt-Sudan", "pair-ties"),
        ("The border between Chile and Peru reopened.", "Chile-Peru", "pair-ties"),
        ("A Moscow-Beijing axis was feared.", "China-Russia", "pair-hyphen"),
        ("Guinea-Bissau-Senegal flights resumed.", "Guinea-Bissau-Senegal", "pair-hyphen"),
    ],
)
def test_a_pair_named_once_in_the_text_is_tagged_with_its_rule(
    sentence: str, pair: str, rule: str
) -> None:
    found = found_in(f"{FILLER}{sentence} {FILLER}")

    assert found[pair].kind == "pair"
    assert found[pair].rule == rule


@pytest.mark.parametrize(
    ("sentence", "language", "pair"),
    [
        ("La trêve entre le Chili et le Pérou tient.", "fr", "Chile-Peru"),
        ("La frontière entre l'Égypte et la Libye rouvre.", "fr", "Egypt-Libya"),
        ("Das Grenzabkommen zwischen Chile und Peru hielt.", "de", "Chile-Peru"),
        ("La tregua entre Chile y Perú sigue.", "es", "Chile-Peru"),
        ("مصر وليبيا يوقعان معاهدة", "ar", "Egypt-Libya"),
        ("日豪首脳会談は延期された。", "ja", "Australia-Japan"),
        ("한중 정상회담이 미뤄졌다.", "ko", "China-SouthKorea"),
        ("칠레와 페루 협정 체결", "ko", "Chile-Peru"),
        ("北朝鮮とロシアが協定に署名", "ja", "NorthKorea-Russia"),
        ("エジプトとリビアの停戦交渉が始まる", "ja", "Egypt-Libya"),
        ("日中首脳会談は延期された。", "ja", "China-Japan"),
        ("智利和秘鲁签署协定", "zh", "Chile-Peru"),
        ("中日关系再度紧张", "zh", "China-Japan"),
        ("埃及與土耳其簽署協定", "zh-Hant", "Egypt-Turkey"),
        ("Mısır ve Libya anlaşma imzaladı", "tr", "Egypt-Libya"),
        ("Chile e Peru assinam tratado", "pt", "Chile-Peru"),
        ("A trégua entre o Chile e o Peru dura", "pt", "Chile-Peru"),
        ("मिस्र और लीबिया ने समझौते पर हस्ताक्षर किए", "hi", "Egypt-Libya"),
        ("Єгипет та Лівія підписали угоду", "uk", "Egypt-Libya"),
        ("Угода між Росією та Китаєм діє", "uk", "China-Russia"),
        ("مصر و لیبی توافق‌نامه امضا کردند", "fa", "Egypt-Libya"),
        ("مذاکرات میان مصر و لیبی", "fa", "Egypt-Libya"),
    ],
)
def test_bonds_and_deeds_are_read_in_an_articles_own_language(
    sentence: str, language: str, pair: str
) -> None:
    assert pair in {each.name for each in tag_article(sentence, "", "", language)}


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("日本と韓国を旅する", "ja"),
        ("日中の気温が上がる", "ja"),
        ("中日が試合に勝つ", "ja"),
        ("日本和韩国旅游攻略", "zh"),
        ("Mısır ve Libya'da hava durumu", "tr"),
        ("Chile e Peru têm sol", "pt"),
        ("मिस्र और लीबिया में बारिश", "hi"),
        ("칠레와 페루 여행", "ko"),
        ("زلزله در مصر و لیبی", "fa"),
    ],
)
def test_names_that_only_meet_make_no_pair_in_any_language(sentence: str, language: str) -> None:
    assert not [each for each in tag_article(sentence, "", "", language) if each.kind == "pair"]


@pytest.mark.parametrize(
    ("title", "language", "name"),
    [
        ("香港政府宣布新政策", "zh", "HongKong"),
        ("香港政府宣布新政策", "zh-Hant", "HongKong"),
        ("澳门赌场重开", "zh", "Macau"),
        ("澳門賭場重開", "zh-Hant", "Macau"),
        ("香港島で火災", "ja", "HongKong"),
        ("マカオで会議", "ja", "Macau"),
        ("هونغ كونغ تعلن سياسة جديدة", "ar", "HongKong"),
        ("هنگ‌کنگ اعلام کرد", "fa", "HongKong"),
        ("हांगकांग में आग", "hi", "HongKong"),
        ("홍콩 정부 발표", "ko", "HongKong"),
        ("Гонконг оголосив про зміни", "uk", "HongKong"),
        ("Hongkong verkündet Regeln", "de", "HongKong"),
        ("سنغافورة تفتح أبوابها", "ar", "Singapore"),
        ("ABD Başkanı konuştu", "tr", "UnitedStates"),
        ("EUA anunciam sanções", "pt", "UnitedStates"),
        ("अमेरिका में चुनाव", "hi", "UnitedStates"),
        ("آمریکا اعلام کرد", "fa", "UnitedStates"),
        ("阿联酋主办会议", "zh", "UnitedArabEmirates"),
        ("パレスチナで選挙", "ja", "Palestine"),
    ],
)
def test_a_place_is_found_by_the_name_that_its_readers_use(
    title: str, language: str, name: str
) -> None:
    assert name in {each.name for each in tag_article(title, "", "", language)}


def test_a_pair_keeps_its_members_apart_from_its_spelling() -> None:
    found = found_in("The Guinea-Bissau-Senegal border stayed open.")

    assert found["Guinea-Bissau-Senegal"].members == ("Guinea-Bissau", "Senegal")


@pytest.mark.parametrize(
    "sentence",
    [
        "North Korea and Russia were both mentioned.",
        "North Korea sent troops to Russia; Russia thanked North Korea.",
        "In North Korea. Russia said nothing.",
        "A French-Canadian singer and an Irish-American writer met.",
        "The London-Paris train was late.",
        "Austria-Hungary fell in 1918.",
        "Guinea-Bissau voted and Bosnia-Herzegovina watched.",
        "The Indo-Pacific is wide; a Russia-based firm agreed.",
        "Moscow-Russia is a postal line.",
    ],
)
def test_no_pair_is_made_of_names_that_only_meet(sentence: str) -> None:
    assert [each for each in found_in(f"{FILLER}{sentence}").values() if each.kind == "pair"] == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Russia opens a new port", "Russia"),
        ("N. Korea tests a rocket", "NorthKorea"),
        ("U.S. senators vote", "UnitedStates"),
        ("US senators vote", "UnitedStates"),
        ("UK farmers march", "UnitedKingdom"),
        ("NATO meets in spring", "NATO"),
        ("Côte d’Ivoire wins", "IvoryCoast"),
        ("Türkiye votes", "Turkey"),
        ("Turkey votes", "Turkey"),
        ("Tourism returns to the coast", "Tourism"),
        ("Papua New Guinea mourns", "PapuaNewGuinea"),
        ("Bosnia & Herzegovina qualifies", "BosniaAndHerzegovina"),
    ],
)
def test_a_name_in_the_title_is_a_tag(title: str, name: str) -> None:
    assert name in found_in(FILLER, title)


@pytest.mark.parametrize(
    ("title", "absent"),
    [
        ("JOIN US FOR THE BIG GAME", "UnitedStates"),
        ("Come with us to the fair", "UnitedStates"),
        ("How to roast a turkey", "Turkey"),
        ("Northern Ireland votes", "Ireland"),
        ("Jordan scores thirty", "Jordan"),
        ("Atlanta, Georgia braces for rain", "Georgia"),
        ("New Mexico counts its votes", "Mexico"),
        ("Who leads the race", "WHO"),
        ("Rome, sweet Rome", "Italy"),
        ("Romeo and Juliet returns", "Italy"),
        ("The Washington Post hires", "UnitedStates"),
        ("A dangerous chad and a polish finish", "Poland"),
        ("Polish up your silver", "Poland"),
        ("Guinea pigs make good pets", "Guinea"),
        ("China cabinet sold for a fortune", "China"),
        ("Cuba Gooding returns to the stage", "Cuba"),
        ("Storms batter the North of England", "NorthKorea"),
        ("Chad Smith joins the tour", "Chad"),
    ],
)
def test_a_string_that_only_looks_like_a_name_is_none(title: str, absent: str) -> None:
    assert absent not in found_in(FILLER, title)


def test_an_ambiguous_name_counts_once_the_article_confirms_it() -> None:
    assert "Jordan" in found_in("Officials in Amman said Jordan would host.", "Jordan hosts talks")
    assert "Georgia" in found_in("Crowds filled Tbilisi on Monday.", "Georgia votes")


def test_one_passing_mention_is_no_tag() -> None:
    assert "Canada" not in found_in(f"{FILLER} Observers came from Canada. {FILLER}")


def test_a_government_stands_for_its_country_but_weighs_less() -> None:
    found = found_in(
        "The Kremlin answered. The Kremlin denied it. Moscow waited.", "Kremlin replies"
    )

    assert "Russia" in found
    assert (
        found["Russia"].score < found_in("Russia answered.", "Russia replies")["Russia"].score + 2
    )


def test_a_capital_is_a_city_and_when_it_speaks_its_government() -> None:
    spoken = found_in(FILLER, "Tehran rejects the draft")

    assert "Iran" in spoken
    assert "Tehran" not in spoken
    assert {"Tehran", "Iran"} <= set(found_in("A bakery in Tehran burned.", "Fire in Tehran"))
    assert "Tehran" in found_in(FILLER, "A museum opens in Tehran")


@pytest.mark.parametrize(
    ("title", "body", "language", "names"),
    [
        ("북한, 러시아와 협력", "북한은 러시아의 지원을 받았다.", "ko", {"NorthKorea", "Russia"}),
        ("북·러 관계 전망", "양국은 협력을 논의했다.", "ko", {"NorthKorea-Russia"}),
        ("مصر والسودان توقعان اتفاقا", "قالت مصر إن السودان وافق.", "ar", {"Egypt", "Sudan"}),
        ("العلاقات بين روسيا وكوريا الشمالية", "تقرير جديد", "ar", {"NorthKorea-Russia"}),
        ("朝鲜与俄罗斯签署协议", "朝鲜方面表示满意。", "zh", {"NorthKorea", "Russia"}),
        ("ロシアと北朝鮮が会談", "ロシアの発表による。", "ja", {"NorthKorea", "Russia"}),
        ("Россия и США начали переговоры", "В России ждут.", "ru", {"Russia", "UnitedStates"}),
        ("La Corée du Nord et la Russie", "Un accord.", "fr", {"NorthKorea", "Russia"}),
        ("Rusya'nın kararı", "Rusya açıkladı.", "tr", {"Russia"}),
    ],
)  # fmt: skip
def test_names_are_found_in_every_script(
    title: str, body: str, language: str, names: set[str]
) -> None:
    assert names <= set(found_in(body, title, language))
    if not title.isascii() and language not in {"fr", "tr"}:
        assert names <= set(found_in(body, title, None)), "the script alone must do"


@pytest.mark.parametrize(
    ("title", "absent"),
    [
        ("인도주의 단체의 호소", "India"),
        ("다른 수단을 찾다", "Sudan"),
        ("마리오 게임 출시", "Mali"),
    ],
)
def test_korean_words_that_begin_like_a_country_are_none(title: str, absent: str) -> None:
    assert absent not in found_in("내용 없음", title, "ko")


@pytest.mark.parametrize(
    ("title", "absent"),
    [
        ("كيف نحسب قطر الدائرة", "Qatar"),
        ("نهر الأردن يفقد مياهه", "Jordan"),
        ("خبير مالي يشرح الأزمة", "Mali"),
        ("قالت الحكومة في عمان إن الأسعار ثابتة", "Oman"),
    ],
)
def test_arabic_words_that_are_also_countries_are_none(title: str, absent: str) -> None:
    assert absent not in found_in("نص قصير", title, "ar")


def test_headlines_glued_to_the_end_do_not_tag_the_article() -> None:
    tail = "read more " + "Libya Nightmare. Libya and Turkey ties. Libya votes. Libya again. " * 5
    body = f"{FILLER * 2} {tail}"

    assert "Libya" not in found_in(body)
    assert without_teasers(body).endswith("ahead. " + " ")
    assert without_teasers("Read more books, the minister said. " + FILLER).endswith("ahead. ")


def test_a_publishers_own_categories_become_topics_unless_they_are_sections() -> None:
    found = {
        each.name: each
        for each in tag_article(
            "A day", "", FILLER, "en", ["Politics", "Street Food", "2024", "a/b"]
        )
    }

    assert found["StreetFood"] == FoundTag("StreetFood", "topic", (), "publisher", 1.0)
    assert "Politics" not in found
    assert "2024" not in found


def test_the_summary_is_read_as_the_lead_but_not_twice() -> None:
    body = "Norway and nothing else. " + FILLER
    with_summary = tag_article("A day", body[:120], body, "en")

    assert with_summary == tag_article("A day", "", body, "en")


@given(st.text(max_size=300), st.text(max_size=600))
def test_any_text_gives_tags_that_are_allowed_and_unique(title: str, body: str) -> None:
    names = [each.name for each in tag_article(title, "", body)]

    assert len(names) == len(set(names))
    assert all(problem_of(name) is None for name in names)
