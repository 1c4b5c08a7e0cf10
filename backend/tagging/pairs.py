"""Relation extraction: pairs such as A-B, "ties between A and B", "Sino-Russian".

That two names merely stand in one article makes no pair: it would select a superset that no
reader of the pair's feed expects.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import regex

from backend.tagging.gazetteer import Gazetteer, Mention

PairRule = Literal[
    "pair-hyphen", "pair-ties", "pair-demonyms", "pair-contraction", "pair-deed", "pair-visit"
]

_NAMES = frozenset({"name", "exact"})
_hyphen = regex.compile("[-\u2010\u2011\u2013\u2212・·]")
_and = regex.compile(
    r"\s+(?:and|et|y|e|und|i|і|й|и|та|ve|ile|dan|और|व|و)\s+"
    r"(?:the\s+|l[ae]s?\s+|l['’]|el\s+|[oa]s?\s+|d(?:er|ie|em)\s+)?"
    r"|\s*(?:と|和|与|與|及|同)\s*",
    regex.IGNORECASE,
)
# What two states have with one another. The narrow list is safe after a bare "A and B".
_bonds = (
    "ties|relations|relationship|cooperation|alliance|friendship|partnership|summit|rapprochement"
    "|alignment|rivalry"
)
_any_bond = (
    f"{_bonds}|talks|treaty|border|war|pact|deal|agreement|conflict|axis|tensions|dialogue"
    "|ceasefire|negotiations|trade|dispute|bloc|accord|defense|defence|military"
)
_bond_follows = regex.compile(rf"\s+(?:\w+\s+){{0,2}}?(?:{_any_bond})\b", regex.IGNORECASE)
_narrow_bond_follows = regex.compile(rf"(?:['’]s?)?\s+(?:\w+\s+)?(?:{_bonds})\b", regex.IGNORECASE)
_bond_between = regex.compile(
    rf"\b(?:{_any_bond})\s+between\s+(?:the\s+)?$"
    r"|\b(?:relations?|liens|coopération|alliance|partenariat|sommet|rapprochement|rivalité"
    r"|pourparlers|négociations|dialogue|traité|accord|pacte|frontière|guerre|conflit|tensions"
    r"|cessez-le-feu|trêve|paix|échanges|différend)\s+entre\s+(?:l[ae]s?\s+|l['’])?$"
    r"|\b(?:relaciones|lazos|cooperación|alianza|asociación|cumbre|acercamiento|rivalidad"
    r"|conversaciones|negociaciones|diálogo|tratado|acuerdo|pacto|frontera|guerra|conflicto"
    r"|tensiones|tensión|tregua|paz|comercio|disputa"
    r"|alto el fuego)\s+entre\s+(?:el\s+|l[ao]s?\s+)?$"
    r"|(?:beziehungen|kooperation|zusammenarbeit|bündnis|partnerschaft|gipfel|annäherung"
    r"|rivalität|gespräche|verhandlungen|dialog|vertrag|abkommen|pakt|grenze|krieg|konflikt"
    r"|spannungen|waffenruhe|waffenstillstand|frieden|handel"
    r"|streit)\s+zwischen\s+(?:der\s+|dem\s+)?$"
    r"|\b(?:relações|laços|cooperação|aliança|parceria|cúpula|cimeira|reaproximação|conversas"
    r"|negociações|diálogo|tratado|acordo|pacto|fronteira|guerra|conflito|tensões|tensão|trégua"
    r"|cessar-fogo|paz|comércio|disputa)\s+entre\s+(?:[oa]s?\s+)?$"
    r"|\b(?:відносини|відносин|співпрац[яюі]|союз|партнерство|саміт|переговори|переговорів|діалог"
    r"|договір|угод[аиу]|пакт|кордон|кордоні|війн[аиу]|конфлікт|перемир['’ʼ]я|мир)\s+між\s+$"
    r"|(?:روابط|همکاری|توافق|پیمان|قرارداد|جنگ|مذاکرات|گفتگوهای|آتش‌بس|مرز|صلح|تنش)"
    r"\s+(?:بین|میان)\s+$"
    r"|\b(?:отношени[яй]|сотрудничеств[оа]|союз|партнёрство|партнерство|саммит|переговоры|диалог"
    r"|договор|соглашение|пакт|граница|границе|война|войны|конфликт|перемирие|мир|спор)\s+между\s+$"
    r"|(?:العلاقات|علاقات|التعاون|تعاون|اتفاق|اتفاقية|معاهدة|الحرب|حرب|محادثات|مفاوضات|الشراكة"
    r"|شراكة|تحالف|قمة|هدنة|الحدود|حدود|النزاع|نزاع|توتر)\s+بين\s+$",
    regex.IGNORECASE,
)

# "X and Y sign a deal", "X, Y agree to": what two actors do with one another.
_joint_deed_follows = regex.compile(
    r"\s+(?:\w+\s+){0,2}?(?:sign(?:s|ed)?|agree(?:s|d)?|clash(?:ed)?|meet|met"
    r"|(?:hold|held) (?:\w+ )?talks"
    r"|exchange|resume|restore|normali[sz]e|launch joint|seal"
    r"|strike (?:a )?deal|reach (?:a )?(?:deal|agreement)"
    r"|unterzeichnen|besiegeln|einigen sich|verhandeln|treffen sich|vereinbaren"
    r"|signent|concluent|s['’]accordent|négocient|scellent|firman|acuerdan|negocian|sellan|pactan"
    r"|firmano|siglano|подписали|подписывают|заключили|договорились|توقعان|تتفقان|يوقعان|توقع"
    r"|assinam|assinaram|firmaram|fecham acordo|concordam|acordam|negociam|selam|retomam"
    r"|підписали|підписують|уклали|укладають|домовилися|домовляються|ведуть переговори)\b",
    regex.IGNORECASE,
)
# The same where the verb comes last, or no blank stands between words: what they do is a noun.
_joint_deed_behind = regex.compile(
    r"(?:が|は|も|の|、)?[^\s。！？「」、]{0,6}?(?:協定|条約|首脳会談|外相会談|会談|合意|協議|署名|調印"
    r"|交渉|停戦|同盟|関係|国境|貿易|軍事協力|協力|戦争|紛争|対立)"
    r"|[^\s。！？，、]{0,6}?(?:签署|簽署|签订|簽訂|达成|達成|举行会|舉行會|会谈|會談|会晤|會晤|协定|協定"
    r"|协议|協議|条约|條約|停火|谈判|談判|关系|關係|边境|邊境|同盟|合作|联合声明|聯合聲明|战争|戰爭"
    r"|冲突|衝突|贸易|貿易)"
    r"|\s+(?:\p{Hangul}+\s+){0,2}?(?:협정|조약|정상회담|외교장관회담|회담|합의|협상|서명|체결|휴전|동맹|관계"
    r"|국경|무역|전쟁|협력|분쟁)"
    r"|(?:['’]\p{L}{1,4})?\s+(?:[\p{L}\p{M}]+\s+){0,3}?(?:anlaşma|antlaşma|imzala|görüşme|müzakere|zirve"
    r"|ilişki|ateşkes|sınır|savaş|iş ?birliği|uzlaş|gerilim)"
    r"|\s+(?:[\p{L}\p{M}]+\s+){0,4}?(?:समझौत|हस्ताक्षर|वार्ता|बातचीत|संधि|युद्ध|संबंध|सीमा|शिखर|युद्धविराम)"
    r"|\s+(?:[\p{L}\p{M}]+\s+){0,4}?(?:امضا|توافق|مذاکر|گفتگو|گفت‌وگو|پیمان|قرارداد|آتش‌بس|روابط|جنگ)",
    regex.IGNORECASE,
)
# "X's talks with Y", "X's Jane Doe in Y": one is the other's guest, partner or enemy.
_visit_between = regex.compile(
    r"(?:['’]s?)?\s+(?:\w+\s+){0,4}?(?:arrives? in|lands? in|visits?|visit to"
    r"|trip to|talks with|deal with"
    r"|summit with|ties with|relations with|war with|war on|war against"
    r"|treaty with|agreement with|pact with"
    r"|border with|meets? in|in talks with|besucht|reist nach|trifft|gespräche mit|abkommen mit"
    r"|visita|acuerdo con|rencontre|accord avec|en visite en)\s+(?:the\s+|der\s+|la\s+)?$",
    regex.IGNORECASE,
)
_guest = regex.compile(r"['’]s?\s+(?:\p{Lu}[\p{L}'’-]+\s+){1,3}in\s+(?:the\s+)?$")
# No rule reads over a longer gap than this.
_LONGEST_GAP = 120
# No rule reads over one of these.
_divides = re.compile(r"[.;:!?()\"„“”«»。]")
_comma = regex.compile(r",\s+(?:the\s+)?")


class PairHit(NamedTuple):
    """Two entities in the canonical order, where they stand, and the rule that fired."""

    first: str
    second: str
    rule: PairRule
    at: int


def pairs_in(text: str, mentions: Sequence[Mention], names: Gazetteer) -> list[PairHit]:
    """The pairs of a text, given its mentions in reading order."""
    hits = [_contracted(mention, names) for mention in mentions if mention.sign == "contraction"]
    for left, right in pairwise(mentions):
        rule = _rule_between(text, left, right)
        if rule is not None:
            hits += _hits(left, right, rule, names)
    return hits


def canonical(first: str, second: str, names: Gazetteer) -> tuple[str, str]:
    """Put a pair into its one order: alphabetical by name. The reverse is an alias."""
    ordered = sorted((first, second), key=lambda entity: names.entities[entity].name.casefold())
    return ordered[0], ordered[1]


def _contracted(mention: Mention, names: Gazetteer) -> PairHit:
    first, second = canonical(mention.entities[0], mention.entities[1], names)
    return PairHit(first, second, "pair-contraction", mention.start)


def _hits(left: Mention, right: Mention, rule: PairRule, names: Gazetteer) -> list[PairHit]:
    one, other = left.entities[-1 if left.sign == "contraction" else 0], right.entities[0]
    kinds = {names.entities[one].kind, names.entities[other].kind}
    are_actors = names.entities[one].is_actor and names.entities[other].is_actor
    if one == other or kinds != {"entity"} or not are_actors:
        return []
    first, second = canonical(one, other, names)
    return [PairHit(first, second, rule, left.start)]


def _rule_between(text: str, left: Mention, right: Mention) -> PairRule | None:
    if right.start - left.end > _LONGEST_GAP:
        return None
    gap = text[left.end : right.start]
    if _divides.search(gap):
        return None
    if _hyphen.fullmatch(gap):
        return _hyphenated(text, left, right)
    ahead = text[right.end : right.end + 60]
    if _visit_between.fullmatch(gap) or _guest.fullmatch(gap):
        return "pair-visit"
    is_attached = text[right.start] == "و" or text[left.end - 1] in "과와"
    joined = _and.fullmatch(gap) or (gap == " " and is_attached)
    if (joined or _comma.fullmatch(gap)) and _joint_deed_follows.match(ahead):
        return "pair-deed"
    if joined and _joint_deed_behind.match(ahead):
        return "pair-deed"
    before = text[max(0, left.start - 60) : left.start]
    if joined and (_bond_between.search(before) or _narrow_bond_follows.match(ahead)):
        return "pair-ties"
    return None


def _hyphenated(text: str, left: Mention, right: Mention) -> PairRule | None:
    """Return the rule of a hyphenated pair; "French-Canadian" is a person until a bond follows."""
    if left.sign == "prefix":
        return "pair-demonyms" if right.sign in {"demonym", "prefix"} else None
    if left.sign in _NAMES and (right.sign in _NAMES or right.sign == "demonym"):
        return "pair-hyphen"
    if not _bond_follows.match(text[right.end : right.end + 60]):
        return None
    return "pair-demonyms" if left.sign == "demonym" else "pair-hyphen"
