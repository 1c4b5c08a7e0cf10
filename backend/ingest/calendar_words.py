"""Month names, halves of the day and zone abbreviations as publishers write them. Data."""

_MONTHS_OF: dict[str, str] = {
    "en": "january february march april may june july august september october november december",
    "en-short": "jan feb mar apr may jun jul aug sep oct nov dec",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "fr-short": "janv févr mars avr mai juin juil août sept oct nov déc",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "es-short": "ene feb mar abr may jun jul ago sep oct nov dic",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "pt-short": "jan fev mar abr mai jun jul ago set out nov dez",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "de-short": "jan feb mär apr mai jun jul aug sep okt nov dez",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
    "it-short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "id": "januari februari maret april mei juni juli agustus september oktober november desember",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października"
    " listopada grudnia",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ar-short": "يناير فبراير مارس ابريل مايو يونيه يوليه اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "ar-maghreb": "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
    "ar-levant": "كانون-الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين-الأول"
    " تشرين-الثاني كانون-الأول",
}

MONTHS: dict[str, int] = {
    name.casefold(): number
    for names in _MONTHS_OF.values()
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9}

MORNING = frozenset({"am", "a", "오전", "上午", "午前", "صباحا", "ص"})
AFTERNOON = frozenset({"pm", "p", "오후", "下午", "午後", "مساء", "م"})

# Hours east of UTC, and whether the abbreviation means only this. IST is also Israel's and
# Ireland's, CST also China's: a source says otherwise in its hints.
ZONES: dict[str, tuple[float, bool]] = {
    "Z": (0, True),
    "UT": (0, True),
    "UTC": (0, True),
    "GMT": (0, True),
    "WET": (0, True),
    "WEST": (1, True),
    "BST": (1, False),
    "CET": (1, True),
    "CEST": (2, True),
    "MEZ": (1, True),
    "MESZ": (2, True),
    "EET": (2, True),
    "EEST": (3, True),
    "CAT": (2, True),
    "SAST": (2, True),
    "IDT": (3, True),
    "MSK": (3, True),
    "EAT": (3, True),
    "TRT": (3, True),
    "GST": (4, False),
    "PKT": (5, True),
    "IST": (5.5, False),
    "NPT": (5.75, True),
    "ICT": (7, True),
    "WIB": (7, True),
    "HKT": (8, True),
    "SGT": (8, True),
    "MYT": (8, True),
    "PHT": (8, True),
    "AWST": (8, True),
    "JST": (9, True),
    "KST": (9, True),
    "ACST": (9.5, True),
    "AEST": (10, True),
    "AEDT": (11, True),
    "NZST": (12, True),
    "NZDT": (13, True),
    "NST": (-3.5, True),
    "BRT": (-3, True),
    "ART": (-3, True),
    "AST": (-4, False),
    "EDT": (-4, True),
    "EST": (-5, True),
    "CDT": (-5, True),
    "CST": (-6, False),
    "MDT": (-6, True),
    "MST": (-7, True),
    "PDT": (-7, True),
    "PST": (-8, True),
    "AKDT": (-8, True),
    "AKST": (-9, True),
    "HST": (-10, True),
}
