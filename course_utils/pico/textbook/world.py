"""The lexicon of one small world, in English and in Finnish.

Everything pico reads is written with these words. A word knows its English form and the four Finnish
principal parts (nominative, genitive, partitive, illative); the other Finnish cases are derived from them:

    >>> fox = BY_ENGLISH["fox"]
    >>> fox.nom, fox.gen, fox.part, fox.ine, fox.all
    ('kettu', 'ketun', 'kettua', 'ketussa', 'ketulle')

`Cast.draw` picks who and what a text is about, and keeps training and test apart: some pairs of words are
held out, so that a training text never shows both. `fill` turns a template and a cast into text.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from random import Random

# ---------------------------------------------------------------------------------------------- words


@dataclass(frozen=True)
class Word:
    """An English word and its Finnish principal parts; `str(word)` is the English."""

    en: str
    nom: str  # kettu, who or what
    gen: str  # ketun, whose
    part: str  # kettua, the partitive
    ill: str  # kettuun, into

    def __str__(self) -> str:
        return self.en

    @cached_property
    def _a(self) -> str:
        """Vowel harmony: the last vowel that is not neutral (e, i) says whether endings take a or ä."""
        for letter in reversed(self.gen.lower()):
            if letter in "aou":
                return "a"
            if letter in "äöy":
                return "ä"
        return "ä"

    @cached_property
    def _weak(self) -> str:
        """The stem of the genitive (ketun -> ketu), which carries most endings."""
        return self.gen[:-1]

    @cached_property
    def _strong(self) -> str:
        """The stem of the illative (kettuun -> kettu), which carries the essive."""
        if self.ill.endswith("seen") and self._weak[-1] == self._weak[-2]:  # veneeseen -> venee
            return self.ill[:-4]
        if re.search(r"([aeiouyäö])h\1n$", self.ill):  # puuhun -> puu
            return self.ill[:-3]
        return self.ill[:-2]

    @cached_property
    def ine(self) -> str:
        """Inessive, "in": ketussa."""
        return f"{self._weak}ss{self._a}"

    @cached_property
    def ela(self) -> str:
        """Elative, "out of", "about": ketusta."""
        return f"{self._weak}st{self._a}"

    @cached_property
    def ade(self) -> str:
        """Adessive, "on", and the owner in "has": ketulla."""
        return f"{self._weak}ll{self._a}"

    @cached_property
    def abl(self) -> str:
        """Ablative, "from": ketulta."""
        return f"{self._weak}lt{self._a}"

    @cached_property
    def all(self) -> str:
        """Allative, "onto", "to somebody": ketulle."""
        return f"{self._weak}lle"

    @cached_property
    def ess(self) -> str:
        """Essive, "as": kettuna."""
        return f"{self._strong}n{self._a}"


@dataclass(frozen=True)
class Noun(Word):
    """A common noun. `article` is None for the usual a/an, and "" for what is not counted (bread)."""

    plural: str
    article: str | None = None

    @cached_property
    def a(self) -> str:
        """With the indefinite article: "a fox", "an owl", "bread"."""
        article = ("an" if self.en[0] in "aeiou" else "a") if self.article is None else self.article
        return f"{article} {self.en}".strip()

    @cached_property
    def the(self) -> str:
        """With the definite article: "the fox"."""
        return f"the {self.en}"


@dataclass(frozen=True)
class Place(Noun):
    """A place. English has its preposition; Finnish says "in" with inner or with outer cases."""

    preposition: str = "in"
    inner: bool = True

    @cached_property
    def at(self) -> str:
        return f"{self.preposition} the {self.en}"

    @cached_property
    def to(self) -> str:
        return f"to the {self.en}"

    @cached_property
    def off(self) -> str:
        return f"from the {self.en}"

    @cached_property
    def fi_at(self) -> str:
        """metsässä, rannalla."""
        return self.ine if self.inner else self.ade

    @cached_property
    def fi_to(self) -> str:
        """metsään, rannalle."""
        return self.ill if self.inner else self.all

    @cached_property
    def fi_off(self) -> str:
        """metsästä, rannalta."""
        return self.ela if self.inner else self.abl


@dataclass(frozen=True)
class Person(Noun):
    """Somebody with a name. Finnish has one pronoun, hän, for she and he."""

    he: str = "she"
    han: str = "hän"
    hanen: str = "hänen"
    hanta: str = "häntä"
    hanelle: str = "hänelle"
    hanella: str = "hänellä"

    @cached_property
    def him(self) -> str:
        return "him" if self.he == "he" else "her"

    @cached_property
    def his(self) -> str:
        return "his" if self.he == "he" else "her"


@dataclass(frozen=True)
class Adjective(Word):
    """An adjective; in Finnish it takes the case of its noun (punaisessa talossa)."""


@dataclass(frozen=True)
class Feeling(Adjective):
    """An adjective for how somebody feels; `mood` is "positive" or "negative"."""

    mood: str = "positive"


@dataclass(frozen=True)
class Phrase:
    """A fixed expression in both languages; weather has a past tense too."""

    en: str
    fi: str
    past: str = ""
    fi_past: str = ""

    def __str__(self) -> str:
        return self.en


# ---------------------------------------------------------------------------------------------- data


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def _nouns(table: str, article: str | None = None) -> tuple[Noun, ...]:
    """Rows: English, plural, then nominative, genitive, partitive, illative."""
    return tuple(Noun(en, *finnish, plural, article) for en, plural, *finnish in _rows(table))


def _adjectives(table: str) -> tuple[Adjective, ...]:
    return tuple(Adjective(*row) for row in _rows(table))


# Name, its genitive, partitive and illative.
_SHE = """
Anna Annan Annaa Annaan
Mia Mian Miaa Miaan
Ella Ellan Ellaa Ellaan
Emma Emman Emmaa Emmaan
Sara Saran Saraa Saraan
Nora Noran Noraa Noraan
Lisa Lisan Lisaa Lisaan
Eva Evan Evaa Evaan
Ida Idan Idaa Idaan
Elsa Elsan Elsaa Elsaan
Maria Marian Mariaa Mariaan
Julia Julian Juliaa Juliaan
"""
_HE = """
Otto Oton Ottoa Ottoon
Leo Leon Leoa Leoon
Ben Benin Beniä Beniin
Sam Samin Samia Samiin
Tom Tomin Tomia Tomiin
Max Maxin Maxia Maxiin
Hugo Hugon Hugoa Hugoon
Emil Emilin Emiliä Emiliin
Olli Ollin Ollia Olliin
Eero Eeron Eeroa Eeroon
Eino Einon Einoa Einoon
Antti Antin Anttia Anttiin
"""
PEOPLE = tuple(
    Person(name, name, *finnish, f"{name}s", "", he)
    for he, table in (("she", _SHE), ("he", _HE))
    for name, *finnish in _rows(table)
)

ANIMALS = _nouns("""
fox foxes kettu ketun kettua kettuun
cat cats kissa kissan kissaa kissaan
dog dogs koira koiran koiraa koiraan
bear bears karhu karhun karhua karhuun
hedgehog hedgehogs siili siilin siiliä siiliin
owl owls pöllö pöllön pöllöä pöllöön
hare hares jänis jäniksen jänistä jänikseen
mouse mice hiiri hiiren hiirtä hiireen
horse horses hevonen hevosen hevosta hevoseen
moose moose hirvi hirven hirveä hirveen
duck ducks ankka ankan ankkaa ankkaan
squirrel squirrels orava oravan oravaa oravaan
frog frogs sammakko sammakon sammakkoa sammakkoon
wolf wolves susi suden sutta suteen
swan swans joutsen joutsenen joutsenta joutseneen
cow cows lehmä lehmän lehmää lehmään
bee bees mehiläinen mehiläisen mehiläistä mehiläiseen
pig pigs sika sian sikaa sikaan
sheep sheep lammas lampaan lammasta lampaaseen
hen hens kana kanan kanaa kanaan
bird birds lintu linnun lintua lintuun
seal seals hylje hylkeen hyljettä hylkeeseen
badger badgers mäyrä mäyrän mäyrää mäyrään
beaver beavers majava majavan majavaa majavaan
crow crows varis variksen varista varikseen
snake snakes käärme käärmeen käärmettä käärmeeseen
""")

COLOURS = _adjectives("""
red punainen punaisen punaista punaiseen
blue sininen sinisen sinistä siniseen
green vihreä vihreän vihreää vihreään
yellow keltainen keltaisen keltaista keltaiseen
black musta mustan mustaa mustaan
white valkoinen valkoisen valkoista valkoiseen
grey harmaa harmaan harmaata harmaaseen
brown ruskea ruskean ruskeaa ruskeaan
orange oranssi oranssin oranssia oranssiin
pink pinkki pinkin pinkkiä pinkkiin
purple violetti violetin violettia violettiin
golden kultainen kultaisen kultaista kultaiseen
""")

ADJECTIVES = _adjectives("""
small pieni pienen pientä pieneen
big iso ison isoa isoon
old vanha vanhan vanhaa vanhaan
new uusi uuden uutta uuteen
wet märkä märän märkää märkään
dry kuiva kuivan kuivaa kuivaan
heavy painava painavan painavaa painavaan
light kevyt kevyen kevyttä kevyeen
clean puhdas puhtaan puhdasta puhtaaseen
dirty likainen likaisen likaista likaiseen
long pitkä pitkän pitkää pitkään
short lyhyt lyhyen lyhyttä lyhyeen
soft pehmeä pehmeän pehmeää pehmeään
hard kova kovan kovaa kovaan
warm lämmin lämpimän lämmintä lämpimään
cold kylmä kylmän kylmää kylmään
beautiful kaunis kauniin kaunista kauniiseen
strange outo oudon outoa outoon
round pyöreä pyöreän pyöreää pyöreään
broken rikkinäinen rikkinäisen rikkinäistä rikkinäiseen
""")

# English preposition first, then inner or outer local cases in Finnish.
PLACES = tuple(
    Place(en, *finnish, plural, None, preposition, cases == "inner")
    for preposition, cases, en, plural, *finnish in _rows("""
in inner town towns kaupunki kaupungin kaupunkia kaupunkiin
in inner forest forests metsä metsän metsää metsään
in inner garden gardens puutarha puutarhan puutarhaa puutarhaan
in inner kitchen kitchens keittiö keittiön keittiötä keittiöön
at inner school schools koulu koulun koulua kouluun
in inner library libraries kirjasto kirjaston kirjastoa kirjastoon
in inner park parks puisto puiston puistoa puistoon
in inner castle castles linna linnan linnaa linnaan
in inner cave caves luola luolan luolaa luolaan
in inner village villages kylä kylän kylää kylään
in inner shop shops kauppa kaupan kauppaa kauppaan
in inner museum museums museo museon museota museoon
in inner tower towers torni tornin tornia torniin
in inner valley valleys laakso laakson laaksoa laaksoon
in inner harbour harbours satama sataman satamaa satamaan
on outer beach beaches ranta rannan rantaa rantaan
on outer hill hills mäki mäen mäkeä mäkeen
on outer island islands saari saaren saarta saareen
at outer market markets tori torin toria toriin
at outer station stations asema aseman asemaa asemaan
in outer yard yards piha pihan pihaa pihaan
in outer meadow meadows niitty niityn niittyä niittyyn
in outer field fields pelto pellon peltoa peltoon
on outer bridge bridges silta sillan siltaa siltaan
on outer farm farms maatila maatilan maatilaa maatilaan
at outer lake lakes järvi järven järveä järveen
""")
)

THINGS = _nouns("""
ball balls pallo pallon palloa palloon
kite kites leija leijan leijaa leijaan
key keys avain avaimen avainta avaimeen
book books kirja kirjan kirjaa kirjaan
lamp lamps lamppu lampun lamppua lamppuun
boat boats vene veneen venettä veneeseen
hat hats hattu hatun hattua hattuun
letter letters kirje kirjeen kirjettä kirjeeseen
map maps kartta kartan karttaa karttaan
bell bells kello kellon kelloa kelloon
box boxes laatikko laatikon laatikkoa laatikkoon
basket baskets kori korin koria koriin
bag bags laukku laukun laukkua laukkuun
chair chairs tuoli tuolin tuolia tuoliin
cup cups kuppi kupin kuppia kuppiin
plate plates lautanen lautasen lautasta lautaseen
spoon spoons lusikka lusikan lusikkaa lusikkaan
bottle bottles pullo pullon pulloa pulloon
coat coats takki takin takkia takkiin
shoe shoes kenkä kengän kenkää kenkään
sock socks sukka sukan sukkaa sukkaan
scarf scarves huivi huivin huivia huiviin
umbrella umbrellas sateenvarjo sateenvarjon sateenvarjoa sateenvarjoon
ring rings sormus sormuksen sormusta sormukseen
flower flowers kukka kukan kukkaa kukkaan
stone stones kivi kiven kiveä kiveen
stick sticks keppi kepin keppiä keppiin
rope ropes köysi köyden köyttä köyteen
drum drums rumpu rummun rumpua rumpuun
flute flutes huilu huilun huilua huiluun
doll dolls nukke nuken nukkea nukkeen
bicycle bicycles polkupyörä polkupyörän polkupyörää polkupyörään
mirror mirrors peili peilin peiliä peiliin
candle candles kynttilä kynttilän kynttilää kynttilään
picture pictures kuva kuvan kuvaa kuvaan
pen pens kynä kynän kynää kynään
phone phones puhelin puhelimen puhelinta puhelimeen
camera cameras kamera kameran kameraa kameraan
guitar guitars kitara kitaran kitaraa kitaraan
sled sleds kelkka kelkan kelkkaa kelkkaan
bucket buckets ämpäri ämpärin ämpäriä ämpäriin
blanket blankets peitto peiton peittoa peittoon
gift gifts lahja lahjan lahjaa lahjaan
coin coins kolikko kolikon kolikkoa kolikkoon
""")

FOODS = _nouns(
    """
bread bread leipä leivän leipää leipään
soup soup keitto keiton keittoa keittoon
cheese cheese juusto juuston juustoa juustoon
honey honey hunaja hunajan hunajaa hunajaan
porridge porridge puuro puuron puuroa puuroon
rice rice riisi riisin riisiä riisiin
cake cake kakku kakun kakkua kakkuun
chocolate chocolate suklaa suklaan suklaata suklaaseen
jam jam hillo hillon hilloa hilloon
salad salad salaatti salaatin salaattia salaattiin
fish fish kala kalan kalaa kalaan
meat meat liha lihan lihaa lihaan
cabbage cabbage kaali kaalin kaalia kaaliin
pizza pizza pizza pizzan pizzaa pizzaan
""",
    article="",
)

FEELINGS = tuple(
    Feeling(*finnish, mood)
    for mood, *finnish in _rows("""
positive happy iloinen iloisen iloista iloiseen
positive proud ylpeä ylpeän ylpeää ylpeään
positive calm rauhallinen rauhallisen rauhallista rauhalliseen
positive brave rohkea rohkean rohkeaa rohkeaan
positive grateful kiitollinen kiitollisen kiitollista kiitolliseen
positive excited innostunut innostuneen innostunutta innostuneeseen
positive pleased tyytyväinen tyytyväisen tyytyväistä tyytyväiseen
negative sad surullinen surullisen surullista surulliseen
negative tired väsynyt väsyneen väsynyttä väsyneeseen
negative angry vihainen vihaisen vihaista vihaiseen
negative scared pelästynyt pelästyneen pelästynyttä pelästyneeseen
negative lonely yksinäinen yksinäisen yksinäistä yksinäiseen
negative worried huolestunut huolestuneen huolestunutta huolestuneeseen
negative hungry nälkäinen nälkäisen nälkäistä nälkäiseen
""")
)

JOBS = _nouns("""
baker bakers leipuri leipurin leipuria leipuriin
teacher teachers opettaja opettajan opettajaa opettajaan
doctor doctors lääkäri lääkärin lääkäriä lääkäriin
sailor sailors merimies merimiehen merimiestä merimieheen
farmer farmers maanviljelijä maanviljelijän maanviljelijää maanviljelijään
painter painters maalari maalarin maalaria maalariin
singer singers laulaja laulajan laulajaa laulajaan
driver drivers kuljettaja kuljettajan kuljettajaa kuljettajaan
fisherman fishermen kalastaja kalastajan kalastajaa kalastajaan
writer writers kirjailija kirjailijan kirjailijaa kirjailijaan
gardener gardeners puutarhuri puutarhurin puutarhuria puutarhuriin
cook cooks kokki kokin kokkia kokkiin
""")

TIMES = (
    Phrase("in the morning", "aamulla"),
    Phrase("at noon", "keskipäivällä"),
    Phrase("in the afternoon", "iltapäivällä"),
    Phrase("in the evening", "illalla"),
    Phrase("at night", "yöllä"),
    Phrase("today", "tänään"),
    Phrase("in spring", "keväällä"),
    Phrase("in summer", "kesällä"),
    Phrase("in autumn", "syksyllä"),
    Phrase("in winter", "talvella"),
)

WEATHER = (
    Phrase("it rains", "sataa", "it rained", "satoi"),
    Phrase("it snows", "sataa lunta", "it snowed", "satoi lunta"),
    Phrase("it thunders", "ukkostaa", "it thundered", "ukkosti"),
    Phrase("it is cold", "on kylmä", "it was cold", "oli kylmä"),
    Phrase("it is warm", "on lämmin", "it was warm", "oli lämmin"),
    Phrase("it is dark", "on pimeää", "it was dark", "oli pimeää"),
    Phrase("the sun shines", "aurinko paistaa", "the sun shone", "aurinko paistoi"),
    Phrase("the moon shines", "kuu paistaa", "the moon shone", "kuu paistoi"),
    Phrase("the wind blows", "tuuli puhaltaa", "the wind blew", "tuuli puhalsi"),
    Phrase("the sky is clear", "taivas on kirkas", "the sky was clear", "taivas oli kirkas"),
)

WORDS: tuple[Word, ...] = tuple(chain(PEOPLE, ANIMALS, COLOURS, ADJECTIVES, PLACES, THINGS, FOODS, FEELINGS, JOBS))
BY_ENGLISH: dict[str, Word] = {word.en: word for word in WORDS}

# ------------------------------------------------------------------------------- what is held out

_KIND = {
    word.en: kind
    for kind, words in dict(
        person=PEOPLE, animal=ANIMALS, colour=COLOURS, place=PLACES, thing=THINGS, adj=ADJECTIVES, food=FOODS
    ).items()
    for word in words
}
_MAIN = {"person", "animal", "colour", "place", "thing"}
_ALSO = ({"adj", "thing"}, {"food", "person"}, {"food", "animal"})


@cache
def held_out(a: str, b: str) -> bool:
    """True if the words `a` and `b` (English, any order) are one of the pairs that training never shows.

    About one pair in sixteen is held out. A hash decides, so the split needs no list and never changes.
    Only pairs of different kinds count: person, animal, colour, place and thing with one another,
    and adjective with thing, food with person, food with animal.
    """
    kinds = {_KIND.get(a), _KIND.get(b)}
    counts = len(kinds) == 2 and (kinds <= _MAIN or kinds in _ALSO)
    return counts and zlib.crc32("+".join(sorted((a, b))).encode()) % 16 == 0


# Each word that can clash has a bit. _CLASH[word] has the bits of all words held out with it,
# so one "and" tells whether a word fits everything drawn so far.
_BIT = {en: 1 << i for i, en in enumerate(_KIND)}
_CLASH = {a: sum(_BIT[b] for b in _KIND if held_out(a, b)) for a in _KIND}

_ROLES = (
    ("hero", PEOPLE), ("animal", ANIMALS), ("colour", COLOURS), ("place", PLACES), ("thing", THINGS),
    ("friend", PEOPLE), ("animal2", ANIMALS), ("colour2", COLOURS), ("place2", PLACES), ("thing2", THINGS),
    ("adj", ADJECTIVES), ("food", FOODS), ("feeling", FEELINGS), ("time", TIMES), ("weather", WEATHER),
    ("job", JOBS),
)  # fmt: skip
_CORE = ("hero", "animal", "colour", "place", "thing")


@dataclass(eq=False)
class Cast:
    """Who and what one text is about."""

    hero: Person
    animal: Noun
    colour: Adjective
    place: Place
    thing: Noun
    friend: Person
    animal2: Noun
    colour2: Adjective
    place2: Place
    thing2: Noun
    adj: Adjective
    food: Noun
    feeling: Feeling
    time: Phrase
    weather: Phrase
    job: Noun

    @classmethod
    def draw(cls, rng: Random, split: str) -> Cast:
        """Draw a cast for `split` "train" (no held-out pair in it) or "test" (at least one in its core).

        The core is hero, animal, colour, place and thing. Nobody and nothing is drawn twice.
        """
        if split == "train":
            return cls(**_draw(rng, avoid=True))
        if split != "test":
            raise ValueError(f'split is "train" or "test", not {split!r}')
        while True:
            cast = cls(**_draw(rng, avoid=False))
            if cast.shows_held_out(_CORE):
                return cast

    def shows_held_out(self, roles) -> bool:
        """True if two of these roles ("hero", "animal", ...) are a held-out pair in this cast."""
        names = [getattr(self, role).en for role in roles]
        present = clashing = 0
        for name in names:
            present |= _BIT.get(name, 0)
            clashing |= _CLASH.get(name, 0)
        return bool(present & clashing)


def _draw(rng: Random, avoid: bool) -> dict:
    """One member for each role, all different; with `avoid`, no two of them a held-out pair."""
    drawn, banned, random = {}, 0, rng.random
    for role, words in _ROLES:
        while True:
            word = words[int(random() * len(words))]
            bit = _BIT.get(word.en, 0)
            if not banned & bit:
                break
        banned |= bit
        if avoid and bit:
            banned |= _CLASH[word.en]
        drawn[role] = word
    return drawn


# ----------------------------------------------------------------------------------------- templates

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_A_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_SENTENCE_START = re.compile(r'((?:^|\n\s*|[.!?]\s+|\."\s+)"?|(?<=\s)")([a-zåäö])')


@cache
def _compiled(template: str) -> tuple[str | tuple[str, ...], ...]:
    """Split a template into plain pieces and tuples of choices."""
    pieces = _CHOICE.split(template)
    return tuple(tuple(p.split("|")) if i % 2 else p for i, p in enumerate(pieces))


def polish(text: str) -> str:
    """Write "an" before a vowel, and a capital where a sentence starts, also inside quotation marks.

    After ?" and !" the text goes on in lower case ("Where?" asked Anna); write the capital yourself there.
    """
    text = _A_BEFORE_VOWEL.sub(r"\1n ", text)
    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)


def fill(template: str, cast: Cast, rng: Random) -> str:
    """Fill a template: choose from each "[a|b|c]", put the cast in ("{place.at}"), and polish the text.

    A choice may contain members of the cast, but no other choice.
    """
    pieces = _compiled(template)
    text = "".join(p if type(p) is str else p[int(rng.random() * len(p))] for p in pieces)
    return polish(text.format(**vars(cast)))
